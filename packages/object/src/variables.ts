import { type Btf, type BtfMember, type BtfType, parseBtf, sizeOf, skipModifiers, typeOf } from '@tscc/btf'
import { nearestNames } from '@tscc/core'
import { fitsBits, getInteger, putInteger } from './integers.ts'
import type { BpfObject, ObjectMap, ObjectVariable } from './model.ts'
import { objectErrors } from './object-errors.ts'

/**
 * What a variable holds: integers of up to 32 bits and enums as numbers, wider ones and pointers as bigint, `bool` as
 * boolean, arrays of char as text (up to the first zero), other arrays and structs as such.
 */
export type VariableValue =
  | number
  | bigint
  | boolean
  | string
  | readonly VariableValue[]
  | { readonly [member: string]: VariableValue }

/** The variables of a data map, by name, in the memory that holds its value: mapped from the kernel, or a copy. */
export interface Variables {
  readonly names: readonly string[]
  /** `object/no-such-part` where there is none of that name. */
  get(name: string): VariableValue
  /** Whole or not at all: `object/bad-value` leaves the memory as it was. Structs may leave members out, which then stay. */
  set(name: string, value: VariableValue): void
}

/** Typed access to the variables of a map; `map` is one of an object's or linked object's, `btf` the object's. */
export function variablesOf(
  map: { readonly name: string; readonly variables: readonly ObjectVariable[] },
  btf: Uint8Array,
  memory: Uint8Array,
): Variables {
  return variablesIn(map, typesOf(btf), memory)
}

const typesOf = (btf: Uint8Array): Btf => parseBtf(btf, { pointerSize: 8 })

function variablesIn(map: Pick<ObjectMap, 'name' | 'variables'>, types: Btf, memory: Uint8Array): Variables {
  const find = (name: string): ObjectVariable => {
    const found = map.variables.find((variable) => variable.name === name)
    if (found !== undefined) return found
    const names = map.variables.map((variable) => variable.name)
    throw objectErrors.make('no-such-part', {
      what: `variable of ${map.name}`,
      name,
      nearest: nearestNames(name, names),
    })
  }
  return {
    names: map.variables.map((variable) => variable.name),
    get(name) {
      const { offset, size, typeId } = find(name)
      const parts = { left: MAX_PARTS + MAX_PARTS_OF_BYTE * size }
      return decode(types, typeId, memory.subarray(offset, offset + size), name, 0, parts)
    },
    set(name, value) {
      const { offset, size, typeId } = find(name)
      const room = memory.subarray(offset, offset + size)
      const next = room.slice()
      encode(types, typeId, value, next, name, 0)
      room.set(next)
    },
  }
}

/** What a variable holds when its program is loaded. */
export interface FirstValue {
  readonly name: string
  /** In the object's BTF. */
  readonly typeId: number
  /** Of its section: `rodata` is constant once loaded. */
  readonly kind: 'data' | 'rodata' | 'bss'
  readonly value: VariableValue
}

/** The first values of an object's variables that are not static, in the order of their maps; {@link withVariables} gives others. */
export function firstValues({ maps, btf }: BpfObject): readonly FirstValue[] {
  if (btf === undefined) return []
  const types = typesOf(btf)
  return maps.flatMap((map) => {
    const { kind } = map
    if (kind === 'declared' || kind === 'kconfig') return []
    const values = variablesIn(map, types, firstBytes(map))
    return map.variables
      .filter(({ linkage, typeId }) => linkage !== 'static' && typeId !== 0)
      .map(({ name, typeId }) => ({ name, typeId, kind, value: values.get(name) }))
  })
}

/** A copy of what a section holds, with the zeros that no file keeps. */
function firstBytes({ valueSize, data }: ObjectMap): Uint8Array {
  const bytes = new Uint8Array(valueSize)
  bytes.set(data)
  return bytes
}

