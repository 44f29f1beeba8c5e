import type { Endian } from '@tscc/insn'
import type { ObjectFunction } from '../../model.ts'
import type { Flow } from './flow.ts'
import { foldAddresses } from './fold-addresses.ts'
import { foldConstants } from './fold-constants.ts'
import { MOST_PARAMETERS } from './helper-parameters.ts'
import { narrowBitfields } from './narrow-bitfields.ts'
import type { Machine } from './propagate.ts'
import { type KnownReferences, readFlow } from './read-flow.ts'
import { parametersRead, removeDead } from './remove-dead.ts'
import { joinRuns, shortenJumps } from './shorten-jumps.ts'
import { writeFlow } from './write-flow.ts'

/** What pruning knows besides the function itself. */
export interface PruneContext {
  readonly endian: Endian
  readonly references: KnownReferences
  /** Nobody reads what the function returns. */
  readonly isVoid: boolean
}

/**
 * Make a function shorter by what one kernel decides: code that was written for all kernels becomes what would have been
 * written for this one.
 *
 * Before: code with CO-RE relocations applied, others still to come. After: the same, at most as long; it does the same to
 * memory, calls the same functions with the same arguments and returns the same. Relocations and lines moved along, and
 * CO-RE relocations are gone. Code that cannot be understood, or would not get shorter, comes back as the same object.
 *
 * Each pass takes the flow and gives another; as long as one finds something the others may, too, so that they take turns.
 */
export function pruneFunction(f: ObjectFunction, context: PruneContext): ObjectFunction {
  const flow = f.code.length > MAX_BYTES ? undefined : readFlow(f, context.endian, context.references)
  if (flow === undefined) return f
  const written = writeFlow(prunedFlow(flow, context), context.endian)
  if (written === undefined || written.code.length >= f.code.length) return f
  return { ...f, ...written, coreRelocations: [] }
}

/** Longer functions are nothing that a compiler of ours would make, and would take seconds. */
const MAX_BYTES = 8 * 65_536

/** How often the passes take turns; real code is done after three or four, and hostile code must be done some time. */
const MAX_ROUNDS = 12

function prunedFlow(flow: Flow, { endian, isVoid }: PruneContext): Flow {
  const machine: Machine = { littleEndian: endian === 'little' }
  const result = isVoid ? 0 : 1
  let pruned = flow
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = pruned
    pruned = removeDead(shortenJumps(foldConstants(pruned, machine)), result)
    // Which steps stand side by side shows when the rest is gone.
    pruned = narrowBitfields(foldAddresses(pruned, result), machine.littleEndian, result)
    pruned = joinRuns(pruned)
    if (pruned === before) break
  }
  return pruned
}

/** How many of r1 to r5 a function reads, of its caller's; all five where that is not certain. */
export function parametersOf(f: ObjectFunction, { endian, references }: PruneContext): number {
  const flow = readFlow(f, endian, references)
  return flow === undefined ? MOST_PARAMETERS : parametersRead(flow)
}
