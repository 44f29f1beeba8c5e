import { decode, encode, insnSlots, isaTable, rowOf } from '@tscc/insn'
import { describe, expect, test } from 'vitest'
import { vectors } from './rfc9669-vectors.ts'

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** The same instruction for a big-endian machine: nibbles swap, each field is reversed. */
function bigEndian(little: string): string {
  const bytes = Buffer.from(little, 'hex')
  for (let at = 0; at < bytes.length; at += 8) {
    const registers = bytes.readUInt8(at + 1)
    bytes.writeUInt8(((registers & 15) << 4) | (registers >> 4), at + 1)
    bytes.subarray(at + 2, at + 4).reverse()
    bytes.subarray(at + 4, at + 8).reverse()
  }
  return bytes.toString('hex')
}

test('every row of the table has a vector, and names are unique', () => {
  const names = isaTable.map((row) => row.name)
  expect(new Set(names).size).toBe(names.length)
  expect(vectors.map(([row]) => row).sort()).toEqual([...names].sort())
})

describe.each(vectors)('%s', (name, insn, hex) => {
  const bytes = Buffer.from(hex, 'hex')

  test('constructor to bytes', () => {
    expect(rowOf(insn).name).toBe(name)
    expect(hexOf(encode([insn]))).toBe(hex)
    expect(insnSlots(insn) * 8).toBe(bytes.length)
  })

  test('bytes to constructor, and bytes to bytes', () => {
    expect(decode(bytes)).toEqual([insn])
    expect(hexOf(encode(decode(bytes)))).toBe(hex)
  })

  test('big endian', () => {
    expect(hexOf(encode([insn], { endian: 'big' }))).toBe(bigEndian(hex))
    expect(decode(Buffer.from(bigEndian(hex), 'hex'), { endian: 'big' })).toEqual([insn])
  })
})
