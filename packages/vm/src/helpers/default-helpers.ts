import { hostFunction } from '../host/host-function.ts'
import type { HelperTable } from './helper-table.ts'
import { mapHelpers, ringBufferHelpers } from './map-helpers.ts'
import { plainHelpers } from './plain-helpers.ts'
import { timerHelpers } from './timer-helpers.ts'
import type { Timers } from './timers.ts'

/** What the engines do themselves; it is only there for its parameters. */
const tailCall = hostFunction(['u64', 'pointer', 'u32'], 's64', () => 0n)

/** Helpers that need no kernel. */
export function defaultHelpers(timers: Timers): HelperTable {
  const rows = [...mapHelpers, ...ringBufferHelpers, ...plainHelpers, ...timerHelpers(timers)]
  const table: HelperTable = new Map(rows.map(({ id, name, host }) => [id, { name, host, tail: false }]))
  return table.set(12, { name: 'bpf_tail_call', host: tailCall, tail: true })
}
