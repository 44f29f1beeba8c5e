import type { Steps } from '../spec.ts'

/** `enum bpf_prog_type` (uapi/linux/bpf.h); 26 is the map type. */
const BPF_PROG_TYPE_STRUCT_OPS = 27

/** ELF section of a program: `struct_ops/<struct>/<callback>`, of one that may sleep `struct_ops.s/…`. */
export const structOpsSectionName = (
  struct: string,
  callback: string,
  { sleepable = false }: { readonly sleepable?: boolean } = {},
): string => `struct_ops${sleepable ? '.s' : ''}/${struct}/${callback}`

/** ELF section of a program of `tcp_congestion_ops`. */
export const tcpCongestionOpsSectionName = (callback: string): string =>
  structOpsSectionName('tcp_congestion_ops', callback)

/** Everything about one program: what a loader, a listing or an object writer wants to know. */
export interface ProgramInfo {
  readonly name: string
  readonly section: string
  /** `enum bpf_prog_type`: 27. */
  readonly type: typeof BPF_PROG_TYPE_STRUCT_OPS
  readonly struct: string
  readonly callback: string
  readonly steps: Steps
}

/** Describe a program of any struct_ops type. */
export const structOpsProgramInfo = (name: string, struct: string, callback: string, steps: Steps): ProgramInfo => ({
  name,
  section: structOpsSectionName(struct, callback),
  type: BPF_PROG_TYPE_STRUCT_OPS,
  struct,
  callback,
  steps,
})

/** Describe a program of `tcp_congestion_ops`. */
export const tcpCongestionOpsProgramInfo = (name: string, callback: string, steps: Steps): ProgramInfo =>
  structOpsProgramInfo(name, 'tcp_congestion_ops', callback, steps)
