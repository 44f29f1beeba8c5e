import { byteWriter, isAscii } from '@tscc/core'
import { objectErrors } from '../object-errors.ts'

/** BTF whose strings `.BTF.ext` may refer to. */
export interface BtfStrings {
  /** Offset of a string in the BTF's string section, where it is put unless it is there already. */
  add(text: string): number
  /** The BTF: the very bytes given where nothing had to be added. */
  finish(): Uint8Array
}

const encoder = new TextEncoder()

/**
 * The strings of raw BTF, open for more: types stay as they are, new strings go to the end. The string section is moved
 * behind everything else where it does not lie there.
 *
 *     offset  4        16       20        header fields that change; offsets count from the end of the header
 *             hdr_len  str_off  str_len
 */
export function btfStrings(btf: Uint8Array, littleEndian: boolean): BtfStrings {
  const view = new DataView(btf.buffer, btf.byteOffset, btf.byteLength)
  if (btf.length < 24) throw objectErrors.make('bad-object', { what: 'btf', why: `has only ${btf.length} bytes` })
  const headerLength = view.getUint32(4, littleEndian)
  const start = headerLength + view.getUint32(16, littleEndian)
  const length = view.getUint32(20, littleEndian)
  if (start + length > btf.length)
    throw objectErrors.make('bad-object', { what: 'btf', why: `its strings end at ${start + length} of ${btf.length}` })
  const old = btf.subarray(start, start + length)
  const find = finder(old)
  const offsets = new Map([['', 0]])
  const more = byteWriter({ path: 'btf.strings' })
  return {
    add(text) {
      const known = offsets.get(text)
      if (known !== undefined) return known
      if (text.includes('\0')) throw objectErrors.make('bad-object', { what: `'${text}'`, why: 'has a zero byte' })
      const there = find(text)
      const offset = there < 0 ? length + more.length : there
      offsets.set(text, offset)
      if (there < 0) more.cstring(text)
      return offset
    },
    finish() {
      if (more.length === 0) return btf
      const last = start + length === btf.length
      const at = last ? start : btf.length
      const out = byteWriter({ littleEndian, path: 'btf', capacity: btf.length + length + more.length })
      out.put(btf.subarray(0, at))
      out.put(old)
      out.put(more.finish())
      out.patchU32(16, at - headerLength, 'str_off')
      out.patchU32(20, length + more.length, 'str_len')
      return out.finish()
    },
  }
}

/** How many are looked for before a table of all is made: an object asks for many, who adds to a kernel's types for few. */
const FEW = 16

/** Finds whole strings of a section; of equal ones, the first. */
function finder(section: Uint8Array): (text: string) => number {
  // A byte is a character, so that places in the text are places in the section.
  const characters = new TextDecoder('latin1').decode(section)
  let asked = 0
  let table: ReadonlyMap<string, number> | undefined
  return (text) => {
    const wanted = isAscii(text) ? text : Array.from(encoder.encode(text), (byte) => String.fromCharCode(byte)).join('')
    asked++
    if (asked > FEW) table ??= tableOf(characters)
    if (table !== undefined) return table.get(wanted) ?? -1
    const at = characters.indexOf(`\0${wanted}\0`)
    return at < 0 ? -1 : at + 1
  }
}

/** Where each string begins that has an end, and something before it. */
function tableOf(characters: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>()
  let start = characters.indexOf('\0') + 1
  for (let end = characters.indexOf('\0', start); end >= 0; end = characters.indexOf('\0', start)) {
    const text = characters.slice(start, end)
    if (!found.has(text)) found.set(text, start)
    start = end + 1
  }
  return found
}
