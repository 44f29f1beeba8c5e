import type { LabRun } from '@tscc/lab'
import type { BpfObject } from '@tscc/object'
import type { RunCost, SimSpec } from '@tscc/sim'

/** An algorithm as it goes to a worker. */
export interface SimSource {
  readonly label: string
  readonly object: BpfObject
}

/** What a worker is started with. */
export interface SimJob {
  readonly sources: readonly SimSource[]
  /** A release, or BTF. */
  readonly kernel: string | Uint8Array | undefined
  readonly spec: Omit<SimSpec, 'algorithms'>
}

/** What a worker says of the run that it was told to make. */
export type SimReply =
  | { readonly kind: 'progress'; readonly index: number; readonly elapsed: number }
  | { readonly kind: 'run'; readonly index: number; readonly run: LabRun & { readonly cost: RunCost } }
  | { readonly kind: 'failed'; readonly index: number; readonly message: string }
