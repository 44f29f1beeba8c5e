import { buildInsn } from './build-insn.ts'
import type { AsmItem, Insn } from './insn.ts'
import { insnErrors } from './insn-errors.ts'
import { type Cpu, type IsaRow, isaTable, type OperandType } from './isa-table.ts'
import { type FieldValue, operandsOf } from './operand-codec.ts'
import { placeLabels } from './place-labels.ts'
import { type TemplatePart, type Token, templateParts, tokensOf } from './text-template.ts'

/** The longest row has 21 tokens. */
const maxTokens = 32
/** `0x` and 16 digits, or 20 decimal digits, and a sign. */
const maxNumber = 21

/** A row's text as the assembler compares it: what each token must be, or which operand it carries. */
interface Pattern {
  readonly row: IsaRow
  readonly slots: readonly (Token | Extract<TemplatePart, { readonly prop: string }>)[]
}

// Lines are found by shape, not tried one row after another: registers, numbers and label names are wild, the rest is literal.
const tokenShape = (token: Token): string =>
  token.kind === 'register' ? '%r' : token.kind === 'subregister' ? '%w' : token.kind === 'number' ? '%n' : token.text
const operandShape = (row: IsaRow, part: Extract<TemplatePart, { readonly prop: string }>): string => {
  if (part.format === 'label') return '%l'
  if (part.format === 'w') return '%w'
  const type = operandType(row, part.prop)
  return type === 'register' || type === 'writable' ? '%r' : '%n'
}

function operandType(row: IsaRow, prop: string): OperandType | undefined {
  return operandsOf(row).find((operand) => operand.prop === prop)?.type
}

function patternsOf(row: IsaRow): readonly (readonly [string, Pattern])[] {
  const texts = [row.text, row.brief?.text, row.alu32, ...(row.reads ?? [])]
  return [...new Set(texts.filter((text) => text !== undefined))].map((text) => {
    const slots = templateParts(text).flatMap((part): Pattern['slots'] =>
      part.literal === undefined ? [part] : (tokensOf(part.literal, maxTokens) ?? []),
    )
    const shape = slots.map((slot) => ('prop' in slot ? operandShape(row, slot) : tokenShape(slot))).join(' ')
    return [shape, { row, slots }]
  })
}

/** Every pattern by its shape; made at the first use, so that importing the package does not pay for it. */
function groupPatterns(): ReadonlyMap<string, readonly Pattern[]> {
  const grouped = new Map<string, Pattern[]>()
  for (const [shape, pattern] of isaTable.flatMap(patternsOf)) {
    const group = grouped.get(shape)
    if (group === undefined) grouped.set(shape, [pattern])
    else group.push(pattern)
  }
  return grouped
}
const patternsByShape = once(groupPatterns)

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/**
 * Text to instructions: what `disassemble` writes, llvm-objdump's and the verifier's lines (numbers, opcode in
 * parentheses, `<symbol>` notes), plus `name:` labels, `goto name`, and comments after `;`, `//` or a free-standing `#`.
 * Errors are `insn/syntax`, or `insn/bad-line` with the finding as cause.
 */
export function assemble(text: string, options: { readonly cpu?: Cpu } = {}): readonly Insn[] {
  const items: AsmItem[] = []
  const lines: number[] = []
  const sources = text.split(/\r\n|\n|\r/)
  for (const [index, source] of sources.entries()) {
    for (const item of parseLine(source, index + 1)) {
      items.push(item)
      lines.push(index + 1)
    }
  }
  try {
    return placeLabels(items, options)
  } catch (error) {
    if (!insnErrors.is(error)) throw error
    const { index = 0 } = error.context as { readonly index?: number } // every error of placeLabels names its item
    const line = lines[index] ?? 0
    throw insnErrors.make('bad-line', { line, text: sources[line - 1]?.trim() ?? '', why: error.message }, error)
  }
}

const labelName = /^\s*([A-Za-z_.$][\w.$]*):/
/** `12: (b7) ` of a verifier log or an objdump line. */
const prefix = /^\s*(?:\d+:)?\s*(?:\(([0-9a-f]{2})\))?/
/** What objdump writes between instructions: file, section and symbol headings. */
const heading = /^(?:[0-9a-f]{8,16} <[^<>]*>:|Disassembly of section .*:|.*:\s+file format \S+)$/

