import { expect, test } from 'vitest'
import type { RateSample, SimAlgorithm } from '../../src/cc/congestion-control.ts'
import { renoReference } from '../../src/cc/reno.ts'
import { createNetwork, defaultHost } from '../../src/network.ts'
import { createWire } from '../wire.ts'

/** A fixed window, and every sample of the delivery rate. */
function sampled(cwnd: number, rate?: number): { readonly algorithm: SimAlgorithm; readonly samples: RateSample[] } {
  const samples: RateSample[] = []
  const algorithm: SimAlgorithm = {
    name: 'sampled',
    open: () => ({
      ...renoReference.open(),
      init(tp) {
        tp.snd_cwnd = cwnd
        if (rate === undefined) return
        tp.sk_pacing_status = 1
        tp.sk_pacing_rate = rate
      },
      cong_control: (_tp, _ack, _flag, rs) => samples.push({ ...rs }),
    }),
  }
  return { algorithm, samples }
}

test('samples tell the rate of the bottleneck once the window fills it (draft-cheng-iccrg-delivery-rate-estimation)', () => {
  const { algorithm, samples } = sampled(40)
  const path = { rate: 10e6, delay: 10, buffer: 100_000, loss: 0, mtu: 1500 }
  createNetwork({ path, flows: [{ algorithm, start: 0 }], host: defaultHost, seed: 1 }).run(2000)
  for (const { delivered, interval_us, is_app_limited, losses } of samples.slice(60)) {
    // A full frame each 1211.2 us; two are acknowledged at once.
    const perSegment = interval_us / delivered
    expect(perSegment).toBeGreaterThan(1211.2 * 0.95)
    expect(perSegment).toBeLessThan(1211.2 * 1.06)
    expect(is_app_limited).toBe(false)
    expect(losses).toBe(0)
  }
})

test('a pause of the application is told of', () => {
  const { algorithm, samples } = sampled(20)
  const wire = createWire(algorithm)
  wire.start(5)
  wire.run(100)
  wire.write(2)
  wire.run(200)
  expect(samples.slice(0, 5).map(({ is_app_limited }) => is_app_limited)).toEqual([false, false, false, false, false])
  expect(samples.slice(5).length).toBeGreaterThan(0)
  expect(samples.slice(5).every(({ is_app_limited }) => is_app_limited)).toBe(true)
})

test('losses, what was in flight and what was delivered', () => {
  const { algorithm, samples } = sampled(10)
  const wire = createWire(algorithm, { fate: (segment, nth) => (segment === 0 && nth === 0 ? 'lost' : undefined) })
  wire.start(6)
  wire.run(100)
  expect(samples.map(({ losses, acked_sacked, prior_in_flight }) => [losses, acked_sacked, prior_in_flight])).toEqual([
    [0, 1, 6],
    [0, 1, 5],
    [1, 1, 4],
    [0, 2, 3],
    [0, 1, 1],
  ])
})

test('pacing: segments leave one by one at the rate, after the first ten', () => {
  // A segment each millisecond
  const { algorithm } = sampled(30, 1_448_000)
  const wire = createWire(algorithm)
  wire.start(16)
  wire.run(100)
  const times = wire.log(/^send/).map((line) => Number(line.split(':')[0]))
  expect(times.slice(0, 11)).toEqual(Array.from({ length: 11 }, () => 0))
  expect(times.slice(11)).toEqual([1, 2, 3, 4, 5])
})

test('offload: packets of the host have what the pacing rate sends in a millisecond, at least two segments', () => {
  const { algorithm } = sampled(40, 8 * 1_448_000)
  const wire = createWire(algorithm, { settings: { gsoMaxSegs: 44 } })
  wire.start(40)
  wire.run(100)
  const sizes = new Map<string, number>()
  for (const line of wire.log(/^send/)) {
    const time = line.split(':')[0] ?? ''
    sizes.set(time, (sizes.get(time) ?? 0) + 1)
  }
  // The first ten are not paced: three packets leave at once.
  // 1/1024 s at 8 segments a millisecond, and 64 kB halved for each 512 us of round trip: 0.
  expect([...sizes.values()]).toEqual([21, 7, 7, 5])
})
