import { describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { compiled } from './compiled.ts'
import { type FakeSocket, fakeSocket } from './run-callback.ts'

/** Where private state lies: `interface Bbr`. */
const BW = 0
const STATE = 87
const [STARTUP, DRAIN, PROBE_BW, PROBE_RTT] = [0, 1, 2, 3]
const RTT = 20_000
const MSS = 1000

interface Sample {
  /** Segments per round trip that were delivered. */
  readonly rate: number
  readonly rtt?: number
  readonly inFlight?: number
  readonly limited?: boolean
}

/** A connection whose every acknowledgement ends a round, which takes a round trip. */
interface Flow {
  readonly socket: FakeSocket
  round(sample: Sample): void
  state(): number
  /** Segments per round trip that are paced, without the 1 % below. */
  pacing(): number
  cwnd(): number
}

describe.skipIf(!needs('bpf'))('BBR as draft-cardwell-iccrg-bbr-congestion-control-00 has it', () => {
  const object = compiled('bbr')

  function flow(): Flow {
    const socket = fakeSocket(object)
    let [now, delivered] = [1_000_000, 0]
    socket.set({ tcp_mstamp: now, delivered_mstamp: now, mss_cache: MSS, snd_cwnd: 10, snd_cwnd_clamp: 0x7fffffff })
    socket.set({ sk_max_pacing_rate: -1n, sk_pacing_shift: 10, srtt_us: RTT * 8, 'rtt_min.s[0].v': RTT })
    socket.call('init')
    return {
      socket,
      round({ rate, rtt = RTT + 1000, inFlight = rate, limited = false }) {
        now += rtt
        socket.set({ 'rs.prior_delivered': delivered, 'rs.delivered': rate, 'rs.interval_us': RTT, 'rs.rtt_us': rtt })
        delivered += rate
        socket.set({ delivered, tcp_mstamp: now, delivered_mstamp: now, packets_out: inFlight })
        socket.set({ 'rs.acked_sacked': rate, 'rs.prior_in_flight': inFlight, 'rs.is_app_limited': limited ? 1 : 0 })
        socket.call('cong_control')
      },
      state: () => socket.state(STATE, 1),
      pacing: () => (socket.get('sk_pacing_rate') * RTT) / 1e6 / MSS / 0.99,
      cwnd: () => socket.get('snd_cwnd'),
    }
  }

  /** In ProbeBW at 100 segments in a round trip. */
  function cruising(): Flow {
    const made = flow()
    for (let i = 0; i < 10; i++) made.round({ rate: 100 })
    expect(made.state()).toBe(PROBE_BW)
    return made
  }

  test('section 4.2.1: the rate at first is the initial window in a round trip, at 2/ln(2)', () => {
    const { socket, pacing } = flow()
    using _ = socket
    expect(pacing()).toBeCloseTo(10 * (2 / Math.log(2)), 0)
  })

  test('sections 4.3.2 and 4.3.3: Startup goes on while the rate grows, then three rounds, then Drain', () => {
    const made = flow()
    using _ = made.socket
    for (const rate of [10, 20, 40, 80, 101, 101, 101]) {
      made.round({ rate, inFlight: 3 * rate })
      expect(made.state()).toBe(STARTUP)
      expect(made.pacing()).toBeCloseTo(rate * (2 / Math.log(2)), 0)
    }
    made.round({ rate: 101, inFlight: 303 })
    expect(made.state()).toBe(DRAIN)
    expect(made.pacing()).toBeCloseTo(101 / (2 / Math.log(2)), 0)
    made.round({ rate: 101, inFlight: 90 })
    expect(made.state()).toBe(PROBE_BW)
  })

  test('section 4.3.2.2: rounds that the application limits say nothing of the pipe', () => {
    const made = flow()
    using _ = made.socket
    for (let i = 0; i < 10; i++) made.round({ rate: 50, limited: true })
    expect(made.state()).toBe(STARTUP)
  })

  test('section 4.3.4: a cycle of eight phases; the window is two bandwidth-delay products and three quanta', () => {
    const made = cruising()
    using _ = made.socket
    const gains = Array.from({ length: 24 }, () => {
      made.round({ rate: 100, inFlight: 140 })
      return made.pacing() / 100
    })
    const start = gains.findIndex((gain) => gain > 1.2)
    const cycle = [1.25, 0.75, 1, 1, 1, 1, 1, 1]
    for (const [i, gain] of gains.slice(start, start + 16).entries()) expect(gain).toBeCloseTo(cycle[i % 8] ?? 0, 2)
    // Acknowledgements come a round at a time here: as aggregated ones they count once more.
    expect(made.cwnd()).toBeGreaterThanOrEqual(2 * 100 + 6)
    expect(made.cwnd()).toBeLessThan(3 * 100 + 30)
  })

  test('section 4.1.1: the bandwidth is the greatest of ten rounds', () => {
    const made = cruising()
    using _ = made.socket
    const before = made.socket.state(BW, 4)
    made.round({ rate: 200 })
    expect(made.socket.state(BW, 4)).toBe(2 * before)
    for (let round = 0; round < 10; round++) {
      made.round({ rate: 80 })
      expect(made.socket.state(BW, 4)).toBe(2 * before)
    }
    made.round({ rate: 80 })
    expect(Math.abs(made.socket.state(BW, 4) - 0.8 * before)).toBeLessThan(2)
  })

  test('section 4.3.5: after ten seconds ProbeRTT, four segments for 200 ms and a round, then the window is back', () => {
    const made = cruising()
    using _ = made.socket
    let rounds = 0
    for (; made.state() === PROBE_BW; rounds++) made.round({ rate: 100 })
    expect(made.state()).toBe(PROBE_RTT)
    expect((rounds * (RTT + 1000)) / 1e6).toBeCloseTo(9.8, 0)
    expect(made.cwnd()).toBe(4)
    const bw = made.socket.state(BW, 4)
    let time = 0
    for (; made.state() === PROBE_RTT && time < 1000; time += RTT / 1000) {
      made.round({ rate: 4, rtt: RTT })
      // What is sent with four segments says nothing of the bandwidth.
      expect(made.socket.state(BW, 4)).toBe(bw)
    }
    expect(made.state()).toBe(PROBE_BW)
    expect(time).toBeGreaterThanOrEqual(200)
    expect(time).toBeLessThanOrEqual(260)
    expect(made.cwnd()).toBeGreaterThanOrEqual(2 * 100 + 6)
  })
})