/** The object with other initial values in its data sections; names are looked for in all of them. */
export function withVariables(object: BpfObject, values: Readonly<Record<string, VariableValue>>): BpfObject {
  const entries = Object.entries(values)
  if (entries.length === 0) return object
  const { btf } = object
  const holders = object.maps.filter((map) => map.kind !== 'declared' && map.kind !== 'kconfig')
  const wanted = new Map<(typeof holders)[number], [string, VariableValue][]>()
  for (const [name, value] of entries) {
    const holder = holders.find((map) => map.variables.some((variable) => variable.name === name))
    if (holder === undefined || btf === undefined) {
      const names = holders.flatMap((map) => map.variables.map((variable) => variable.name))
      throw objectErrors.make('no-such-part', { what: 'variable', name, nearest: nearestNames(name, names) })
    }
    wanted.set(holder, [...(wanted.get(holder) ?? []), [name, value]])
  }
  return {
    ...object,
    maps: object.maps.map((map) => {
      const changes = wanted.get(map)
      if (changes === undefined || btf === undefined) return map
      const data = firstBytes(map)
      const variables = variablesOf(map, btf, data)
      for (const [name, value] of changes) variables.set(name, value)
      return { ...map, data }
    }),
  }
}

/** Types within types that are followed. */
const MAX_DEPTH = 32

/** Values that are read of one variable, and for each of its bytes: members that share memory count each time. */
const MAX_PARTS = 1 << 16
const MAX_PARTS_OF_BYTE = 4

/** Bytes of the widest integer, `__int128`. */
const MAX_INTEGER = 16

const bad = (what: string, why: string): Error => objectErrors.make('bad-value', { what, why })
const tooManyParts = (what: string, room: Uint8Array): Error =>
  bad(what, `has more parts than its ${room.length} bytes can hold`)
const textDecoder = new TextDecoder()
const textEncoder = new TextEncoder()

/** The type of a value, and its bytes: as many as the type has. */
function resolve(btf: Btf, typeId: number, room: Uint8Array, what: string, depth: number): [BtfType, Uint8Array] {
  if (depth > MAX_DEPTH) throw bad(what, 'is nested too deep')
  const type = typeOf(btf, skipModifiers(btf, typeId))
  // An array without a length has what is there.
  if (type.kind === 'array') return [type, room]
  const size = sizeOf(btf, typeId)
  if (size > room.length) throw bad(what, `has ${size} bytes, and ${room.length} are there`)
  const wide = type.kind === 'struct' || type.kind === 'union'
  const odd = type.kind === 'float' ? size !== 4 && size !== 8 : !wide && size > MAX_INTEGER
  if (odd) throw bad(what, `is a ${type.kind} of ${size} bytes`)
  return [type, room.subarray(0, size)]
}

function decode(
  btf: Btf,
  typeId: number,
  room: Uint8Array,
  what: string,
  depth: number,
  parts: { left: number },
): VariableValue {
  parts.left--
  if (parts.left < 0) throw tooManyParts(what, room)
  const [type, bytes] = resolve(btf, typeId, room, what, depth)
  switch (type.kind) {
    case 'int':
      if (type.bool) return getInteger(bytes, btf.littleEndian) !== 0n
      return number(type.size, getInteger(bytes, btf.littleEndian), type.signed)
    case 'enum':
    case 'enum64':
      return number(type.size, getInteger(bytes, btf.littleEndian), type.signed)
    case 'ptr':
      return getInteger(bytes, btf.littleEndian)
    case 'float': {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      return type.size === 4 ? view.getFloat32(0, btf.littleEndian) : view.getFloat64(0, btf.littleEndian)
    }
    case 'array': {
      if (isText(btf, type.typeId)) {
        const end = bytes.indexOf(0)
        return textDecoder.decode(end < 0 ? bytes : bytes.subarray(0, end))
      }
      const size = sizeOf(btf, type.typeId)
      const length = size === 0 ? 0 : Math.floor(bytes.length / size)
      if (length > parts.left) throw tooManyParts(what, room)
      return Array.from({ length }, (_, i) =>
        decode(btf, type.typeId, bytes.subarray(i * size, (i + 1) * size), `${what}[${i}]`, depth + 1, parts),
      )
    }
    case 'struct':
    case 'union': {
      const found: Record<string, VariableValue> = {}
      for (const member of type.members) {
        if (member.bitSize > 0) {
          const raw = bitsOf(btf, bytes, member)
          found[member.name] = member.bitSize > 32 ? raw : Number(raw)
          continue
        }
        const value = decode(
          btf,
          member.typeId,
          memberBytes(btf, bytes, member),
          `${what}.${member.name}`,
          depth + 1,
          parts,
        )
        // What has no name is reached as if it were a part of what holds it.
        if (member.name === '' && typeof value === 'object' && !Array.isArray(value)) Object.assign(found, value)
        else found[member.name] = value
      }
      return found
    }
    default:
      throw bad(what, `is a ${type.kind}`)
  }
}

