import { describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { compiled } from './compiled.ts'
import { type FakeSocket, fakeSocket } from './run-callback.ts'

/** Where private state lies: `interface Cubic`. */
const [W_MAX, K, PER_SEGMENT] = [16, 24, 32]
const BETA = 717 / 1024
const C = 410 / 1024

describe.skipIf(!needs('bpf'))('CUBIC as RFC 9438 has it', () => {
  const object = compiled('cubic')

  /** A connection that lost at `window` and is at what is left of that, at the start of congestion avoidance. */
  function afterLoss(window: number): { readonly socket: FakeSocket; readonly cwnd: number } {
    const socket = fakeSocket(object)
    socket.set({ snd_cwnd: window, snd_cwnd_clamp: 0x7fffffff, tcp_mstamp: 5_000_000, is_cwnd_limited: 1 })
    socket.call('init')
    const cwnd = socket.call('ssthresh')
    socket.set({ snd_cwnd: cwnd, snd_ssthresh: cwnd })
    socket.call('cong_avoid', { acked: 1 })
    return { socket, cwnd }
  }

  test('section 4.6: a loss leaves 0.7 of the window, two segments at least', () => {
    using socket = fakeSocket(object)
    socket.call('init')
    for (const window of [1, 2, 3, 10, 100, 12_345, 1_000_000]) {
      socket.set({ snd_cwnd: window })
      expect(socket.call('ssthresh')).toBe(Math.max(2, Math.floor(window * BETA)))
    }
  })

  test.each([3, 10, 100, 1000, 65_536, 1_000_000])('section 4.2: K of a loss at %i segments', (window) => {
    const { socket, cwnd } = afterLoss(window)
    using _ = socket
    expect(socket.state(W_MAX, 4)).toBe(window)
    const k = Math.cbrt((window - cwnd) / C) * 1024
    expect(Math.abs(socket.state(K, 4) - k)).toBeLessThan(1.5 + k * 1e-5)
  })

  test('section 4.2: growth leads to W_cubic(t), slow at the plateau and fast beyond it', () => {
    const window = 10_000
    for (const seconds of [1, 5, 10, 15, 19, 25, 40]) {
      const { socket, cwnd } = afterLoss(window)
      using _ = socket
      const k = Math.cbrt((window - cwnd) / C)
      socket.set({ tcp_mstamp: 5_000_000 + seconds * 1_000_000 })
      socket.call('cong_avoid', { acked: 1 })
      const target = C * (seconds - k) ** 3 + window
      const expected = Math.max(2, Math.floor(cwnd / (target - cwnd)))
      // The Reno-friendly window has had two segments only.
      expect(Math.abs(socket.state(PER_SEGMENT, 4) - expected)).toBeLessThanOrEqual(1 + expected * 0.01)
    }
  })

  test('section 4.3: small windows grow as Reno does, by 3 (1 - beta) / (1 + beta) in a round trip', () => {
    const { socket, cwnd } = afterLoss(20)
    using _ = socket
    let now = 5_000_000
    const rounds = 12
    for (let round = 0; round < rounds; round++)
      for (let sent = socket.get('snd_cwnd'), i = 0; i < sent; i++) {
        now += Math.round(40_000 / sent)
        socket.set({ tcp_mstamp: now })
        socket.call('cong_avoid', { acked: 1 })
      }
    const alpha = (3 * (1 - BETA)) / (1 + BETA)
    // In these 480 ms the cubic function stays below.
    expect(Math.abs(socket.get('snd_cwnd') - (cwnd + alpha * rounds))).toBeLessThanOrEqual(1)
  })

  test('section 4.7: who loses below the last maximum remembers less than the window', () => {
    const { socket } = afterLoss(1000)
    using _ = socket
    socket.set({ snd_cwnd: 800 })
    socket.call('ssthresh')
    expect(socket.state(W_MAX, 4)).toBe(Math.floor((800 * (1 + BETA)) / 2))
    socket.set({ snd_cwnd: 900 })
    socket.call('ssthresh')
    expect(socket.state(W_MAX, 4)).toBe(900)
  })

  test('section 4.8: after a timeout nothing is remembered', () => {
    const { socket } = afterLoss(1000)
    using _ = socket
    socket.call('set_state', { new_state: 4 })
    expect([socket.state(W_MAX, 4), socket.state(K, 4)]).toEqual([0, 0])
  })

  test('section 5.8: idle time does not count', () => {
    const { socket } = afterLoss(10_000)
    using _ = socket
    const epoch = socket.state(0, 8)
    socket.set({ tcp_mstamp: 65_000_000, delivered_mstamp: 6_000_000 })
    socket.call('cwnd_event_tx_start')
    expect(socket.state(0, 8)).toBe(epoch + 59_000_000)
  })
})
