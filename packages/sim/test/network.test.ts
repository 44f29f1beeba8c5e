import { expect, test } from 'vitest'
import { renoReference } from '../src/cc/reno.ts'
import { createNetwork, defaultHost, type FlowSpec } from '../src/network.ts'
import type { SimPath } from '../src/path/path-spec.ts'

const path: SimPath = { rate: 10e6, delay: 10, buffer: 25_000, loss: 0, mtu: 1500 }
const reno: FlowSpec = { algorithm: renoReference, start: 0 }

/** ms that a full frame of 1514 bytes takes at 10 Mbit/s. */
const FRAME = 1.2112

test('one segment: its frame at the rate, the delay, and the acknowledgement back', () => {
  const network = createNetwork({ path, flows: [{ ...reno, size: 1448 }], host: defaultHost, seed: 1 })
  network.run(100)
  expect(network.flows[0]?.completed).toBeCloseTo(FRAME + 20, 9)
  expect(network.bytesAcked(0)).toBe(1448)
  expect(network.counters()).toMatchObject({ forwarded: 1, bytes: 1514, waited: 0, maxQueue: 1514 })
})

test('a short last segment takes less time', () => {
  const network = createNetwork({ path, flows: [{ ...reno, size: 1448 + 100 }], host: defaultHost, seed: 1 })
  network.run(100)
  expect(network.flows[0]?.completed).toBeCloseTo(FRAME + (166 * 8) / 10_000 + 20, 9)
  expect(network.bytesAcked(0)).toBe(1548)
})

test('ten segments queue behind each other; each acknowledgement lets two more leave', () => {
  const network = createNetwork({ path, flows: [{ ...reno, size: 12 * 1448 }], host: defaultHost, seed: 1 })
  network.run(0)
  expect(network.bottleneck.queuedPackets()).toBe(10)
  network.run(FRAME + 20)
  expect(network.flows[0]?.sender.tp.snd_nxt).toBe(12)
  network.run(10 * FRAME + 19.999)
  expect(network.bytesAcked(0)).toBe(9 * 1448)
  // Segments 11 and 12 left when the first was acknowledged, and found an empty line: 10 frames take 12.1 ms.
  network.run(100)
  expect(network.flows[0]?.completed).toBeCloseTo(FRAME + 20 + 2 * FRAME + 20, 9)
})

test('a full buffer drops: what is on the line takes room too', () => {
  const network = createNetwork({ path: { ...path, buffer: 5 * 1514 }, flows: [reno], host: defaultHost, seed: 1 })
  network.run(0)
  expect(network.counters().droppedFull).toBe(5)
  expect(network.counters().maxQueue).toBe(5 * 1514)
})

test('a token bucket lets two frames go at once', () => {
  const network = createNetwork({
    path: { ...path, burst: 3028 },
    flows: [{ ...reno, size: 3 * 1448 }],
    host: defaultHost,
    seed: 1,
  })
  network.run(20)
  expect(network.bytesAcked(0)).toBe(2 * 1448)
  network.run(20 + FRAME - 1e-6)
  expect(network.bytesAcked(0)).toBe(2 * 1448)
  network.run(20 + FRAME + 1e-6)
  expect(network.bytesAcked(0)).toBe(3 * 1448)
})

test("Reno's window climbs from half to what path and buffer hold", () => {
  const network = createNetwork({ path, flows: [reno], host: defaultHost, seed: 1 })
  const windows: number[] = []
  for (let time = 5000; time <= 30_000; time += 10) {
    network.run(time)
    windows.push(network.flows[0]?.sender.tp.snd_cwnd ?? 0)
  }
  // 25 kB on the path (16.5 frames) and 16.5 in the buffer.
  const largest = Math.max(...windows)
  expect(largest).toBeGreaterThanOrEqual(33)
  expect(largest).toBeLessThanOrEqual(35)
  expect(Math.abs(Math.min(...windows) - (largest >> 1))).toBeLessThanOrEqual(1)
  const { forwarded, droppedFull } = network.counters()
  expect(forwarded / (30 / FRAME) / 1000).toBeGreaterThan(0.98)
  expect(droppedFull).toBeLessThan(150)
})

test('the same seed gives the same run, another seed another', () => {
  const run = (seed: number): string => {
    const lossy: SimPath = { ...path, loss: 0.01, jitter: 1, reorder: 0.01 }
    const network = createNetwork({ path: lossy, flows: [reno, reno, reno], host: defaultHost, seed })
    const seen: unknown[] = []
    for (let time = 0; time <= 3000; time += 10) {
      network.run(time)
      seen.push(network.flows.map((flow) => [flow?.sender.tp.snd_cwnd, flow?.sender.tp.srtt_us]))
    }
    return JSON.stringify([seen, network.counters(), network.events])
  }
  expect(run(1)).toBe(run(1))
  expect(run(2)).not.toBe(run(1))
})

test('flows start, stop, and are on and off', () => {
  const flows: FlowSpec[] = [
    { ...reno, start: 500, stop: 1000 },
    { ...reno, onOff: { on: 200, off: 300 } },
  ]
  const network = createNetwork({ path, flows, host: defaultHost, seed: 1 })
  network.run(499)
  expect(network.flows[0]).toBeUndefined()
  network.run(1100)
  const stopped = network.bytesAcked(0)
  expect(stopped).toBeGreaterThan(100_000)
  network.run(1499)
  expect(network.bytesAcked(0)).toBe(stopped)
  const paused = network.bytesAcked(1)
  network.run(1700)
  expect(network.bytesAcked(1)).toBeGreaterThan(paused + 50_000)
  network.run(3000)
  expect(network.packetsUnderWay()).toBeLessThan(100)
})

test('nothing is left when all is sent', () => {
  const flows = Array.from({ length: 20 }, (_, n) => ({ ...reno, start: n * 10, size: 100_000 }))
  const network = createNetwork({ path: { ...path, loss: 0.02 }, flows, host: defaultHost, seed: 5 })
  network.run(60_000)
  expect(network.flows.every((flow) => (flow?.completed ?? -1) > 0)).toBe(true)
  expect(network.flows.map((_, id) => network.bytesAcked(id))).toEqual(flows.map(() => 100_000))
  expect(network.packetsUnderWay()).toBe(0)
})

test('the last segment of each write is acknowledged at once', () => {
  const late = (writeSize: number): number => {
    const flow = { ...reno, size: 17 * 1448 }
    const network = createNetwork({ path, flows: [flow], host: { ...defaultHost, writeSize }, seed: 1 })
    network.run(500)
    return network.flows[0]?.completed ?? -1
  }
  // The seventeenth comes after the quick acknowledgements of the start: it waits 40 ms.
  expect(late(1e6) - late(17 * 1448)).toBeCloseTo(40, 6)
})
