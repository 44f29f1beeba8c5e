import { insnSlots, rowOf } from './find-row.ts'
import type { Insn } from './insn.ts'
import { type Fields, wireOf } from './operand-codec.ts'

/** Byte order of the machine that runs the program; in `big`, the register nibbles swap too (RFC 9669 section 3). */
export type Endian = 'little' | 'big'

/** Instructions to bytes, 8 a slot; the exact inverse of `decode`. Errors name the instruction's index. */
export function encode(insns: readonly Insn[], options: { readonly endian?: Endian } = {}): Uint8Array<ArrayBuffer> {
  const little = options.endian !== 'big'
  let slots = 0
  for (const insn of insns) slots += insnSlots(insn)
  const bytes = new Uint8Array(slots * 8)
  const view = new DataView(bytes.buffer)
  let at = 0
  for (let index = 0; index < insns.length; index++) {
    const insn = insns[index]
    if (insn === undefined) continue
    const row = rowOf(insn, index)
    const fields: Fields = insn
    const dst = wireOf(row, row.wire.dst, fields, index)
    const src = wireOf(row, row.wire.src, fields, index)
    view.setUint8(at, row.code)
    view.setUint8(at + 1, little ? (src << 4) | dst : (dst << 4) | src)
    view.setInt16(at + 2, wireOf(row, row.wire.off, fields, index), little)
    view.setInt32(at + 4, wireOf(row, row.wire.imm, fields, index), little)
    if (row.wire.next !== undefined) {
      view.setInt32(at + 12, wireOf(row, row.wire.next, fields, index), little)
      at += 8
    }
    at += 8
  }
  return bytes
}
