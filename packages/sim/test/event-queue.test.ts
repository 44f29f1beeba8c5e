import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createEventQueue } from '../src/event-queue.ts'

test('events come by time, those of one time in the order in which they were put in', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 3000 }), (times) => {
      const queue = createEventQueue()
      for (const [index, time] of times.entries()) queue.put(time, 1, index, -index)
      const got: (readonly [number, number])[] = []
      while (queue.next()) {
        got.push([queue.at.time, queue.at.subject])
        expect(queue.at.detail).toBe(0 - queue.at.subject)
      }
      const want = times.map((time, index) => [time, index] as const).sort((a, b) => a[0] - b[0] || a[1] - b[1])
      expect(got).toEqual(want)
      expect(queue.size).toBe(0)
      expect(queue.firstTime()).toBe(Number.POSITIVE_INFINITY)
    }),
    { numRuns: 30 },
  )
})

test('putting in and taking out may take turns', () => {
  const queue = createEventQueue()
  queue.put(5, 0, 5, 0)
  queue.put(1, 0, 1, 0)
  expect(queue.next() && queue.at.subject).toBe(1)
  queue.put(3, 0, 3, 0)
  queue.put(9, 0, 9, 0)
  expect(queue.next() && queue.at.subject).toBe(3)
  expect(queue.next() && queue.at.subject).toBe(5)
  expect(queue.next() && queue.at.subject).toBe(9)
  expect(queue.next()).toBe(false)
})
