import { fileURLToPath } from 'node:url'
import { type BpfObject, writeObject } from '@tscc/object'
import { compiledFile } from '../../../../packages/compiler/test/compiled.ts'

const examples = new URL('../../../../examples/struct-ops/', import.meta.url)

/** An example's object: `qdisc-ops/netem.bpf.ts`. */
export const compileExample = (name: string): BpfObject => compiledFile(fileURLToPath(new URL(name, examples)))

/** The network emulator, as `--qdisc` would hand it on. */
export function netemProgram(): { readonly label: string; readonly object: Uint8Array } {
  return { label: 'netem.bpf.ts', object: writeObject(compileExample('qdisc-ops/netem.bpf.ts')) }
}
