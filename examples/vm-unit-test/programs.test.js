// @ts-check
// node --test: bytecode under test in the user-space machine. No kernel, no privileges, any operating system.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { assemble } from '@tscc/insn'
import { createMachine, vmErrors } from '@tscc/vm'

/** @param {string} name */
const program = (name) => assemble(readFileSync(new URL(name, import.meta.url), 'utf8'))

test('half of the window, at least two segments', () => {
  const half = createMachine().load({ name: 'half', insns: program('half.s') })
  const cases = { 10: 5, 5: 2, 4: 2, 1: 2, 0: 2 }
  for (const [window, want] of Object.entries(cases)) assert.equal(half.call(Number(window)), want, `window ${window}`)
})

test('packets are counted by destination port, in network byte order', () => {
  const machine = createMachine()
  const ports = machine.map({ name: 'ports', type: 1, keySize: 4, valueSize: 8, maxEntries: 16 })
  const packet = machine.region({ name: 'packet', size: 20 })
  const count = machine.load({ name: 'count_ports', insns: program('count-ports.s'), maps: [ports] })
  for (const port of [443, 80, 443, 443]) {
    packet.view.setUint16(2, port)
    count.call(packet.address)
  }
  /** @param {number} port */
  const counted = (port) => {
    const value = ports.get(new Uint8Array(Uint32Array.of(port).buffer))
    return value === undefined ? 0n : new DataView(value.buffer, value.byteOffset).getBigUint64(0, true)
  }
  assert.deepEqual([443, 80, 22].map(counted), [3n, 1n, 0n])
})

test('a read past the packet is a fault with its place', () => {
  const machine = createMachine()
  const packet = machine.region({ name: 'packet', size: 2 })
  const ports = machine.map({ name: 'ports', type: 1, keySize: 4, valueSize: 8, maxEntries: 16 })
  const count = machine.load({ name: 'count_ports', insns: program('count-ports.s'), maps: [ports] })
  assert.throws(
    () => count.run(packet.address),
    (error) => vmErrors.is(error, 'vm/bad-access') && error.context.insn === 0,
  )
})

test('the same run twice: no time, no chance', () => {
  const insns = assemble('call 7\nr6 = r0\ncall 5\nr0 ^= r6\nexit') // bpf_get_prandom_u32, bpf_ktime_get_ns
  const once = () => createMachine({ seed: 7 }).load({ insns }).run().r0
  assert.equal(once(), once())
})
