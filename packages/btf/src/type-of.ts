import { type Btf, recordOf } from './btf.ts'
import { btfErrors } from './btf-errors.ts'
import { COMMON_WORDS, infoFlag, infoKind, infoVlen, kindRow } from './kinds.ts'
import type { BtfEnumValue, BtfLinkage, BtfMember, BtfType, BtfTypeOf } from './types.ts'

const VOID: BtfType = { kind: 'void', name: '' }
const LINKAGES: readonly BtfLinkage[] = ['static', 'global', 'extern']

/** Decode one type; id 0 is void. The walk has checked that the record lies inside the section. */
export function typeOf(btf: Btf, id: number): BtfType {
  if (id === 0) return VOID
  const { owner, word } = recordOf(btf, id)
  const cached = owner.state.decoded.get(id)
  if (cached !== undefined) return cached
  const type = decode(owner, id, word)
  if (type.kind === 'struct' || type.kind === 'union') owner.state.decoded.set(id, type)
  return type
}

/** Decode a type that must be of one of some kinds. */
export function typeOfKind<Kind extends BtfType['kind']>(
  btf: Btf,
  id: number,
  ...kinds: readonly Kind[]
): BtfTypeOf<Kind> {
  const type = typeOf(btf, id)
  if (!isKind(type, kinds)) throw btfErrors.make('wrong-kind', { id, found: type.kind, want: kinds.join(' or ') })
  return type
}

function isKind<Kind extends BtfType['kind']>(type: BtfType, kinds: readonly Kind[]): type is BtfTypeOf<Kind> {
  return kinds.some((kind) => kind === type.kind)
}

/** A record to decode. */
interface Undecoded {
  readonly btf: Btf
  readonly id: number
  readonly name: string
  /** The words of all records, and where this one starts. */
  readonly words: Int32Array
  readonly start: number
}

const s32 = ({ words, start }: Undecoded, word: number): number => words[start + word] ?? 0
const u32 = (record: Undecoded, word: number): number => s32(record, word) >>> 0
const text = (record: Undecoded, word: number): string => record.btf.state.strings.text(u32(record, word))
const flag = (record: Undecoded): boolean => infoFlag(s32(record, 1))
const vlen = (record: Undecoded): number => infoVlen(s32(record, 1))

function elements<T>(record: Undecoded, width: number, make: (word: number) => T): readonly T[] {
  const made: T[] = []
  for (let i = 0, count = vlen(record); i < count; i++) made.push(make(COMMON_WORDS + i * width))
  return made
}

function decode(btf: Btf, id: number, start: number): BtfType {
  const { words } = btf.state.types
  const number = infoKind(words[start + 1] ?? 0)
  const row = btf.state.decodable[number] === 1 ? kindRow(number) : undefined
  const name = btf.state.strings.text((words[start] ?? 0) >>> 0)
  return decoders[row?.kind ?? 'unknown']({ btf, id, name, words, start })
}

