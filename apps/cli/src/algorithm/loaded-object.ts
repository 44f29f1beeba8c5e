import type { CompiledFile } from '@tscc/compiler/node'
import type { BpfObject } from '@tscc/object'

/** An object: a file (.bpf.o), ours or a C compiler's, or what the compiler made of a `*.bpf.ts` file. */
export interface LoadedObjectFile {
  readonly label: string
  readonly path: string
  readonly bytes: Uint8Array
  /** Read when it is first asked for; throws `object/…` errors then. */
  readonly object: BpfObject
  /** Of a `*.bpf.ts` file. */
  readonly compiled?: CompiledFile
}
