import { btfErrors } from './btf-errors.ts'
import { kindNumber } from './kinds.ts'
import type { BtfLinkage, BtfMember, BtfType } from './types.ts'

/** A type as it goes into the type section, but for its own name. */
export interface TypeRecord {
  readonly kind: number
  readonly flag: boolean
  readonly vlen: number
  /** Everything behind the info word, unsigned; not range-checked yet. */
  readonly words: readonly number[]
}

/** Store a string and give its offset; `field` names it in errors. */
export type AddString = (text: string, field: string) => number

const LINKAGE: Readonly<Record<BtfLinkage, number>> = { static: 0, global: 1, extern: 2 }

/** The inverse of `typeOf`'s decoding. */
export function typeRecord(type: BtfType, field: string, add: AddString): TypeRecord {
  const kind = type.kind === 'void' || type.kind === 'unknown' ? 0 : kindNumber(type.kind)
  const plain = (...words: readonly number[]): TypeRecord => ({ kind, flag: false, vlen: 0, words })
  switch (type.kind) {
    case 'void':
      throw btfErrors.make('unsupported', { field, found: 0, want: 'a type: void is id 0 and not written' })
    case 'unknown':
      return { kind: type.kindNumber, flag: type.kindFlag, vlen: type.vlen, words: type.words }
    case 'int': {
      check(field, 'bits', type.bits, 0, 0xff)
      check(field, 'bitOffset', type.bitOffset, 0, 0xff)
      const encoding = (type.signed ? 1 : 0) | (type.char ? 2 : 0) | (type.bool ? 4 : 0)
      return plain(type.size, ((encoding << 24) | (type.bitOffset << 16) | type.bits) >>> 0)
    }
    case 'ptr':
    case 'typedef':
    case 'volatile':
    case 'const':
    case 'restrict':
      return plain(type.typeId)
    case 'array':
      return plain(0, type.typeId, type.indexTypeId, type.length)
    case 'struct':
    case 'union': {
      const flag = type.members.some((member) => member.bitSize !== 0)
      const words = type.members.flatMap((member, i) => [
        add(member.name, `${field}.members[${i}].name`),
        member.typeId,
        memberOffset(member, flag, `${field}.members[${i}]`),
      ])
      return { kind, flag, vlen: type.members.length, words: [type.size, ...words] }
    }
    case 'enum': {
      const words = type.values.flatMap(({ name, value }, i) => {
        const at = `${field}.values[${i}]`
        if (type.signed) check(at, 'value', value, -0x8000_0000, 0x7fff_ffff)
        else check(at, 'value', value, 0, 0xffff_ffff)
        return [add(name, `${at}.name`), value >>> 0]
      })
      return { kind, flag: type.signed, vlen: type.values.length, words: [type.size, ...words] }
    }
    case 'enum64': {
      const words = type.values.flatMap(({ name, value }, i) => {
        const at = `${field}.values[${i}]`
        const [min, max] = type.signed ? [-(2n ** 63n), 2n ** 63n - 1n] : [0n, 2n ** 64n - 1n]
        if (value < min || value > max) throw btfErrors.make('out-of-range', { field: at, value, min, max })
        const bits = BigInt.asUintN(64, value)
        return [add(name, `${at}.name`), Number(bits & 0xffff_ffffn), Number(bits >> 32n)]
      })
      return { kind, flag: type.signed, vlen: type.values.length, words: [type.size, ...words] }
    }
    case 'fwd':
      return { ...plain(0), flag: type.of === 'union' }
    case 'func':
      return { kind, flag: false, vlen: LINKAGE[type.linkage], words: [type.typeId] }
    case 'func_proto': {
      const words = type.params.flatMap(({ name, typeId }, i) => [add(name, `${field}.params[${i}].name`), typeId])
      return { kind, flag: false, vlen: type.params.length, words: [type.returnTypeId, ...words] }
    }
    case 'var':
      return plain(type.typeId, LINKAGE[type.linkage])
    case 'datasec': {
      const words = type.vars.flatMap(({ typeId, offset, size }) => [typeId, offset, size])
      return { kind, flag: false, vlen: type.vars.length, words: [type.size, ...words] }
    }
    case 'float':
      return plain(type.size)
    case 'decl_tag':
      check(field, 'component', type.component, -1, 0x7fff_ffff)
      return { ...plain(type.typeId, type.component >>> 0), flag: type.attribute }
    case 'type_tag':
      return { ...plain(type.typeId), flag: type.attribute }
  }
}

/** With kind_flag: bitfield size above 24 bits of offset. */
function memberOffset(member: BtfMember, flag: boolean, field: string): number {
  check(field, 'bitOffset', member.bitOffset, 0, flag ? 0xff_ffff : 0xffff_ffff)
  check(field, 'bitSize', member.bitSize, 0, 0xff)
  return flag ? ((member.bitSize << 24) | member.bitOffset) >>> 0 : member.bitOffset
}

function check(field: string, name: string, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max)
    throw btfErrors.make('out-of-range', { field: `${field}.${name}`, value, min, max })
}
