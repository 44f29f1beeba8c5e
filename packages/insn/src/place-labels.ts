import { nearestNames } from '@tscc/core'
import { insnSlots, rowOf } from './find-row.ts'
import type { AsmItem, Insn, Jump, LabelledInsn } from './insn.ts'
import { insnErrors } from './insn-errors.ts'
import type { Cpu, IsaRow } from './isa-table.ts'
import { checkFields } from './operand-codec.ts'
import { oppositeJump } from './opposite-jump.ts'

const cpuOrder: readonly Cpu[] = ['v1', 'v2', 'v3', 'v4']
const s16 = { min: -0x8000, max: 0x7fff } as const
const s32 = { min: -0x8000_0000, max: 0x7fff_ffff } as const

type BranchItem = Extract<Insn | LabelledInsn, { readonly target: unknown }>
const isBranch = (item: AsmItem): item is BranchItem => 'target' in item
/** Only these have 16 bits for the distance. */
const isShort = (item: BranchItem): boolean => item.kind === 'jump' || item.kind === 'ja' || item.kind === 'mayGoto'

/**
 * Resolve labels to distances, in place of the items that named them.
 *
 * A jump beyond 16 bits takes its long form: `goto` becomes `gotol`, a condition jumps around a `gotol`. Numeric
 * targets keep the instruction they meant when that moves others. `cpu` (default: the newest) bounds every instruction;
 * below v4 a far jump is `insn/jump-too-far`.
 */
export function placeLabels(items: readonly AsmItem[], options: { readonly cpu?: Cpu } = {}): readonly Insn[] {
  const cpu = options.cpu ?? 'v4'
  const level = cpuOrder.indexOf(cpu)
  // A label's row is never asked for.
  const rows = items.map((item, index) => (item.kind === 'label' ? undefined : rowOf(item, index)))
  for (const [index, row] of cpu === 'v4' ? [] : rows.entries()) {
    if (row === undefined) continue
    if (cpuOrder.indexOf(row.cpu) > level || row.feature !== undefined)
      throw insnErrors.make('cpu', { index, insn: row.name, needs: row.feature ?? row.cpu, cpu })
  }
  const long = new Set<number>()

  // Widening only ever moves targets apart, so this ends after at most one round for each jump.
  let starts = slotStarts(items, long)
  const targets = resolveTargets(items, starts)
  for (;;) {
    let grown = false
    for (const [index, target] of targets) {
      const item = items[index]
      if (item === undefined || !isBranch(item) || !isShort(item) || long.has(index)) continue
      const distance = (starts[target] ?? 0) - (starts[index] ?? 0) - 1
      if (distance >= s16.min && distance <= s16.max) continue
      if (cpu !== 'v4') throw insnErrors.make('jump-too-far', { index, target: item.target, distance, ...s16 })
      long.add(index)
      grown = true
    }
    if (!grown) return emit(items, rows, targets, long, starts)
    starts = slotStarts(items, long)
  }
}

/** The item index that each branch goes to; a numeric target outside the items is left as it is. */
function resolveTargets(items: readonly AsmItem[], starts: Int32Array): ReadonlyMap<number, number> {
  const labels = new Map<string, number>()
  for (let index = 0; index < items.length; index++) {
    const item = items[index]
    if (item?.kind !== 'label') continue
    if (labels.has(item.name)) throw insnErrors.make('duplicate-label', { index, label: item.name })
    labels.set(item.name, index)
  }
  let itemAt: ReadonlyMap<number, number> | undefined
  const targets = new Map<number, number>()
  for (let index = 0; index < items.length; index++) {
    const item = items[index]
    if (item === undefined || !isBranch(item)) continue
    let target: number | undefined
    if (typeof item.target === 'string') target = labels.get(item.target)
    else {
      // Labels share the slot of what follows; any of them will do, since all move together.
      itemAt ??= new Map(Array.from(starts, (start, at) => [start, at]))
      target = itemAt.get((starts[index] ?? 0) + 1 + item.target)
    }
    if (target !== undefined) targets.set(index, target)
    else if (typeof item.target === 'string')
      throw insnErrors.make('unknown-label', {
        index,
        label: item.target,
        nearest: nearestNames(item.target, labels.keys()),
      })
  }
  return targets
}

/** The slot at which each item starts, and after them the end. */
function slotStarts(items: readonly AsmItem[], long: ReadonlySet<number>): Int32Array {
  const starts = new Int32Array(items.length + 1)
  let slot = 0
  for (let index = 0; index < items.length; index++) {
    const item = items[index]
    if (item === undefined) continue
    starts[index] = slot
    slot += long.has(index) ? longSlots(item) : insnSlots(item)
  }
  starts[items.length] = slot
  return starts
}

function longSlots(item: AsmItem): number {
  if (item.kind === 'jump') return oppositeJump(item.op) === undefined ? 3 : 2
  return item.kind === 'mayGoto' ? 3 : 1
}

function emit(
  items: readonly AsmItem[],
  rows: readonly (IsaRow | undefined)[],
  targets: ReadonlyMap<number, number>,
  long: ReadonlySet<number>,
  starts: Int32Array,
): readonly Insn[] {
  const insns: Insn[] = []
  for (let index = 0; index < items.length; index++) {
    const [item, row] = [items[index], rows[index]]
    if (item === undefined || item.kind === 'label' || row === undefined) continue
    if (!isBranch(item)) {
      insns.push(checkFields(row, item, index))
      continue
    }
    const target = targets.get(index)
    const start = starts[index] ?? 0
    // A string target always resolved above, so what is left unresolved is a number.
    const distance = target === undefined ? Number(item.target) : (starts[target] ?? 0) - start - 1
    if (long.has(index)) insns.push(...longForm(item, distance))
    else {
      if (!isShort(item) && (distance < s32.min || distance > s32.max))
        throw insnErrors.make('jump-too-far', { index, target: item.target, distance, ...s32 })
      insns.push(checkFields(row, withTarget(item, distance), index))
    }
  }
  return insns
}

function withTarget(item: BranchItem, target: number): Insn {
  if (item.kind !== 'jump') return { ...item, target }
  // Most are of this kind; written out, since spreading is slow.
  return { kind: 'jump', width: item.width, op: item.op, dst: item.dst, src: item.src, target }
}

/**
 *     if !cond goto +1        if cond goto +1 (jset, may_goto)
 *     gotol target            goto +1
 *                             gotol target
 */
function longForm(item: BranchItem, distance: number): readonly Insn[] {
  const last: Insn = { kind: 'ja32', target: distance - (longSlots(item) - 1) }
  if (item.kind === 'ja') return [last]
  const opposite = item.kind === 'jump' ? oppositeJump(item.op) : undefined
  if (item.kind === 'jump' && opposite !== undefined) {
    const around: Jump = { ...item, op: opposite, target: 1 }
    return [around, last]
  }
  const taken: Insn = { ...item, target: 1 }
  return [taken, { kind: 'ja', target: 1 }, last]
}
