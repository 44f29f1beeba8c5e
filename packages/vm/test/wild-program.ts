import { type Insn, type IsaRow, insnSlots, isaTable, type Operand } from '@tscc/insn'
import type { Random } from './random.ts'

/** Rows that need no map, kfunc or variable; helpers are drawn from those of the machine that take anything. */
const rows = isaTable.filter(
  ({ name }) =>
    !['lddw.mapFd', 'lddw.mapValue', 'lddw.mapIdx', 'lddw.mapIdxValue', 'lddw.btfId', 'call.kfunc'].includes(name),
)
const HELPERS = [5, 7, 8, 118, 181, 4, 113]

function operand(random: Random, { prop, type }: Operand): string | number | bigint {
  switch (type) {
    case 'register':
      return prop === 'base' && random.chance(0.8) ? random.pick(['r10', 'r6', 'r7']) : `r${random.below(11)}`
    case 'writable':
      // r6 and r7 are pointers and mostly stay so
      return `r${random.chance(0.95) ? random.pick([0, 1, 2, 3, 4, 5, 8, 9]) : random.below(10)}`
    case 's16':
      return random.chance(0.9) ? random.below(80) - 48 : random.below(0x10000) - 0x8000
    case 'u32':
      return random.below(2 ** 32)
    case 'lo64':
    case 'hi64':
      return random.wide()
    default:
      return random.s32()
  }
}

/** Pointers where the generator expects them. */
const pointers: readonly Insn[] = [
  { kind: 'alu', width: 64, op: 'mov', dst: 'r6', src: 'r1' },
  { kind: 'alu', width: 64, op: 'mov', dst: 'r7', src: 'r5' },
]

function anyOf(random: Random, row: IsaRow): Insn {
  const insn: Record<string, string | number | bigint> = { ...row.insn }
  for (const field of Object.values(row.wire)) if (typeof field === 'object') insn[field.prop] = operand(random, field)
  if (insn.kind === 'ldAbs' || insn.kind === 'ldInd') insn.imm = random.below(80)
  if (row.name === 'call.helper') insn.helper = random.pick(HELPERS)
  if (insn.kind === 'ldImm64' && insn.source === 'value') insn.value = BigInt.asIntN(64, random.wide())
  return insn as unknown as Insn // the row says which properties there are
}

/** Instructions of all kinds that jump anywhere in their function and access anything: what `checkProgram` lets pass. */
export function wildProgram(random: Random): readonly Insn[] {
  const functions = Array.from({ length: 1 + random.below(3) }, (): readonly Insn[] => {
    const insns = Array.from({ length: 2 + random.below(24) }, () => {
      const row = random.chance(0.35)
        ? random.pick(rows.filter(({ insn }) => insn.kind === 'jump' || insn.kind === 'load' || insn.kind === 'store'))
        : random.pick(rows)
      return row.insn.kind === 'exit' && random.chance(0.8) ? anyOf(random, rows[0] ?? row) : anyOf(random, row)
    })
    return [...pointers, ...insns, { kind: 'exit' }]
  })
  const all: readonly Insn[] = functions.flat()
  const slots: number[] = []
  let next = 0
  for (const insn of all) {
    slots.push(next)
    next += insnSlots(insn)
  }
  const starts = functions.map((_, i) => functions.slice(0, i).reduce((sum, one) => sum + one.length, 0))
  return all.map((insn, index): Insn => {
    const fn = starts.findLastIndex((start) => start <= index)
    const length = functions[fn]?.length ?? 1
    const distance = (target: number): number => (slots[target] ?? 0) - (slots[index] ?? 0) - 1
    switch (insn.kind) {
      case 'ja':
      case 'ja32':
      case 'jump':
      case 'mayGoto':
        return { ...insn, target: distance((starts[fn] ?? 0) + random.below(length)) }
      case 'callFunc':
        return { ...insn, target: distance(random.pick(starts)) }
      case 'ldImm64':
        return insn.source === 'func' ? { ...insn, target: distance(random.pick(starts)) } : insn
      default:
        return insn
    }
  })
}
