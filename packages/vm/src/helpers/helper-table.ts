import type { HostFunction } from '../host/host-function.ts'

/** Helpers by their number in `enum bpf_func_id`. */
export type HelperTable = Map<number, { readonly name: string; readonly host: HostFunction; readonly tail: boolean }>

/** A row of such a table. */
export interface HelperRow {
  readonly id: number
  readonly name: string
  readonly host: HostFunction
}
