import { expect, test } from 'vitest'
import type { SimAlgorithm } from '../../src/cc/congestion-control.ts'
import { renoReference } from '../../src/cc/reno.ts'
import { createWire } from '../wire.ts'

test('a mark halves the window once; CWR ends the echo (RFC 3168, section 6.1)', () => {
  const wire = createWire(renoReference, { ecn: true, fate: (segment) => (segment === 3 ? 'marked' : undefined) })
  wire.start(Number.POSITIVE_INFINITY)
  wire.run(25)
  expect(wire.tp.icsk_ca_state).toBe(2)
  // 10 and two for the acknowledgements before it, which acknowledged three segments.
  expect(wire.tp.prior_cwnd).toBe(13)
  expect(wire.tp.snd_ssthresh).toBe(6)
  wire.run(60)
  const echoes = wire.log(/^ack .* ece/)
  // 7 of the first flight from the marked one on.
  expect(echoes.filter((line) => line.startsWith('10:'))).toHaveLength(7)
  expect(wire.log(/^send .* cwr/)).toHaveLength(1)
  expect(wire.tp.icsk_ca_state).toBe(0)
  expect(wire.tp.snd_cwnd).toBeGreaterThanOrEqual(6)
  expect(wire.tp.snd_cwnd).toBeLessThanOrEqual(8)
  expect(wire.tp.total_retrans).toBe(0)
  // And six that were sent before the sender knew: they arrive before the one with CWR.
  expect(wire.tp.delivered_ce).toBe(13)
  // The echo has stopped.
  expect(wire.log(/^ack/).at(-1)).not.toContain('ece')
})

test('without ECN nothing is capable of it', () => {
  const wire = createWire(renoReference, { fate: () => 'marked' })
  wire.start(20)
  wire.run(200)
  expect(wire.log(/ece/)).toEqual([])
  expect(wire.tp.snd_cwnd).toBeGreaterThan(20)
})

test('an algorithm that counts marks sees each at the receiving end, and may acknowledge what came before', () => {
  const told: string[] = []
  const counting: SimAlgorithm = {
    name: 'counting',
    needsEcn: true,
    open: (actions) => ({
      ...renoReference.open(),
      cwnd_event(tp, event) {
        if (actions === undefined || event < 4) return
        told.push(`${event === 5 ? 'CE' : 'no CE'} ${tp.rcv_nxt}`)
        if (event === 5 && tp.rcv_nxt === 3) actions.sendAck(2)
      },
    }),
  }
  const wire = createWire(counting, { ecn: true, fate: (segment) => (segment === 2 ? 'marked' : undefined) })
  wire.start(4)
  wire.run(100)
  expect(told).toEqual(['no CE 1', 'no CE 2', 'CE 3', 'no CE 4'])
  expect(wire.log(/^ack/).slice(0, 4)).toEqual(['10: ack 1', '10: ack 2', '10: ack 2', '10: ack 3 ece'])
})

test('CWR ends the echo of a receiver whose algorithm asks for ECN and leaves marks to the stack', () => {
  const asking: SimAlgorithm = { name: 'asking', needsEcn: true, open: () => renoReference.open() }
  const wire = createWire(asking, { ecn: true, fate: (segment) => (segment === 3 ? 'marked' : undefined) })
  wire.start(Number.POSITIVE_INFINITY)
  wire.run(200)
  expect(wire.log(/^send .* cwr/)).toHaveLength(1)
  expect(wire.log(/^ack/).at(-1)).not.toContain('ece')
})
