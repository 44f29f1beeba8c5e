import { type Btf, type BtfMember, sizeOf, skipModifiers, typeOf } from '@tscc/btf'
import type { CoreKind } from '../../model.ts'
import { objectErrors } from '../../object-errors.ts'
import { type CoreSpec, subjectOf } from './core-spec.ts'

/** What a relocation comes to in one BTF. */
export interface CoreValue {
  readonly value: bigint
  /** Whether the compiler must have written this very value: bitfields and type ids it may see otherwise. */
  readonly certain: boolean
  /** Of a byte offset: bytes of the field and its type, by which a load is resized. */
  readonly size?: number
  readonly typeId?: number
}

const broken = (why: string): Error => objectErrors.make('bad-core', { why })

/**
 * The number that a relocation stands for, as libbpf counts it; undefined where it has none, and the instruction must not be
 * reached. `spec` is undefined where the kernel has no such thing.
 */
export function coreValue(kind: CoreKind, spec: CoreSpec | undefined): CoreValue | undefined {
  switch (subjectOf(kind)) {
    case 'field':
      return fieldValue(kind, spec)
    case 'type':
      return spec === undefined ? { value: 0n, certain: true } : typeValue(kind, spec)
    case 'enumerator':
      if (kind === 'enumval_exists') return { value: spec === undefined ? 0n : 1n, certain: true }
      return spec === undefined ? undefined : { value: enumeratorValue(spec), certain: true }
  }
}

function typeValue(kind: CoreKind, { btf, rootId }: CoreSpec): CoreValue {
  switch (kind) {
    case 'type_id_local':
    case 'type_id_target':
      return { value: BigInt(rootId), certain: false }
    case 'type_size':
      return { value: BigInt(sizeOf(btf, rootId)), certain: true }
    default:
      return { value: 1n, certain: true }
  }
}

function enumeratorValue({ btf, accessors: [accessor] }: CoreSpec): bigint {
  const type = typeOf(btf, accessor?.typeId ?? 0)
  const value = type.kind === 'enum' || type.kind === 'enum64' ? type.values[accessor?.index ?? -1] : undefined
  if (value === undefined) throw broken('no such enumerator')
  // Compilers before the flag for signed enums (clang 14) do not tell -1 from 2^32 - 1: of 32 bits all are taken for signed.
  const whole = BigInt(value.value)
  return BigInt.asUintN(64, type.kind === 'enum' ? BigInt.asIntN(32, whole) : whole)
}

function fieldValue(kind: CoreKind, spec: CoreSpec | undefined): CoreValue | undefined {
  if (kind === 'field_exists') return { value: spec === undefined ? 0n : 1n, certain: true }
  if (spec === undefined) return undefined
  const { btf } = spec
  const last = spec.accessors.at(-1)
  if (last === undefined) throw broken('no field')
  if (last.name === undefined) return elementValue(kind, spec, last.typeId)
  const owner = typeOf(btf, last.typeId)
  const member = owner.kind === 'struct' || owner.kind === 'union' ? owner.members[last.index] : undefined
  if (member === undefined) throw broken('no such member')
  const typeId = skipModifiers(btf, member.typeId)
  const place = placeOf(btf, member, typeId, spec.bitOffset)
  const bitfield = member.bitSize > 0
  const certain = !bitfield
  switch (kind) {
    case 'field_byte_offset':
      return { value: BigInt(place.byteOffset), certain, ...(bitfield ? {} : { size: place.byteSize, typeId }) }
    case 'field_byte_size':
      return { value: BigInt(place.byteSize), certain }
    case 'field_signed':
      return { value: isSigned(btf, typeId) ? 1n : 0n, certain: true }
    case 'field_lshift_u64': {
      const before = place.bitOffset - 8 * place.byteOffset
      // As the wide load of a machine of that byte order has it.
      const shift = btf.littleEndian ? 64 - before - place.bitSize : 8 * (8 - place.byteSize) + before
      return { value: BigInt.asUintN(64, BigInt(shift)), certain }
    }
    default:
      return { value: BigInt.asUintN(64, BigInt(64 - place.bitSize)), certain: true }
  }
}

function elementValue(kind: CoreKind, { btf, bitOffset }: CoreSpec, typeId: number): CoreValue {
  const size = sizeOf(btf, typeId)
  if (kind === 'field_byte_offset') return { value: BigInt(Math.floor(bitOffset / 8)), certain: true, size, typeId }
  if (kind === 'field_byte_size') return { value: BigInt(size), certain: true }
  throw broken(`${kind} of an array's element`)
}

interface FieldPlace {
  readonly bitOffset: number
  readonly bitSize: number
  /** Of the load that holds the whole field. */
  readonly byteOffset: number
  readonly byteSize: number
}

/** A bitfield is read by the smallest aligned integer, from its declared one on, that it does not cross. */
function placeOf(btf: Btf, member: BtfMember, typeId: number, bitOffset: number): FieldPlace {
  let byteSize = sizeOf(btf, typeId)
  if (member.bitSize === 0) return { bitOffset, bitSize: 8 * byteSize, byteOffset: Math.floor(bitOffset / 8), byteSize }
  if (byteSize === 0) throw broken('bitfield in a type without size')
  const aligned = (): number => Math.floor(bitOffset / 8 / byteSize) * byteSize
  while (bitOffset + member.bitSize > 8 * (aligned() + byteSize)) {
    if (byteSize >= 8) throw broken(`bitfield ${member.name} crosses an aligned load of 8 bytes`)
    byteSize *= 2
  }
  return { bitOffset, bitSize: member.bitSize, byteOffset: aligned(), byteSize }
}

function isSigned(btf: Btf, typeId: number): boolean {
  const type = typeOf(btf, typeId)
  return (type.kind === 'int' || type.kind === 'enum' || type.kind === 'enum64') && type.signed
}
