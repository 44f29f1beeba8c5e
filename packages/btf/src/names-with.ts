import type { Btf } from './btf.ts'

/**
 * Every name (of types, members, enumerators, parameters) that has `part` in it, in the order of the string section; in a
 * split BTF those of its own section. `part` is ASCII.
 */
export function namesWith(btf: Btf, part: string): readonly string[] {
  const { bytes } = btf.state.strings
  // A byte is a character, so that places in the text are places in the section; searching is the platform's.
  const text = new TextDecoder('latin1').decode(bytes)
  const found: string[] = []
  for (let at = text.indexOf(part); at >= 0; ) {
    const start = text.lastIndexOf('\0', at) + 1
    const next = text.indexOf('\0', at)
    const end = next < 0 ? text.length : next
    found.push(decoder.decode(bytes.subarray(start, end)))
    at = text.indexOf(part, end)
  }
  return found
}

const decoder = new TextDecoder()
