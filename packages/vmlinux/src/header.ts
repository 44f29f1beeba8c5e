import { HEADER_BTF_BASE64 } from './generated/header-btf.ts'

export { availability } from './generated/availability.ts'
export { tcpConstants, tcpRoots } from './generated/roots.ts'

/**
 * The TCP part of Linux as one BTF: a struct has every member that any kernel of the matrix has, with the newest one's
 * types. Names, types and widths are the kernels'; offsets and ids are its own, so what is compiled against it must be linked
 * to a kernel.
 */
export function headerBtf(): Uint8Array {
  // Node's own decoder is by far faster than a loop; a browser has none.
  const { Buffer } = globalThis as { readonly Buffer?: Base64Decoder } // as Node declares it
  if (Buffer !== undefined) return new Uint8Array(Buffer.from(HEADER_BTF_BASE64, 'base64'))
  const text = atob(HEADER_BTF_BASE64)
  const bytes = new Uint8Array(text.length)
  // A loop: Uint8Array.from takes ten times as long.
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}

interface Base64Decoder {
  from(text: string, encoding: 'base64'): Uint8Array
}
