import { insnSlots, rowOf } from './find-row.ts'
import type { Insn } from './insn.ts'
import type { IsaRow } from './isa-table.ts'
import { checkFields, type Fields, type FieldValue } from './operand-codec.ts'
import { type TemplatePart, templateParts } from './text-template.ts'

/**
 * Where sub-registers (`w1`) are named: `plain` (the default) only in arithmetic, jumps and fetching atomics, as
 * llvm-objdump does; `alu32` in every access narrower than 64 bits, as llvm-objdump --mattr=+alu32 does.
 */
export type TextStyle = 'plain' | 'alu32'

/** How {@link disassemble} lays out a program. */
export interface DisassembleOptions {
  readonly style?: TextStyle
  /** Start each line with the slot number, as the verifier counts: `12: r0 = 1`. */
  readonly numbers?: boolean
  /** A comment for the end of the line, by instruction index. */
  readonly annotate?: (index: number, insn: Insn) => string | undefined
  /** A name for the callee, shown as a comment. */
  readonly callName?: (
    insn: Extract<Insn, { readonly kind: 'callHelper' | 'callKfunc' | 'callFunc' }>,
  ) => string | undefined
}

interface RowText {
  readonly zero: string | undefined
  readonly brief: readonly TemplatePart[]
  readonly text: readonly TemplatePart[]
  readonly alu32: readonly TemplatePart[]
}
const texts = new WeakMap<IsaRow, RowText>()

function textOf(row: IsaRow): RowText {
  const known = texts.get(row)
  if (known !== undefined) return known
  const made: RowText = {
    zero: row.brief?.zero,
    brief: templateParts(row.brief?.text ?? row.text),
    text: templateParts(row.text),
    alu32: templateParts(row.alu32 ?? row.text),
  }
  texts.set(row, made)
  return made
}

/** One instruction as text, without number or comment. */
export function insnText(insn: Insn, options: { readonly style?: TextStyle } = {}): string {
  const row = rowOf(insn)
  const fields: Fields = checkFields(row, insn)
  const { zero, brief, text, alu32 } = textOf(row)
  const parts = zero !== undefined && fields[zero] === 0 ? brief : options.style === 'alu32' ? alu32 : text
  return parts
    .map((part) => (part.literal === undefined ? shown(part, fields[part.prop] ?? '') : part.literal))
    .join('')
}

function shown(part: Extract<TemplatePart, { readonly prop: string }>, value: FieldValue): string {
  switch (part.format) {
    case 'w':
      return String(value).replace('r', 'w')
    case 'offset':
      return Number(value) < 0 ? `- ${-Number(value)}` : `+ ${value}`
    case 'jump':
      return Number(value) < 0 ? `${value}` : `+${value}`
    default:
      return String(value)
  }
}

/** A program as text, a line for each instruction; `assemble` reads it back, comments and numbers included. */
export function disassemble(insns: readonly Insn[], options: DisassembleOptions = {}): string {
  const last = insns.reduce((sum, insn) => sum + insnSlots(insn), 0) - 1
  const digits = String(last).length
  const lines: string[] = []
  let slot = 0
  for (const [index, insn] of insns.entries()) {
    const number = options.numbers === true ? `${String(slot).padStart(digits)}: ` : ''
    const isCall = insn.kind === 'callHelper' || insn.kind === 'callKfunc' || insn.kind === 'callFunc'
    const notes = [isCall ? options.callName?.(insn) : undefined, options.annotate?.(index, insn)]
    const comment = notes.filter((note) => note !== undefined && note !== '').join('; ')
    const tail = comment === '' ? '' : ` ; ${comment.replaceAll(/[\r\n]+/g, ' ')}`
    lines.push(`${number}${insnText(insn, options)}${tail}`)
    slot += insnSlots(insn)
  }
  return lines.join('\n')
}
