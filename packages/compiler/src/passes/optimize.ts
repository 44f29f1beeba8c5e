import type { Cpu, IrFunction } from '../ir/ir.ts'
import { withoutUnreached } from '../ir/rewrite.ts'
import { fromSsa, toSsa } from '../ir/ssa.ts'
import { cleanBlocks } from './clean-blocks.ts'
import { convertIfs } from './convert-ifs.ts'
import { removeDead } from './dead-code.ts'
import { removeDeadStores } from './dead-stores.ts'
import { dropCuts } from './demanded-bits.ts'
import { extendSigns } from './extend-signs.ts'
import { fold } from './fold.ts'
import { hoistLoads } from './hoist-loads.ts'
import { joinStores } from './join-stores.ts'
import { decideKnown } from './known-conditions.ts'
import { placePrivate } from './place-private.ts'
import { reuseLoads } from './reuse-loads.ts'
import { sinkStores } from './sink-stores.ts'
import { threadJumps } from './thread-jumps.ts'
import { numberValues } from './value-numbering.ts'

/** Passes on SSA form, by name. */
const ssaPasses = {
  fold,
  numberValues,
  hoistLoads,
  reuseLoads,
  decideKnown,
  threadJumps,
  removeDeadStores,
  sinkStores,
  joinStores,
  removeDead,
} as const

/** Passes that can be left out, one by one. */
export const passNames = [
  ...(Object.keys(ssaPasses) as (keyof typeof ssaPasses)[]),
  'dropCuts',
  'convertIfs',
  'mergeTails',
] as const // the table's own names
/** Name of a pass. */
export type PassName = (typeof passNames)[number]

/** Each pass leaves work for the others. */
const ORDER: readonly (keyof typeof ssaPasses)[] = [
  'fold',
  'numberValues',
  'reuseLoads',
  'fold',
  'decideKnown',
  'threadJumps',
  'numberValues',
  'removeDeadStores',
  'removeDead',
]

/** A third and a fourth change one instruction of the 8,300 in this repository's programs, for the worse. */
const ROUNDS = 2

/** Steps, phis and branches: what does not get less has not changed, or not for the better. */
function sizeOf(f: IrFunction): string {
  let [steps, phis, branches] = [0, 0, 0]
  for (const block of f.blocks) {
    steps += block.instrs.length
    phis += block.phis.length
    if (block.end.op === 'branch') branches++
  }
  return `${steps} ${phis} ${branches}`
}

/** A function in SSA form through all passes, and out of it again. */
export function optimize(source: IrFunction, without: readonly PassName[], cpu: Cpu): IrFunction {
  let f = toSsa(source)
  /** By pass, a function that it left as it was, or made as far as it goes: it would leave it again. */
  const done = new Map<keyof typeof ssaPasses, IrFunction>()
  const run = (name: keyof typeof ssaPasses): void => {
    if (without.includes(name) || done.get(name) === f) return
    const next = ssaPasses[name](f)
    if (next === f || name === 'fold' || name === 'removeDead') done.set(name, next)
    f = next
  }
  let size = sizeOf(f)
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of ORDER) run(name)
    // When most branches that are there are there to stay; what it makes superfluous goes in the second round.
    if (round === 0) run('hoistLoads')
    const next = sizeOf(f)
    if (next === size) break
    size = next
  }
  for (const name of ['sinkStores', 'joinStores', 'fold', 'removeDead'] as const) run(name)
  if (cpu === 'v4') f = removeDead(extendSigns(f))
  // Without 32-bit instructions, all of them count on zeros above.
  if ((cpu === 'v3' || cpu === 'v4') && !without.includes('dropCuts')) f = removeDead(dropCuts(f))
  const out = cleanBlocks(fromSsa(placePrivate(f)))
  return withoutUnreached(without.includes('convertIfs') ? out : cleanBlocks(convertIfs(out)))
}