/** One decoder for each kind: a process uses few of them. */
const decoders: Readonly<Record<Exclude<BtfType['kind'], 'void'>, (record: Undecoded) => BtfType>> = {
  unknown: decodeUnknown,
  int: decodeInt,
  ptr: (record) => ({ kind: 'ptr', name: record.name, typeId: u32(record, 2) }),
  typedef: (record) => ({ kind: 'typedef', name: record.name, typeId: u32(record, 2) }),
  volatile: (record) => ({ kind: 'volatile', name: record.name, typeId: u32(record, 2) }),
  const: (record) => ({ kind: 'const', name: record.name, typeId: u32(record, 2) }),
  restrict: (record) => ({ kind: 'restrict', name: record.name, typeId: u32(record, 2) }),
  array: (record) => ({
    kind: 'array',
    name: record.name,
    typeId: u32(record, 3),
    indexTypeId: u32(record, 4),
    length: u32(record, 5),
  }),
  struct: (record) => ({ kind: 'struct', name: record.name, size: u32(record, 2), members: decodeMembers(record) }),
  union: (record) => ({ kind: 'union', name: record.name, size: u32(record, 2), members: decodeMembers(record) }),
  enum: decodeEnum,
  enum64: decodeEnum64,
  fwd: (record) => ({ kind: 'fwd', name: record.name, of: flag(record) ? 'union' : 'struct' }),
  func: (record) => ({
    kind: 'func',
    name: record.name,
    typeId: u32(record, 2),
    linkage: linkage(record, vlen(record)),
  }),
  func_proto: (record) => ({
    kind: 'func_proto',
    name: record.name,
    returnTypeId: u32(record, 2),
    params: elements(record, 2, (word) => ({ name: text(record, word), typeId: u32(record, word + 1) })),
  }),
  var: (record) => ({
    kind: 'var',
    name: record.name,
    typeId: u32(record, 2),
    linkage: linkage(record, u32(record, 3)),
  }),
  datasec: (record) => ({
    kind: 'datasec',
    name: record.name,
    size: u32(record, 2),
    vars: elements(record, 3, (word) => ({
      typeId: u32(record, word),
      offset: u32(record, word + 1),
      size: u32(record, word + 2),
    })),
  }),
  float: (record) => ({ kind: 'float', name: record.name, size: u32(record, 2) }),
  decl_tag: (record) => ({
    kind: 'decl_tag',
    name: record.name,
    typeId: u32(record, 2),
    component: s32(record, 3),
    attribute: flag(record),
  }),
  type_tag: (record) => ({
    kind: 'type_tag',
    name: record.name,
    typeId: u32(record, 2),
    attribute: flag(record),
  }),
}

function decodeUnknown(record: Undecoded): BtfType {
  const { btf, id, name, words, start } = record
  const next = btf.state.types.at(id - btf.firstId + 1)
  const rest = Array.from(words.subarray(start + 2, next < 0 ? words.length : next), (value) => value >>> 0)
  const kindNumber = infoKind(s32(record, 1))
  return { kind: 'unknown', name, kindNumber, kindFlag: flag(record), vlen: vlen(record), words: rest }
}

function decodeInt(record: Undecoded): BtfType {
  const data = u32(record, 3)
  const encoding = (data >>> 24) & 0xf
  return {
    kind: 'int',
    name: record.name,
    size: u32(record, 2),
    bits: data & 0xff,
    bitOffset: (data >>> 16) & 0xff,
    signed: (encoding & 1) !== 0,
    char: (encoding & 2) !== 0,
    bool: (encoding & 4) !== 0,
  }
}

/** With kind_flag an offset word is bit offset (24 bits) and bitfield size (8 bits); without, the bit offset alone. */
function decodeMembers(record: Undecoded): readonly BtfMember[] {
  const packed = flag(record)
  return elements(record, 3, (word) => {
    const place = u32(record, word + 2)
    return {
      name: text(record, word),
      typeId: u32(record, word + 1),
      bitOffset: packed ? place & 0xff_ffff : place,
      bitSize: packed ? place >>> 24 : 0,
    }
  })
}

function decodeEnum(record: Undecoded): BtfType {
  const signed = flag(record)
  const values = elements<BtfEnumValue<number>>(record, 2, (word) => ({
    name: text(record, word),
    value: signed ? s32(record, word + 1) : u32(record, word + 1),
  }))
  return { kind: 'enum', name: record.name, size: u32(record, 2), signed, values }
}

function decodeEnum64(record: Undecoded): BtfType {
  const signed = flag(record)
  const values = elements<BtfEnumValue<bigint>>(record, 3, (word) => {
    const value = (BigInt(u32(record, word + 2)) << 32n) | BigInt(u32(record, word + 1))
    return { name: text(record, word), value: signed ? BigInt.asIntN(64, value) : value }
  })
  return { kind: 'enum64', name: record.name, size: u32(record, 2), signed, values }
}

function linkage({ id }: Undecoded, value: number): BtfLinkage {
  const known = LINKAGES[value]
  if (known === undefined)
    throw btfErrors.make('unsupported', { field: `type ${id}.linkage`, found: value, want: '0, 1 or 2' })
  return known
}
