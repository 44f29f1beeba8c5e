import { byteWriter } from '@tscc/core'
import type { Btf } from './btf.ts'
import { assemble } from './build.ts'

/**
 * Write a parsed BTF back, in the same or the other byte order: same records and strings, header of the shortest form.
 * What {@link buildBtf} or the kernel's tools wrote comes back byte for byte. Nothing but byte order is interpreted, so
 * kinds unknown to this package survive.
 */
export function encodeBtf(btf: Btf, options: { readonly littleEndian?: boolean } = {}): Uint8Array {
  const littleEndian = options.littleEndian ?? btf.littleEndian
  const { words } = btf.state.types
  const types = byteWriter({ littleEndian, path: 'btf', capacity: words.length * 4 })
  for (const word of words) types.s32(word, 'types')
  return assemble(types.finish(), btf.state.strings.bytes, littleEndian, layoutOf(btf, littleEndian))
}

/** The layout section: rows of u8, u8, u16, of which only the last has a byte order. */
function layoutOf(btf: Btf, littleEndian: boolean): Uint8Array | undefined {
  const { layout } = btf.state.header
  if (layout.length === 0) return undefined
  const bytes = btf.bytes.slice(layout.at, layout.at + layout.length)
  if (littleEndian !== btf.littleEndian)
    for (let i = 0; i + 3 < bytes.length; i += 4) bytes.subarray(i + 2, i + 4).reverse()
  return bytes
}
