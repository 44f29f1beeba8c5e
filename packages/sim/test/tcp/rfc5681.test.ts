import { expect, test } from 'vitest'
import { renoReference } from '../../src/cc/reno.ts'
import { createWire } from '../wire.ts'

test('ten segments leave at first (RFC 6928), and each acknowledgement lets two more leave', () => {
  const wire = createWire(renoReference)
  wire.start(Number.POSITIVE_INFINITY)
  wire.run(0)
  expect(wire.log(/^send/)).toHaveLength(10)
  wire.run(19.999)
  expect(wire.log(/^send/)).toHaveLength(10)
  wire.run(20)
  expect(wire.log(/^send/)).toHaveLength(30)
  expect(wire.tp.snd_cwnd).toBe(20)
  expect(wire.tp.srtt_us >> 3).toBe(20_000)
  expect(wire.tp.rtt_min).toBe(20_000)
  wire.run(40)
  expect(wire.tp.snd_cwnd).toBe(40)
})

test('the first sixteen segments are acknowledged one by one, then each second; a last one waits', () => {
  const wire = createWire(renoReference)
  wire.start(21)
  wire.run(200)
  const acks = wire.log(/^ack/)
  expect(acks.slice(0, 10)).toEqual(Array.from({ length: 10 }, (_, n) => `10: ack ${n + 1}`))
  expect(acks.slice(10)).toEqual([
    ...Array.from({ length: 6 }, (_, n) => `30: ack ${n + 11}`),
    '30: ack 18',
    '30: ack 20',
    // The segments of 0 ms and of 20 ms brought ato from 40 to 40 ms: (40 / 2) + 20.
    '70: ack 21',
  ])
})

test('three out of order are a loss: half the window, sent again after a round trip', () => {
  const wire = createWire(renoReference, { fate: (segment, nth) => (segment === 3 && nth === 0 ? 'lost' : undefined) })
  wire.start(10)
  wire.run(100)
  expect(wire.log(/^(ack|resend)/)).toEqual([
    '10: ack 1',
    '10: ack 2',
    '10: ack 3',
    '10: ack 3 sack 4-5',
    '10: ack 3 sack 4-6',
    '10: ack 3 sack 4-7',
    '10: ack 3 sack 4-8',
    '10: ack 3 sack 4-9',
    '10: ack 3 sack 4-10',
    '20: resend 3',
    '30: ack 10',
  ])
  // 10 grew to 13 by the acknowledgements before; RFC 5681, equation 4.
  expect(wire.tp.prior_cwnd).toBe(13)
  expect(wire.tp.snd_ssthresh).toBe(6)
  expect(wire.tp.snd_cwnd).toBe(6)
  expect(wire.tp.icsk_ca_state).toBe(0)
  expect(wire.tp.total_retrans).toBe(1)
})

test('a window that is not used does not grow (RFC 7661)', () => {
  const wire = createWire(renoReference)
  wire.start(5)
  wire.run(100)
  expect(wire.tp.snd_cwnd).toBe(10)
  for (let n = 1; n <= 20; n++) {
    wire.write(2)
    wire.run(100 + n * 50)
  }
  expect(wire.tp.snd_una).toBe(45)
  expect(wire.tp.snd_cwnd).toBe(10)
})

test('after idle time the window is halved for each RTO, not below the initial one (RFC 2861)', () => {
  const windowAfter = (idle: number, slowStartAfterIdle: boolean): number => {
    const wire = createWire(renoReference, { settings: { slowStartAfterIdle } })
    wire.start(70)
    wire.run(200 + idle)
    wire.write(1)
    return wire.tp.snd_cwnd
  }
  expect(windowAfter(0, true)).toBe(80)
  expect(windowAfter(250, true)).toBe(40)
  expect(windowAfter(10_000, true)).toBe(10)
  expect(windowAfter(10_000, false)).toBe(80)
})
