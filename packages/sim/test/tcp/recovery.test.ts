import { expect, test } from 'vitest'
import type { SimAlgorithm } from '../../src/cc/congestion-control.ts'
import { renoReference } from '../../src/cc/reno.ts'
import { tcp_packets_in_flight } from '../../src/tcp/tcp-sock.ts'
import { createWire } from '../wire.ts'

/** Reno that tells what it was told. */
function traced(): { readonly algorithm: SimAlgorithm; readonly told: string[] } {
  const told: string[] = []
  const algorithm: SimAlgorithm = {
    name: 'traced',
    open: () => ({
      ...renoReference.open(),
      set_state: (tp, state) => told.push(`state ${tp.icsk_ca_state}>${state}`),
      cwnd_event: (_, event) => told.push(`event ${event}`),
      pkts_acked: (_, { pkts_acked, rtt_us }) => told.push(`acked ${pkts_acked} ${rtt_us}`),
    }),
  }
  return { algorithm, told }
}

test('what a congestion control is told in a recovery, and when', () => {
  const { algorithm, told } = traced()
  const wire = createWire(algorithm, { fate: (segment, nth) => (segment === 0 && nth === 0 ? 'lost' : undefined) })
  wire.start(6)
  wire.run(100)
  expect(told).toEqual([
    'event 0', // CA_EVENT_TX_START
    'acked 0 20000', // SACK of 1
    'state 0>1', // Disorder
    'acked 0 20000',
    'acked 0 20000', // the third: nothing was reordered yet
    'state 1>3', // Recovery
    'acked 0 21000', // the receiver merged two
    'acked 6 20000', // the retransmission has a time stamp; what was sacked counts too
    'state 3>0',
    'event 2', // CA_EVENT_COMPLETE_CWR
  ])
})

test('PRR: the window falls to the threshold while one segment leaves for two that arrive (RFC 6937)', () => {
  const wire = createWire(renoReference, { fate: (segment, nth) => (segment === 10 && nth === 0 ? 'lost' : undefined) })
  wire.start(Number.POSITIVE_INFINITY)
  wire.run(45)
  const sent = wire.log(/send/).filter((line) => Number(line.split(':')[0]) >= 40)
  // Limited transmit (RFC 3042) for two duplicates; the third sends 10 again.
  expect(sent.slice(0, 3)).toEqual(['40: send 30', '40: send 31', '40: resend 10'])
  expect(wire.tp.prior_cwnd).toBe(20)
  expect(wire.tp.snd_ssthresh).toBe(10)
  // 16 more arrive in one acknowledgement: what is in flight is filled up to the threshold, no further.
  expect(wire.tp.prr_delivered).toBe(17)
  expect(tcp_packets_in_flight(wire.tp)).toBe(10)
  expect(wire.tp.prr_out).toBe(8)
  wire.run(61)
  expect(wire.tp.icsk_ca_state).toBe(0)
  expect(wire.tp.snd_cwnd).toBe(10)
})

test('a lost tail is probed after two round trips (RFC 8985, section 7), and repaired without a timeout', () => {
  const wire = createWire(renoReference, { fate: (segment, nth) => (segment >= 8 && nth === 0 ? 'lost' : undefined) })
  wire.start(10)
  wire.run(1000)
  // The last acknowledgement came at 20 ms: 2 SRTT and 2 ms later the last segment goes again; SACK then tells of 8.
  expect(wire.log(/^resend/)).toEqual(['62: resend 9', '82: resend 8'])
  expect(wire.tp.icsk_ca_state).toBe(0)
  expect(wire.tp.snd_una).toBe(10)
})

test('RTO (RFC 6298): at least 200 ms, twice as long each time, window 1, threshold half', () => {
  const wire = createWire(renoReference, { fate: (segment, nth) => (segment === 0 && nth < 3 ? 'lost' : undefined) })
  wire.start(1)
  wire.run(3000)
  // One segment in flight: the probe waits for a delayed acknowledgement, 2 * 20 + 200 ms, not beyond the RTO of 220 ms.
  expect(wire.log(/^resend/)).toEqual(['220: resend 0', '440: resend 0', '880: resend 0'])
  expect(wire.tp.snd_ssthresh).toBe(5)
  expect(wire.tp.snd_una).toBe(1)
  expect(wire.tp.icsk_ca_state).toBe(0)
})

