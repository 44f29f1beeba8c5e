// Functions in text, and what they are pruned to.
import { assemble, decode, disassemble, type Endian, encode, insnSlots } from '@tscc/insn'
import type { CoreKind, ObjectFunction, Relocation } from '@tscc/object'
import type { Known } from '../src/link/prune/known.ts'
import { type PruneContext, pruneFunction } from '../src/link/prune/prune-function.ts'

/** What may stand behind an instruction: what a CO-RE relocation wrote into it. */
const marks: Readonly<Record<string, CoreKind>> = {
  offset: 'field_byte_offset',
  left: 'field_lshift_u64',
  right: 'field_rshift_u64',
}

/** A function in text, a line each; `@` and a word behind an instruction is a mark, or the extern that it refers to. */
export function functionOf(text: string, endian: Endian = 'little'): ObjectFunction {
  const rows = text
    .split('\n')
    .map((row) => row.trim())
    .filter((row) => row !== '')
  const insns = assemble(rows.map((row) => row.replace(/ *@.*/, '')).join('\n'))
  const words = rows.filter((row) => !row.endsWith(':')).map((row) => /@(\w+)/.exec(row)?.[1])
  let at = 0
  const coreRelocations: ObjectFunction['coreRelocations'][number][] = []
  const relocations: Relocation[] = []
  const lines: ObjectFunction['lines'][number][] = []
  for (const [i, insn] of insns.entries()) {
    const word = words[i]
    const kind = word === undefined ? undefined : marks[word]
    if (kind !== undefined) coreRelocations.push({ at, kind, typeId: 1, access: '0:0' })
    else if (word !== undefined) relocations.push({ kind: 'extern', at, extern: Number(word.slice(1)) })
    lines.push({ at, file: 'f', text: disassemble([insn]).trim(), line: i + 1, column: 0 })
    at += insnSlots(insn)
  }
  return {
    name: 'f',
    section: 'socket',
    linkage: 'global',
    hidden: false,
    code: encode(insns, { endian }),
    relocations,
    coreRelocations,
    lines,
    prunable: true,
  }
}

/** What pruning is told, where that differs from nothing. */
export interface More {
  readonly endian?: Endian
  readonly loads?: readonly Known[]
  readonly parameters?: number
  readonly isVoid?: boolean
}

/** The context of a test. */
export const contextOf = ({ endian = 'little', loads = [], parameters = 5, isVoid = false }: More): PruneContext => ({
  endian,
  references: { loads: (extern) => loads[extern], mapValue: () => undefined, parameters: () => parameters },
  isVoid,
})

/** A function's code as lines of text. */
export const textOf = ({ code }: ObjectFunction, endian: Endian = 'little'): readonly string[] =>
  disassemble(decode(code, { endian })).trim().split('\n')

/** What a function in text is pruned to. */
export const pruned = (text: string, more: More = {}): readonly string[] =>
  textOf(pruneFunction(functionOf(text, more.endian), contextOf(more)), more.endian)

/** Lines of a text. */
export const rows = (text: string): readonly string[] =>
  text
    .trim()
    .split('\n')
    .map((row) => row.trim())
