import type { Endian } from '@tscc/insn'

/** The bytes of `.text` of a 64-bit ELF relocatable file, and its byte order: just enough for the fixtures. */
export function textSection(file: Uint8Array): { readonly bytes: Uint8Array; readonly endian: Endian } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const little = file[5] === 1
  const headers = Number(view.getBigUint64(0x28, little))
  const header = (index: number) => headers + index * view.getUint16(0x3a, little)
  const span = (index: number) => {
    const start = Number(view.getBigUint64(header(index) + 24, little))
    return file.subarray(start, start + Number(view.getBigUint64(header(index) + 32, little)))
  }
  const names = span(view.getUint16(0x3e, little))
  for (let index = 0; index < view.getUint16(0x3c, little); index++) {
    const from = names.subarray(view.getUint32(header(index), little))
    if (new TextDecoder().decode(from.subarray(0, from.indexOf(0))) === '.text')
      return { bytes: span(index), endian: little ? 'little' : 'big' }
  }
  throw new Error('no .text section')
}