function parseLine(source: string, line: number): readonly AsmItem[] {
  const items: AsmItem[] = []
  let rest = withoutComment(source)
  if (heading.test(rest)) return items
  for (let match = labelName.exec(rest); match !== null; match = labelName.exec(rest)) {
    items.push({ kind: 'label', name: match[1] ?? '' })
    rest = rest.slice(match[0].length)
  }
  const [start = '', opcode] = prefix.exec(rest) ?? []
  rest = rest
    .slice(start.length)
    .replace(/\s<[^<>\s]*>$/, '')
    .trim()
  if (rest !== '') items.push(parseInsn(rest, line, opcode === undefined ? undefined : Number.parseInt(opcode, 16)))
  return items
}

function withoutComment(source: string): string {
  const at = source.search(/;|\/\/|(?<=^|\s)#/)
  return (at < 0 ? source : source.slice(0, at)).trim()
}

/** With an opcode, only its rows count: the verifier prints `(18) r1 = 0x5` for what llvm-objdump ends in ` ll`. */
function parseInsn(text: string, line: number, opcode: number | undefined): AsmItem {
  const tokens = tokensOf(text, maxTokens)
  if (tokens === undefined) throw insnErrors.make('syntax', { line, text: `${text.slice(0, 80)}…` })
  for (const shape of shapesOf(tokens)) {
    for (const pattern of patternsByShape().get(shape) ?? []) {
      if (opcode !== undefined && opcode !== pattern.row.code) continue
      const fields = match(pattern, tokens)
      if (fields === undefined) continue
      try {
        return buildInsn(fields as Insn) // the row's own properties and operands; buildInsn checks each value
      } catch (error) {
        if (!insnErrors.is(error)) throw error
        throw insnErrors.make('bad-line', { line, text, why: error.message }, error)
      }
    }
  }
  throw insnErrors.make('syntax', { line, text })
}

/** The line's own shape, then that with each word in turn read as a label. */
function shapesOf(tokens: readonly Token[]): readonly string[] {
  const shapes = tokens.map(tokenShape)
  const labelled = tokens.flatMap((token, index) => (token.kind === 'word' ? [shapes.with(index, '%l').join(' ')] : []))
  return [shapes.join(' '), ...labelled.reverse()]
}

/** The instruction's fields, or undefined where a token differs from what the pattern fixes. */
function match(pattern: Pattern, tokens: readonly Token[]): Record<string, FieldValue> | undefined {
  const fields: Record<string, FieldValue> = { ...pattern.row.insn }
  for (const [index, slot] of pattern.slots.entries()) {
    const token = tokens[index]
    if (token === undefined) return undefined
    if (!('prop' in slot)) {
      if (slot.text !== token.text) return undefined
      continue
    }
    const value = readOperand(pattern.row, slot, token.text)
    const seen = fields[slot.prop]
    if (value === undefined || (seen !== undefined && seen !== value)) return undefined
    fields[slot.prop] = value
  }
  for (const operand of operandsOf(pattern.row)) fields[operand.prop] ??= 0
  return fields
}

function readOperand(
  row: IsaRow,
  part: Extract<TemplatePart, { readonly prop: string }>,
  text: string,
): FieldValue | undefined {
  const type = operandType(row, part.prop)
  if (part.format === 'label') return text
  if (part.format === 'w') return text.replace('w', 'r')
  if (type === 'register' || type === 'writable') return text
  if (text.length > maxNumber) return undefined
  const signed = text.startsWith('+') || text.startsWith('-')
  if ((part.format === 'offset' || part.format === 'jump') && !signed) return undefined
  const magnitude = BigInt(signed ? text.slice(1) : text)
  const value = text.startsWith('-') ? -magnitude : magnitude
  if (type === 'lo64') return value
  // The verifier prints the immediate of a condition as 8 digits of unsigned hex.
  if (part.format === 'condition' && /^0[xX][89a-fA-F][0-9a-fA-F]{7}$/.test(text))
    return Number(BigInt.asIntN(32, value))
  return Number(value)
}
