import { helperTable } from '@tscc/bpf/helpers'
import { decode, insnSlots, insnText } from '@tscc/insn'
import { type BpfObject, type ObjectFunction, relocationTexts } from '@tscc/object'

/** A function's instructions. */
export interface Listing {
  readonly name: string
  readonly section: string
  readonly lines: readonly ListedLine[]
}

/** A line of a listing: source, or one instruction. */
export type ListedLine =
  | { readonly kind: 'source'; readonly line: number; readonly text: string }
  | {
      readonly kind: 'insn'
      /** Counted in 8 bytes, as the verifier does. */
      readonly slot: number
      readonly text: string
      /** What linking will write here, or the helper that is called. */
      readonly note: string
    }

/** An object's instructions before it is linked, with the source lines that they come from. */
export function listingsOf(object: BpfObject): readonly Listing[] {
  return object.functions.map((f) => ({ name: f.name, section: f.section, lines: linesOf(object, f) }))
}

function linesOf(object: BpfObject, f: ObjectFunction): readonly ListedLine[] {
  const notes = relocationTexts(object, f)
  const sources = new Map(f.lines.map((line) => [line.at, line]))
  const lines: ListedLine[] = []
  let slot = 0
  let shown = ''
  for (const insn of decode(f.code, { endian: object.endian })) {
    const source = sources.get(slot)
    if (source !== undefined && `${source.line}` !== shown) {
      shown = `${source.line}`
      lines.push({ kind: 'source', line: source.line, text: source.text.trim() })
    }
    const helper = insn.kind === 'callHelper' ? helperTable.find(({ id }) => id === insn.helper)?.name : undefined
    lines.push({ kind: 'insn', slot, text: insnText(insn), note: notes.get(slot) ?? helper ?? '' })
    slot += insnSlots(insn)
  }
  return lines
}
