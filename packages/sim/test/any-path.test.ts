import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SimAlgorithm } from '../src/cc/congestion-control.ts'
import { renoReference } from '../src/cc/reno.ts'
import { createNetwork, defaultHost, type Network } from '../src/network.ts'
import type { QueueKind, SimPath } from '../src/path/path-spec.ts'
import { LOST, SACKED_ACKED, SACKED_RETRANS } from '../src/tcp/scoreboard.ts'

const queues: readonly QueueKind[] = ['droptail', 'codel', 'fq', 'fq-codel']

const paths = fc.record({
  rate: fc.integer({ min: 200_000, max: 50_000_000 }),
  delay: fc.integer({ min: 0, max: 60 }),
  buffer: fc.integer({ min: 3000, max: 200_000 }),
  loss: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 0.2, noNaN: true })),
  mtu: fc.constantFrom(576, 1500, 9000),
  lossBurst: fc.constantFrom(1, 3),
  jitter: fc.constantFrom(0, 3),
  reorder: fc.constantFrom(0, 0.05),
  queue: fc.constantFrom(...queues),
})

const hosts = fc.record({
  gsoMaxSegs: fc.constantFrom(1, 10, 44),
  ackEvery: fc.constantFrom(2, 8),
  fq: fc.boolean(),
  ecn: fc.boolean(),
  slowStartAfterIdle: fc.boolean(),
})

/** Sets its window at random, and a pacing rate: more than any sane algorithm. */
const wild = (seed: number): SimAlgorithm => ({
  name: 'wild',
  open: () => {
    let state = seed
    const next = (): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0
      return state / 2 ** 32
    }
    return {
      init(tp) {
        tp.sk_pacing_status = 1
      },
      ssthresh: () => 2 + Math.floor(next() * 50),
      undo_cwnd: (tp) => tp.snd_cwnd,
      cong_control(tp) {
        tp.snd_cwnd = 1 + Math.floor(next() * 100)
        tp.sk_pacing_rate = 20_000 + Math.floor(next() * 1e7)
      },
      min_tso_segs: () => 1 + Math.floor(next() * 4),
    }
  },
})

/** Counters of each sender agree with its scoreboard. */
function checkCounters(network: Network): void {
  for (const flow of network.flows) {
    if (flow === undefined) continue
    const { tp, board } = flow.sender
    const count = { sacked: 0, lost: 0, retrans: 0 }
    for (let segment = tp.snd_una; segment < tp.snd_nxt; segment++) {
      const flags = board.flags[segment & board.mask] ?? 0
      if ((flags & SACKED_ACKED) !== 0) count.sacked += 1
      if ((flags & LOST) !== 0) count.lost += 1
      if ((flags & SACKED_RETRANS) !== 0) count.retrans += 1
    }
    const found = [tp.packets_out, tp.sacked_out, tp.lost_out, tp.retrans_out]
    expect(found).toEqual([tp.snd_nxt - tp.snd_una, count.sacked, count.lost, count.retrans])
    expect(tp.snd_cwnd).toBeGreaterThan(0)
  }
}

test('on any path everything arrives, and all counters stay true', { timeout: 120_000 }, () => {
  fc.assert(
    fc.property(paths, hosts, fc.integer({ min: 1, max: 1000 }), fc.boolean(), (path: SimPath, host, seed, sane) => {
      const algorithm = sane ? renoReference : wild(seed)
      const buffer = Math.max(path.buffer, 2 * path.mtu)
      const flows = [0, 5, 300].map((start) => ({ algorithm, start, size: 60_000 + seed }))
      const network = createNetwork({ path: { ...path, buffer }, flows, host: { ...defaultHost, ...host }, seed })
      // A lost retransmission doubles its timeout, up to two minutes: an unlucky flow needs a quarter of an hour.
      for (let time = 0; time < 30_000_000; time += time < 2000 ? 50 : time < 600_000 ? 5000 : 120_000) {
        network.run(time)
        checkCounters(network)
        if (network.flows.every((flow) => (flow?.completed ?? -1) >= 0)) break
      }
      expect(network.flows.map((_, id) => network.bytesAcked(id))).toEqual(flows.map(({ size }) => size))
      network.run(network.now / 1e6 + 2000)
      expect(network.packetsUnderWay()).toBe(0)
    }),
    { numRuns: 60 },
  )
})
