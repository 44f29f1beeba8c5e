import { availability } from './generated/availability.ts'
import { HEADER_BTF_BASE64 } from './generated/header-btf.ts'
import { PARTS } from './generated/parts.ts'

export { tcpConstants, tcpRoots } from './generated/roots.ts'
export { availability }

/** Struct_ops types besides congestion control that have a header of their own, and are subpaths: `@tscc/vmlinux/Qdisc_ops`. */
export const headerParts: readonly string[] = Object.keys(PARTS)

/**
 * A part of Linux as one BTF, by default that of TCP: a struct has every member that any kernel of the matrix has, with the
 * newest one's types. Names, types and widths are the kernels'; offsets and ids are its own, so what is compiled against it must
 * be linked to a kernel. `part` is one of {@link headerParts}; a RangeError for others.
 */
export function headerBtf(part?: string): Uint8Array {
  const base64 = part === undefined ? HEADER_BTF_BASE64 : partNamed(part).base64
  // Node's own decoder is by far faster than a loop; a browser has none.
  const { Buffer } = globalThis as { readonly Buffer?: Base64Decoder } // as Node declares it
  if (Buffer !== undefined) return new Uint8Array(Buffer.from(base64, 'base64'))
  const text = atob(base64)
  const bytes = new Uint8Array(text.length)
  // A loop: Uint8Array.from takes ten times as long.
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}

/** What some kernels lack of a part, and the versions that have it: of those kernels that have its struct_ops type. */
export const partAvailability = (part: string): Readonly<Record<string, string>> => partNamed(part).availability

function partNamed(part: string): (typeof PARTS)[string] {
  const found = Object.hasOwn(PARTS, part) ? PARTS[part] : undefined
  if (found === undefined) throw new RangeError(`${part}: no such part, there are ${headerParts.join(', ')}`)
  return found
}

interface Base64Decoder {
  from(text: string, encoding: 'base64'): Uint8Array
}