function encode(btf: Btf, typeId: number, value: VariableValue, room: Uint8Array, what: string, depth: number): void {
  const [type, bytes] = resolve(btf, typeId, room, what, depth)
  switch (type.kind) {
    case 'int':
    case 'enum':
    case 'enum64': {
      const isBool = type.kind === 'int' && type.bool
      const whole = typeof value === 'boolean' ? BigInt(value) : value
      putInteger(bytes, btf.littleEndian, integerOf(whole, isBool ? 1 : 8 * type.size, type.signed && !isBool, what))
      return
    }
    case 'ptr':
      throw bad(what, 'is a pointer, which only programs write')
    case 'float': {
      if (typeof value !== 'number') throw bad(what, 'wants a number')
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      if (type.size === 4) view.setFloat32(0, value, btf.littleEndian)
      else view.setFloat64(0, value, btf.littleEndian)
      return
    }
    case 'array': {
      if (isText(btf, type.typeId) && typeof value === 'string') {
        const text = textEncoder.encode(value)
        if (text.length >= bytes.length) throw bad(what, `has room for ${bytes.length - 1} bytes of text`)
        bytes.fill(0)
        bytes.set(text)
        return
      }
      if (!Array.isArray(value)) throw bad(what, 'wants an array')
      const size = sizeOf(btf, type.typeId)
      if (value.length * size > bytes.length) throw bad(what, `has ${type.length} elements, not ${value.length}`)
      for (const [i, one] of value.entries())
        encode(btf, type.typeId, one, bytes.subarray(i * size, (i + 1) * size), `${what}[${i}]`, depth + 1)
      return
    }
    case 'struct':
    case 'union': {
      if (typeof value !== 'object' || Array.isArray(value)) throw bad(what, 'wants an object with its members')
      for (const [name, one] of Object.entries(value)) {
        const member = type.members.find((candidate) => candidate.name === name && candidate.bitSize === 0)
        if (member === undefined)
          throw bad(
            what,
            `has no member ${name} that can be set (it has ${type.members.map((candidate) => candidate.name).join(', ')})`,
          )
        encode(btf, member.typeId, one, memberBytes(btf, bytes, member), `${what}.${name}`, depth + 1)
      }
      return
    }
    default:
      throw bad(what, `is a ${type.kind}`)
  }
}

function memberBytes(btf: Btf, bytes: Uint8Array, member: BtfMember): Uint8Array {
  const at = member.bitOffset / 8
  return bytes.subarray(at, at + sizeOf(btf, member.typeId))
}

/** A bitfield, unsigned: bit by bit, since it may lie across anything. */
function bitsOf(btf: Btf, bytes: Uint8Array, { bitOffset, bitSize }: BtfMember): bigint {
  let value = 0n
  for (let i = 0; i < Math.min(bitSize, 64); i++) {
    const bit = bitOffset + i
    const byte = bytes[bit >> 3] ?? 0
    const set = ((btf.littleEndian ? byte >> (bit & 7) : byte >> (7 - (bit & 7))) & 1) === 1
    if (set) value |= 1n << BigInt(btf.littleEndian ? i : bitSize - 1 - i)
  }
  return value
}

/** An array of characters is text; clang marks them, and gcc names them. */
function isText(btf: Btf, typeId: number): boolean {
  const type = typeOf(btf, skipModifiers(btf, typeId))
  return type.kind === 'int' && type.size === 1 && (type.char || type.name === 'char')
}

function number(size: number, raw: bigint, signed: boolean): number | bigint {
  const value = signed ? BigInt.asIntN(8 * size, raw) : raw
  return size <= 4 ? Number(value) : value
}

function integerOf(value: VariableValue, bits: number, signed: boolean, what: string): bigint {
  if (typeof value !== 'bigint' && !(typeof value === 'number' && Number.isInteger(value)))
    throw bad(what, `wants a whole number, not ${String(value)}`)
  const whole = BigInt(value)
  if (!fitsBits(whole, bits, signed))
    throw bad(what, `cannot hold ${whole}: it has ${bits} bits${signed ? ' with a sign' : ''}`)
  return whole
}
