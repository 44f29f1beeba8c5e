import { seededRandom } from '@tscc/experiment'
import { expect, test } from 'vitest'
import { renoReference } from '../../src/cc/reno.ts'
import { parseSimPath, referenceEntry, simulate } from '../../src/index.ts'
import { createPackets, ECT, NO_PACKET } from '../../src/packet-pool.ts'
import { createCodelQueue } from '../../src/path/codel-queue.ts'
import { createFairQueue } from '../../src/path/fair-queue.ts'
import { createBucketLine, createTraceLine } from '../../src/path/line.ts'
import { createLoss } from '../../src/path/loss.ts'
import { createDropTail } from '../../src/path/queue.ts'

function setUp() {
  const packets = createPackets()
  const fate = { dropped: [] as number[], marked: [] as number[] }
  const observer = {
    dropped: (packet: number) => void fate.dropped.push(packet),
    marked: (packet: number) => void fate.marked.push(packet),
  }
  const packet = (bytes: number, flow = 0, flags = 0): number => {
    const taken = packets.take()
    packets.columns.bytes[taken] = bytes
    packets.columns.flow[taken] = flow
    packets.columns.flags[taken] = flags
    return taken
  }
  return { packets, fate, observer, packet }
}

const MS = 1e6

test('drop-tail: what has no room is dropped, an empty queue takes anything, marks above the threshold', () => {
  const { packets, fate, observer, packet } = setUp()
  const queue = createDropTail(packets, { buffer: 3000, ecnThreshold: 1000 }, observer)
  const [a, b, c, d] = [packet(1500, 0, ECT), packet(1500, 0, ECT), packet(1, 0, ECT), packet(9000)]
  for (const one of [a, b, c]) queue.offer(one, 0, 0)
  expect(fate).toEqual({ dropped: [c], marked: [b] })
  expect([queue.take(0), queue.take(0), queue.take(0)]).toEqual([a, b, NO_PACKET])
  queue.offer(d, 0, 0)
  expect(queue.bytes).toBe(9000)
})

test('CoDel: after 100 ms above 5 ms one packet is dropped, the next after 100 / sqrt(2) ms (RFC 8289)', () => {
  const { packets, fate, observer, packet } = setUp()
  const queue = createCodelQueue(
    packets,
    { buffer: 1e9, codel: { target: 5 * MS, interval: 100 * MS, mtu: 1514 } },
    observer,
  )
  // A packet each millisecond in; from a queue of 20 one each millisecond out: 20 ms of delay.
  const drops: number[] = []
  for (let time = 0; time < 400; time++) {
    queue.offer(packet(1514), time * MS, 0)
    if (time < 20) continue
    const before = fate.dropped.length
    queue.take(time * MS)
    if (fate.dropped.length > before) drops.push(time)
  }
  expect(drops[0]).toBe(120)
  // 120 + 100 (the first), then 100 / sqrt(2), 100 / sqrt(3).
  expect(drops[1]).toBe(220)
  expect(drops[2]).toBeGreaterThanOrEqual(290)
  expect(drops[2]).toBeLessThanOrEqual(292)
})

test('CoDel marks what is ECN-capable instead of dropping it', () => {
  const { packets, fate, observer, packet } = setUp()
  const queue = createCodelQueue(
    packets,
    { buffer: 1e9, codel: { target: 5 * MS, interval: 100 * MS, mtu: 1514 } },
    observer,
  )
  for (let time = 0; time < 300; time++) {
    queue.offer(packet(1514, 0, ECT), time * MS, 0)
    if (time >= 20) queue.take(time * MS)
  }
  expect(fate.dropped).toEqual([])
  expect(fate.marked.length).toBeGreaterThanOrEqual(2)
})

test('fair queue: flows take turns whatever they bring, and a full buffer costs the longest', () => {
  const { packets, fate, observer, packet } = setUp()
  const queue = createFairQueue(packets, { buffer: 10 * 1000, quantum: 1000 }, observer)
  for (let n = 0; n < 12; n++) queue.offer(packet(1000, 0), 0, 0)
  for (let n = 0; n < 2; n++) queue.offer(packet(1000, 1), 0, 0)
  expect(fate.dropped).toHaveLength(4)
  expect(fate.dropped.every((one) => packets.columns.flow[one] === 0)).toBe(true)
  const order = Array.from({ length: 10 }, () => packets.columns.flow[queue.take(0)])
  expect(order.slice(0, 4).sort()).toEqual([0, 0, 1, 1])
  expect(order.slice(4)).toEqual([0, 0, 0, 0, 0, 0])
  expect(queue.take(0)).toBe(NO_PACKET)
  expect([queue.packets, queue.bytes]).toEqual([0, 0])
})

test('a token bucket fills while nothing is sent, up to its depth', () => {
  const line = createBucketLine(8e6, 3000) // a byte each 1000 ns
  expect(line.send(0, 1500)).toBe(0)
  expect(line.send(0, 1500)).toBe(0)
  expect(line.send(0, 1500)).toBe(1_500_000)
  expect(line.send(1_500_000, 1500)).toBe(3_000_000)
  expect(line.send(100_000_000, 1500)).toBe(100_000_000)
  expect(line.send(100_000_000, 1500)).toBe(100_000_000)
  expect(line.send(100_000_000, 1000)).toBe(101_000_000)
})

test('a trace repeats; a packet may need two opportunities', () => {
  const line = createTraceLine([1, 3, 10])
  const frame = 1504 + 14
  expect(line.send(0, frame)).toBe(1 * MS)
  expect(line.send(1 * MS, frame)).toBe(3 * MS)
  expect(line.send(3 * MS, frame + 700)).toBe(11 * MS)
  expect(line.send(11 * MS, 14 + 804)).toBe(11 * MS)
  expect(line.send(25 * MS, frame)).toBe(30 * MS)
})

test('losses: the share, and runs of the mean length', () => {
  for (const run of [1, 4]) {
    const isLost = createLoss(0.05, run, seededRandom(3))
    let lost = 0
    let runs = 0
    let before = false
    for (let n = 0; n < 400_000; n++) {
      const now = isLost()
      if (now) lost += 1
      if (now && !before) runs += 1
      before = now
    }
    expect(lost / 400_000).toBeCloseTo(0.05, 2)
    expect(lost / runs).toBeGreaterThan(run === 1 ? 1.02 : 3.8)
    expect(lost / runs).toBeLessThan(run === 1 ? 1.09 : 4.2)
  }
})

test('what queues are for: CoDel keeps the delay of Reno low, fair queues share', () => {
  const run = (path: string, flows = 1) =>
    simulate({ algorithms: [referenceEntry(renoReference)], path, duration: 8000, flows }).summary[0]
  expect(run('20mbit 40ms 4bdp')?.queueMean).toBeGreaterThan(40)
  expect(run('20mbit 40ms 4bdp codel')?.queueMean).toBeLessThan(12)
  expect(run('20mbit 40ms 4bdp codel')?.utilisation).toBeGreaterThan(0.7)
  expect(run('20mbit 40ms 1bdp fq', 5)?.fairness).toBeGreaterThan(0.97)
  expect(run('20mbit 40ms 2bdp fq_codel', 5)?.fairness).toBeGreaterThan(0.97)
  expect(parseSimPath('20mbit fq').queue).toBe('fq')
})
