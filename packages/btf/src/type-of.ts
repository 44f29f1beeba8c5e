import { type Btf, recordOf } from './btf.ts'
import { btfErrors } from './btf-errors.ts'
import { infoFlag, infoKind, infoVlen, kindRow } from './kinds.ts'
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

function decode(btf: Btf, id: number, start: number): BtfType {
  const { words } = btf.state.types
  const { strings } = btf.state
  const s32 = (word: number): number => words[start + word] ?? 0
  const u32 = (word: number): number => s32(word) >>> 0
  const text = (word: number): string => strings.text(u32(word))
  const info = s32(1)
  const vlen = infoVlen(info)
  const flag = infoFlag(info)
  const number = infoKind(info)
  const name = text(0)
  const row = btf.state.decodable[number] === 1 ? kindRow(number) : undefined
  const elements = <T>(width: number, make: (word: number) => T): readonly T[] =>
    Array.from({ length: vlen }, (_, i) => make(3 + i * width))
  const linkage = (value: number): BtfLinkage => {
    const known = LINKAGES[value]
    if (known === undefined)
      throw btfErrors.make('unsupported', { field: `type ${id}.linkage`, found: value, want: '0, 1 or 2' })
    return known
  }
  switch (row?.kind) {
    case undefined: {
      const next = btf.state.types.at(id - btf.firstId + 1)
      const end = next < 0 ? words.length : next
      const rest = Array.from(words.subarray(start + 2, end), (value) => value >>> 0)
      return { kind: 'unknown', name, kindNumber: number, kindFlag: flag, vlen, words: rest }
    }
    case 'int': {
      const data = u32(3)
      const encoding = (data >>> 24) & 0xf
      return {
        kind: 'int',
        name,
        size: u32(2),
        bits: data & 0xff,
        bitOffset: (data >>> 16) & 0xff,
        signed: (encoding & 1) !== 0,
        char: (encoding & 2) !== 0,
        bool: (encoding & 4) !== 0,
      }
    }
    case 'ptr':
    case 'typedef':
    case 'volatile':
    case 'const':
    case 'restrict':
      return { kind: row.kind, name, typeId: u32(2) }
    case 'array':
      return { kind: 'array', name, typeId: u32(3), indexTypeId: u32(4), length: u32(5) }
    case 'struct':
    case 'union': {
      // With kind_flag an offset word is bit offset (24 bits) and bitfield size (8 bits); without, the bit offset alone.
      const members = elements<BtfMember>(3, (word) => ({
        name: text(word),
        typeId: u32(word + 1),
        bitOffset: flag ? u32(word + 2) & 0xff_ffff : u32(word + 2),
        bitSize: flag ? u32(word + 2) >>> 24 : 0,
      }))
      return { kind: row.kind, name, size: u32(2), members }
    }
    case 'enum': {
      const values = elements<BtfEnumValue<number>>(2, (word) => ({
        name: text(word),
        value: flag ? s32(word + 1) : u32(word + 1),
      }))
      return { kind: 'enum', name, size: u32(2), signed: flag, values }
    }
    case 'enum64': {
      const values = elements<BtfEnumValue<bigint>>(3, (word) => {
        const value = (BigInt(u32(word + 2)) << 32n) | BigInt(u32(word + 1))
        return { name: text(word), value: flag ? BigInt.asIntN(64, value) : value }
      })
      return { kind: 'enum64', name, size: u32(2), signed: flag, values }
    }
    case 'fwd':
      return { kind: 'fwd', name, of: flag ? 'union' : 'struct' }
    case 'func':
      return { kind: 'func', name, typeId: u32(2), linkage: linkage(vlen) }
    case 'func_proto': {
      const params = elements(2, (word) => ({ name: text(word), typeId: u32(word + 1) }))
      return { kind: 'func_proto', name, returnTypeId: u32(2), params }
    }
    case 'var':
      return { kind: 'var', name, typeId: u32(2), linkage: linkage(u32(3)) }
    case 'datasec': {
      const vars = elements(3, (word) => ({ typeId: u32(word), offset: u32(word + 1), size: u32(word + 2) }))
      return { kind: 'datasec', name, size: u32(2), vars }
    }
    case 'float':
      return { kind: 'float', name, size: u32(2) }
    case 'decl_tag':
      return { kind: 'decl_tag', name, typeId: u32(2), component: s32(3), attribute: flag }
    case 'type_tag':
      return { kind: 'type_tag', name, typeId: u32(2), attribute: flag }
  }
}
