import { byteWriter } from '@tscc/core'
import { objectErrors } from '../object-errors.ts'

/** A string table that grows: equal strings are stored once, in order of first use. */
export interface ElfStrings {
  /** Where the string starts. */
  add(text: string): number
  finish(): Uint8Array
}

/** A new table, or one that goes on where `before` (the bytes of another) ends. */
export function elfStrings(before: Uint8Array = Uint8Array.of(0)): ElfStrings {
  const offsets = new Map([['', 0]])
  const writer = byteWriter({ path: 'strtab' })
  writer.put(before)
  return {
    add(text) {
      const known = offsets.get(text)
      if (known !== undefined) return known
      if (text.includes('\0')) throw objectErrors.make('bad-object', { what: `name '${text}'`, why: 'has a zero byte' })
      const offset = writer.length
      offsets.set(text, offset)
      writer.cstring(text)
      return offset
    },
    finish: () => writer.finish(),
  }
}
