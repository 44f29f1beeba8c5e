import { fileURLToPath } from 'node:url'
import { compileFile } from '@tscc/compiler/node'
import { type BpfObject, writeObject } from '@tscc/object'

const examples = new URL('../../../../examples/struct-ops/', import.meta.url)

/** An example's object: `qdisc-ops/netem.bpf.ts`. */
export function compileExample(name: string): BpfObject {
  const { object, diagnostics } = compileFile(fileURLToPath(new URL(name, examples)))
  if (object === undefined) throw new Error(diagnostics.map(({ message }) => message).join('; '))
  return object
}

/** The network emulator, as `--qdisc` would hand it on. */
export function netemProgram(): { readonly label: string; readonly object: Uint8Array } {
  return { label: 'netem.bpf.ts', object: writeObject(compileExample('qdisc-ops/netem.bpf.ts')) }
}
