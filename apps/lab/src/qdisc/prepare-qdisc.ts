import { release } from 'node:os'
import { isTsccError } from '@tscc/core'
import type { LinkCounters, PathSpec } from '@tscc/experiment'
import { type LoadableObject, readObject } from '@tscc/object'
import { linkHere, registerStructOps, renameStructOps, structOpsOf } from '@tscc/struct-ops/kernel'
import { type Kernel, loadPlan } from '@tscc/syscall'
import { labErrors } from '../lab-errors.ts'
import { temporaryName } from '../temporary-name.ts'
import { planQdisc, type QdiscSettings } from './plan-qdisc.ts'
import { openQdiscCounters, type QdiscCounters } from './qdisc-counters.ts'

/**
 * A queueing discipline in BPF (Qdisc_ops, Linux 6.17 and newer) that is to make the path. Its tunables `rate` (bits per
 * second), `buffer` (bytes), `delay` (ns) and `loss` (of 2^32) are set from it; `limit` tells how many packets it holds.
 */
export interface QdiscProgram {
  /** What people call it. */
  readonly label: string
  /** An object file. */
  readonly object: Uint8Array
}

/** A qdisc that is registered for the time of an experiment, and its owner. */
export interface PreparedQdisc {
  readonly label: string
  /** Its kind on the way of the data. */
  readonly data: string
  /** Its kind on the way back; absent where that has no delay. */
  readonly acknowledgements?: string
  /** What it did to the data; see {@link QdiscCounters}. */
  counters(): LinkCounters | undefined
  resetCounters(): void
  close(): void
  [Symbol.dispose](): void
}

/** One copy of the program in the kernel, with variables of its own. */
interface Copy {
  readonly id: string
  readonly counters: QdiscCounters
}

/**
 * Load and register a copy of the program for each direction, under names of the lab's. What it registers is held by
 * links, which end with this process. Throws what {@link planQdisc} throws, and `lab/no-qdisc-ops` where the kernel has
 * no such type.
 */
export async function prepareQdisc(kernel: Kernel, program: QdiscProgram, path: PathSpec): Promise<PreparedQdisc> {
  const { label } = program
  const object = readObject(program.object)
  const plan = planQdisc(object, label, path)
  const undo: (() => void)[] = []
  const close = (): void => {
    for (const step of undo.splice(0).reverse()) step()
  }
  const register = async (variables: QdiscSettings): Promise<Copy> => {
    const linked = await link(kernel, program, variables)
    const loaded = loadPlan(kernel, linked)
    undo.push(loaded.close)
    const [ops] = structOpsOf(linked, loaded)
    if (ops === undefined) throw labErrors.make('not-qdisc', { label, found: 'none that is loaded by itself' })
    const id = temporaryName(label)
    const registration = registerStructOps(kernel, renameStructOps(ops, id))
    undo.push(() => registration.close())
    const counters = openQdiscCounters(object, linked, loaded)
    undo.push(counters.close)
    return { id, counters }
  }
  try {
    const data = await register(plan.data)
    const back = plan.acknowledgements === undefined ? undefined : await register(plan.acknowledgements)
    return {
      label,
      data: data.id,
      ...(back === undefined ? {} : { acknowledgements: back.id }),
      counters: data.counters.read,
      resetCounters: data.counters.reset,
      close,
      [Symbol.dispose]: close,
    }
  } catch (error) {
    close()
    throw error
  }
}

async function link(
  kernel: Kernel,
  { label, object }: QdiscProgram,
  variables: QdiscSettings,
): Promise<LoadableObject> {
  try {
    return await linkHere(kernel, object, { programs: 'struct_ops', variables })
  } catch (error) {
    if (isTsccError(error) && error.code === 'btf/unknown-struct-ops')
      throw labErrors.make('no-qdisc-ops', { label, release: release() }, error)
    throw error
  }
}