test('a timeout that was none is taken back (RFC 3522, RFC 4015)', () => {
  // The path stands still from the start on, for 400 ms: nothing is lost, all is late.
  const wire = createWire(renoReference, { fate: (_segment, _nth, time) => Math.max(0, 400 - time) })
  wire.start(40)
  wire.run(399)
  expect(wire.tp.icsk_ca_state).toBe(4)
  expect(wire.tp.snd_cwnd).toBe(1)
  expect(wire.tp.snd_ssthresh).toBe(5)
  wire.run(425)
  expect(wire.tp.icsk_ca_state).toBe(0)
  expect(wire.tp.snd_cwnd).toBeGreaterThanOrEqual(10)
  expect(wire.tp.snd_ssthresh).toBe(0x7fffffff)
  wire.run(2000)
  expect(wire.tp.snd_una).toBe(40)
})

test('reordering is no loss: DSACK takes the reduction back, and RACK waits longer from then on', () => {
  const wire = createWire(renoReference, { fate: (segment, nth) => (segment === 10 && nth === 0 ? 12 : undefined) })
  wire.start(Number.POSITIVE_INFINITY)
  wire.run(200)
  expect(wire.log(/^resend 10/)).toHaveLength(1)
  expect(wire.log(/^ack .* sack 10-11/).length).toBeGreaterThan(0)
  expect(wire.tp.snd_ssthresh).toBe(0x7fffffff)
  expect(wire.tp.reord_seen).toBeGreaterThan(0)
  expect(wire.tp.reordering).toBeGreaterThan(3)
})

test('a lost retransmission is found by time and sent again without a timeout (RFC 8985)', () => {
  const wire = createWire(renoReference, { fate: (segment, nth) => (segment === 10 && nth < 2 ? 'lost' : undefined) })
  wire.start(Number.POSITIVE_INFINITY)
  wire.run(150)
  const resent = wire.log(/^resend 10/)
  expect(resent).toHaveLength(2)
  expect(resent[0]).toBe('40: resend 10')
  expect(Number(resent[1]?.split(':')[0])).toBeLessThan(70)
  expect(wire.tp.snd_una).toBeGreaterThan(11)
})

test('counters agree with the scoreboard whatever is lost', () => {
  let seed = 7
  const random = (): number => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
    return seed / 2 ** 32
  }
  for (let round = 0; round < 30; round++) {
    const share = random() * 0.3
    const fate = (): 'lost' | number | undefined =>
      random() < share ? 'lost' : random() < 0.1 ? random() * 30 : undefined
    const wire = createWire(renoReference, { fate, ackFate: () => (random() < 0.1 ? 'lost' : undefined) })
    wire.start(600)
    for (let time = 20; time <= 120_000 && wire.tp.snd_una < 600; time += 20) {
      wire.run(time)
      const { tp } = wire
      const { board } = wire.sender
      const count = { sacked: 0, lost: 0, retrans: 0 }
      for (let segment = tp.snd_una; segment < tp.snd_nxt; segment++) {
        const flags = board.flags[segment & board.mask] ?? 0
        if (flags & 1) count.sacked += 1
        if (flags & 4) count.lost += 1
        if (flags & 2) count.retrans += 1
        expect(flags & 5).not.toBe(5)
      }
      expect([tp.packets_out, tp.sacked_out, tp.lost_out, tp.retrans_out]).toEqual([
        tp.snd_nxt - tp.snd_una,
        count.sacked,
        count.lost,
        count.retrans,
      ])
    }
    expect(wire.tp.snd_una).toBe(600)
    expect(wire.tp.delivered).toBe(601)
  }
})
