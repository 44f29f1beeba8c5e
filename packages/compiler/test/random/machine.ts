// Runs programs of the language in the user-space machine: no kernel, no privileges.
import { readFileSync } from 'node:fs'
import { parseBtf, requireType, resolveField, sizeOf } from '@tscc/btf'
import { type BpfObject, linkObject } from '@tscc/object'
import { createMachine, type Engine, loadObject } from '@tscc/vm'
import { AREA, type Runnable } from './kernel.ts'

const btf = parseBtf(
  new Uint8Array(readFileSync(new URL('../../../object/fixtures/btf/tcp-6.18.btf', import.meta.url))),
)
const PRIVATE = resolveField(btf, 'tcp_sock', 'icsk_ca_priv').offset
const SIZE = sizeOf(btf, requireType(btf, 'tcp_sock', 'struct'))

/** A callback in a machine of its own, on a socket of which only the private state is looked at. */
export function inMachine(object: BpfObject, engine: Engine, callback = 'ssthresh'): Runnable {
  const machine = createMachine({ engine, memory: 1 << 20 })
  const linked = linkObject(object, { btf })
  const loaded = loadObject(machine, linked, { btf })
  const socket = machine.region({ name: 'tcp_sock', size: SIZE })
  const constant = new Set(
    linked.maps.flatMap(({ frozen, variables }) => (frozen ? variables.map(({ name }) => name) : [])),
  )
  const program = loaded.program(callback)
  return {
    state: socket.bytes.subarray(PRIVATE, PRIVATE + AREA),
    variables: new Map(
      [...loaded.variables].flatMap(([name, { bytes }]) => (constant.has(name) ? [] : [[name, bytes]])),
    ),
    run: () => void program.callback(socket.address),
    [Symbol.dispose]: () => undefined,
  }
}
