import { helperTable } from '@tscc/bpf/helpers'
import { decode, disassemble, insnSlots } from '@tscc/insn'
import { type BpfObject, type ObjectFunction, relocationTexts } from '@tscc/object'
import { inColumns } from '../output/columns.ts'
import { printable } from '../output/printable.ts'

/** An object's instructions as text that `tscc asm` reads back: source lines above, what linking will write beside. */
export function objectListing(object: BpfObject): string {
  return object.functions.map((f) => functionListing(object, f)).join('\n\n')
}

const helperName = (id: number): string | undefined => helperTable.find((row) => row.id === id)?.name

function functionListing(object: BpfObject, f: ObjectFunction): string {
  const insns = decode(f.code, { endian: object.endian })
  const texts = relocationTexts(object, f)
  const lines = new Map(f.lines.map((line) => [line.at, line]))
  let slot = 0
  const slots = insns.map((insn) => {
    const at = slot
    slot += insnSlots(insn)
    return at
  })
  const listed = inColumns(
    disassemble(insns, {
      numbers: true,
      annotate: (index) => texts.get(slots[index] ?? 0),
      callName: (insn) => (insn.kind === 'callHelper' ? helperName(insn.helper) : undefined),
    }),
  ).split('\n')
  // Labels have lines of their own; instructions begin with their slot.
  const shown = { line: '' }
  const out = listed.flatMap((text) => {
    const at = /^\s*(\d+):/.exec(text)?.[1]
    const line = at === undefined ? undefined : lines.get(Number(at))
    const source = line === undefined ? undefined : `; ${line.file}:${line.line}: ${line.text.trim()}`
    if (source === undefined || source === shown.line) return [text]
    shown.line = source
    return [source, text]
  })
  const heading = `; ${f.name}, ${f.section} (${insns.length} instructions)`
  return printable([heading, ...out].join('\n'))
}
