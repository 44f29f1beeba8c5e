import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createBottleneck } from '../../src/link/bottleneck.ts'

const data = { data: true, ecnCapable: false }
const spec = { rate: 8e6, buffer: 3000, loss: 0, seed: 1 } // 1000 bytes take 1 ms

test('frames leave one behind the other at the rate', () => {
  const queue = createBottleneck(spec)
  expect(queue.offer(10, 1000, data).departure).toBeCloseTo(11)
  expect(queue.offer(10.5, 1000, data).departure).toBeCloseTo(12)
  expect(queue.queued(10.5)).toBe(2000)
  expect(queue.queued(11)).toBe(1000)
  expect(queue.queued(12)).toBe(0)
  expect(queue.offer(20, 500, data).departure).toBeCloseTo(20.5)
})

test('the frame that does not fit is dropped; an idle line takes any', () => {
  const queue = createBottleneck(spec)
  const offer = () => queue.offer(0, 1000, data).dropped
  expect([offer(), offer(), offer(), offer()]).toEqual([false, false, false, true])
  expect(queue.offer(1, 1000, data).dropped).toBe(false)
  expect(queue.counters()).toEqual({ forwarded: 4, droppedFull: 1, droppedRandom: 0, markedCe: 0, maxQueue: 3000 })
  expect(createBottleneck({ ...spec, buffer: 0 }).offer(0, 1000, data).dropped).toBe(false)
})

test('marks what finds more than the threshold, if it can be marked', () => {
  const queue = createBottleneck({ ...spec, ecnThreshold: 1000 })
  const marks = [0, 0, 0].map(() => queue.offer(0, 1000, { data: true, ecnCapable: true }).mark)
  expect(marks).toEqual([false, false, true])
  const plain = createBottleneck({ ...spec, ecnThreshold: 0 })
  expect([0, 0].map(() => plain.offer(0, 1000, data).mark)).toEqual([false, false])
})

test('random loss has the share asked for, spares what carries no data, and repeats by its seed', () => {
  const lost = (seed: number, isData: boolean): readonly number[] => {
    const queue = createBottleneck({ rate: 1e9, buffer: 1e6, loss: 0.02, seed })
    return Array.from({ length: 50_000 }, (_, i) => i).filter(
      (i) => queue.offer(i, 1000, { data: isData, ecnCapable: false }).dropped,
    )
  }
  expect(lost(7, true).length / 50_000).toBeCloseTo(0.02, 2)
  expect(lost(7, true)).toEqual(lost(7, true))
  expect(lost(8, true)).not.toEqual(lost(7, true))
  expect(lost(7, false)).toEqual([])
})

test('what went in is forwarded or dropped, in order, never faster than the rate, never over the buffer', () => {
  const offers = fc.array(
    fc.record({ gap: fc.double({ min: 0, max: 3, noNaN: true }), bytes: fc.integer({ min: 60, max: 1514 }) }),
    {
      maxLength: 3000,
    },
  )
  fc.assert(
    fc.property(offers, fc.integer({ min: 0, max: 200_000 }), (list, buffer) => {
      const queue = createBottleneck({ ...spec, buffer })
      let now = 0
      let last = 0
      let sent = 0
      for (const { gap, bytes } of list) {
        now += gap / 10
        const { dropped, departure } = queue.offer(now, bytes, data)
        if (dropped) continue
        sent += bytes
        expect(departure - Math.max(last, now)).toBeCloseTo(bytes / 1000, 6)
        last = departure
      }
      const { forwarded, droppedFull, maxQueue } = queue.counters()
      expect(forwarded + droppedFull).toBe(list.length)
      expect(maxQueue).toBeLessThanOrEqual(Math.max(buffer, 1514))
      expect(last).toBeGreaterThanOrEqual(sent / 1000 - 1e-6)
    }),
    { numRuns: 30 },
  )
})
