import { describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { compiled } from './compiled.ts'
import { type FakeSocket, fakeSocket } from './run-callback.ts'

/** Where private state lies: `interface Dctcp` begins with alpha. */
const ALPHA = 0
const ESTABLISHED = 1
const RECOVERY = 3

describe.skipIf(!needs('bpf'))('DCTCP as RFC 8257 has it', () => {
  const object = compiled('dctcp')
  function connection(ecnFlags: number): FakeSocket {
    const socket = fakeSocket(object)
    socket.set({ ecn_flags: ecnFlags, skc_state: ESTABLISHED, snd_cwnd: 100, prior_cwnd: 70 })
    socket.call('init')
    return socket
  }

  test('section 3.3: alpha begins at 1, and the first mark halves the window', () => {
    using socket = connection(1)
    expect(socket.state(ALPHA, 4)).toBe(1024)
    expect(socket.call('ssthresh')).toBe(50)
    expect(socket.call('undo_cwnd')).toBe(100)
  })

  test('section 3.3: alpha follows the share of marked segments with a weight of 1/16', () => {
    using socket = connection(1)
    let [delivered, marked, una, alpha] = [0, 0, 0, 1]
    for (const share of [0, 0, 0.5, 1, 0.1, 0.1, 0.1, 0, 0, 0, 0, 1, 1, 1]) {
      delivered += 100
      marked += share * 100
      una += 1000
      socket.set({ delivered, delivered_ce: marked, snd_una: una, snd_nxt: una + 1000 })
      socket.call('in_ack_event')
      alpha = alpha * (1 - 1 / 16) + share / 16
      expect(Math.abs(socket.state(ALPHA, 4) / 1024 - alpha)).toBeLessThan(0.02)
      expect(Math.abs(socket.call('ssthresh') - 100 * (1 - alpha / 2))).toBeLessThan(2)
    }
  })

  test('section 3.3: alpha changes once in a window', () => {
    using socket = connection(1)
    socket.set({ delivered: 100, delivered_ce: 0, snd_una: 1000, snd_nxt: 2000 })
    socket.call('in_ack_event')
    const once = socket.state(ALPHA, 4)
    socket.set({ delivered: 150, delivered_ce: 50, snd_una: 1999 })
    socket.call('in_ack_event')
    expect(socket.state(ALPHA, 4)).toBe(once)
    socket.set({ snd_una: 2000 })
    socket.call('in_ack_event')
    expect(socket.state(ALPHA, 4)).not.toBe(once)
  })

  test('section 3.5: a loss halves the window, whatever alpha is', () => {
    using socket = connection(1)
    for (let una = 1000; una < 100_000; una += 1000) {
      socket.set({ delivered: una / 10, snd_una: una, snd_nxt: una + 1000 })
      socket.call('in_ack_event')
    }
    expect(socket.call('ssthresh')).toBe(100)
    socket.call('set_state', { new_state: RECOVERY })
    expect(socket.get('snd_ssthresh')).toBe(50)
  })

  test('without ECN it is Reno, which knows no alpha', () => {
    using socket = connection(0)
    socket.set({ delivered: 100, delivered_ce: 0, snd_una: 1000, snd_nxt: 2000 })
    socket.call('in_ack_event')
    expect(socket.state(ALPHA, 4)).toBe(1024)
    for (const [cwnd, threshold] of [
      [101, 50],
      [3, 2],
    ] as const) {
      socket.set({ snd_cwnd: cwnd })
      expect(socket.call('ssthresh')).toBe(threshold)
      socket.set({ snd_ssthresh: 7 })
      socket.call('set_state', { new_state: RECOVERY })
      expect(socket.get('snd_ssthresh')).toBe(7)
      expect(socket.call('undo_cwnd')).toBe(Math.max(cwnd, 70))
    }
  })
})
