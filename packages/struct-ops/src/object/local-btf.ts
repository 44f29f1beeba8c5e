import {
  type Btf,
  type BtfMember,
  type BtfType,
  enumValues,
  type FieldLocation,
  funcProto,
  membersOf,
  nameOf,
  requireType,
  resolveField,
  sizeOf,
  skipModifiers,
  typeFinder,
  typeOf,
} from '@tscc/btf'
import { nearestNames } from '@tscc/core'
import { structOpsErrors } from '../errors.ts'

/** A field as the object's own BTF has it. */
export interface LocalField extends FieldLocation {
  /** Root of the relocation: the struct in the object's BTF. */
  readonly localTypeId: number
  /** Bytes of the integer that a bitfield is declared in; of everything else, its size. */
  readonly declaredSize: number
  /** What a CO-RE byte offset relocation gives in the object's BTF. */
  readonly byteOffset: number
  /** Of a bitfield, the first bit in that integer, counted as the object's byte order counts them. */
  readonly firstBit: number
  /** The relocation's access string; known when all fields are. */
  access(): string
}

/** An enumerator as the object's own BTF has it. */
export interface LocalEnumerator {
  readonly localTypeId: number
  readonly value: number
  access(): string
}

/**
 * The object's BTF in the making. It knows the types that the program is written against, and takes from them no more than
 * the program uses: structs keep their size and their members' offsets but have only the members that were asked for.
 * Ids hold from the start; records are written at the end, when every member is known.
 */
export interface LocalBtf {
  /** Id of a type of ours; of one key there is just one. */
  add(key: string, make: () => BtfType): number
  /** `resolveField` of the types, and its whole chain of members as types of ours. */
  field(struct: string, path: string): LocalField
  enumerator(enumName: string, name: string): LocalEnumerator
  /** FUNC, extern, of a kernel function's prototype. */
  kfunc(name: string): number
  /** A flavour of a struct_ops type with one callback and its whole prototype, to be matched with the kernel's. */
  prototype(type: string, callback: string): number
  /** A type of the types' BTF as a type of ours: structs only as they are known so far. */
  typeId(id: number): number
  finish(): readonly BtfType[]
}

/** A struct or union of ours: the members that were asked for. */
interface LocalComposite {
  readonly localId: number
  readonly members: Map<string, BtfMember>
  /** By offset; found anew when there are more. */
  order?: readonly BtfMember[]
}

/** Start a BTF against `types`; `littleEndian` is the object's byte order, whatever that of `types` is. */
export function localBtf(types: Btf, littleEndian: boolean): LocalBtf {
  const find = typeFinder(types)
  /** By struct and path. */
  const fields = new Map<string, Map<string, LocalField>>()
  const makers: (() => BtfType)[] = []
  const ids = new Map<string, number>()
  const composites = new Map<number, LocalComposite>()
  const enums = new Map<number, { localId: number; names: string[] }>()
  const add = (key: string, make: () => BtfType): number => {
    const known = ids.get(key)
    if (known !== undefined) return known
    makers.push(make)
    ids.set(key, makers.length)
    return makers.length
  }

  const compositeOf = (id: number): LocalComposite => {
    const known = composites.get(id)
    if (known !== undefined) return known
    const type = typeOf(types, id)
    const kind = type.kind === 'union' ? 'union' : 'struct'
    const members = new Map<string, BtfMember>()
    const localId = add(`composite ${id}`, () => ({
      kind,
      name: type.name,
      size: sizeOf(types, id),
      members: ordered(members),
    }))
    const made = { localId, members }
    composites.set(id, made)
    return made
  }

  const enumOf = (id: number): { localId: number; names: string[] } => {
    const known = enums.get(id)
    if (known !== undefined) return known
    const names: string[] = []
    const localId = add(`enum ${id}`, () => enumType(types, id, names))
    const made = { localId, names }
    enums.set(id, made)
    return made
  }

  const typeId = (id: number): number => {
    const plain = skipModifiers(types, id)
    if (plain === 0) return 0
    const type = typeOf(types, plain)
    switch (type.kind) {
      case 'int':
        return add(`int ${type.name}`, () => ({ ...type, bits: 8 * type.size, bitOffset: 0 }))
      case 'float':
      case 'fwd':
        return add(`${type.kind} ${type.name}`, () => type)
      case 'ptr': {
        const target = typeId(type.typeId)
        return add(`ptr ${target}`, () => ({ kind: 'ptr', name: '', typeId: target }))
      }
      case 'array': {
        const element = typeId(type.typeId)
        const index = typeId(type.indexTypeId)
        const { length } = type
        return add(`array ${element} ${length}`, () => ({
          kind: 'array',
          name: '',
          typeId: element,
          indexTypeId: index,
          length,
        }))
      }
      case 'struct':
      case 'union':
        return compositeOf(plain).localId
      case 'enum':
      case 'enum64':
        return enumOf(plain).localId
      case 'func_proto':
        return add('func_proto void', () => ({ kind: 'func_proto', name: '', returnTypeId: 0, params: [] }))
      default:
        return 0
    }
  }

  /** Members behind pointers are never asked for, so a field that is a pointer needs no pointee. */
  const memberType = (id: number): number => {
    const type = typeOf(types, skipModifiers(types, id))
    return type.kind === 'ptr' ? add('ptr 0', () => ({ kind: 'ptr', name: '', typeId: 0 })) : typeId(id)
  }

  return {
    add,
    typeId,
    field(struct, path) {
      const ours = fields.get(struct) ?? new Map<string, LocalField>()
      fields.set(struct, ours)
      const known = ours.get(path)
      if (known !== undefined) return known
      const rootId = find(struct, 'struct') ?? find(struct, 'union') ?? requireType(types, struct, 'typedef')
      const at = resolveField(types, rootId, path)
      const root = compositeOf(skipModifiers(types, rootId))
      let id = rootId
      let bits = 0
      const steps = at.path.split(/\.|(?=\[)/).map((step) => {
        id = skipModifiers(types, id)
        const type = typeOf(types, id)
        if (type.kind === 'array') {
          const index = Number(step.slice(1, -1))
          bits += 8 * index * sizeOf(types, type.typeId)
          id = type.typeId
          return index
        }
        const member = memberNamed(id, step)
        if (member === undefined) return 0
        const composite = compositeOf(id)
        const { members } = composite
        const local = members.get(step) ?? localMember(member, memberType(member.typeId))
        members.set(step, local)
        bits += local.bitOffset
        id = member.typeId
        return { composite, name: step }
      })
      const declaredSize = sizeOf(types, at.typeId)
      const unit = 8 * declaredSize
      const field: LocalField = {
        ...at,
        localTypeId: root.localId,
        declaredSize,
        byteOffset: at.bitfield === undefined ? at.offset : Math.floor(bits / unit) * declaredSize,
        firstBit: at.bitfield === undefined ? 0 : bits % unit,
        access: () => ['0', ...steps.map((step) => (typeof step === 'number' ? step : indexIn(step)))].join(':'),
      }
      ours.set(path, field)
      return field
    },
    enumerator(enumName, name) {
      const id = find(enumName, 'enum') ?? find(enumName, 'enum64')
      const values = id === undefined ? [] : enumValues(types, id)
      const found = values.find((entry) => entry.name === name)
      if (id === undefined || found === undefined)
        throw structOpsErrors.make('unknown-enum', {
          enum: enumName,
          name,
          nearest: nearestNames(
            name,
            values.map((entry) => entry.name),
          ),
        })
      const { localId, names } = enumOf(id)
      if (!names.includes(name)) names.push(name)
      return { localTypeId: localId, value: Number(found.value), access: () => `${names.indexOf(name)}` }
    },
    kfunc(name) {
      const id = find(name, 'func')
      if (id === undefined) throw structOpsErrors.make('unknown-prototype', { name })
      const { returns, params } = funcProto(types, id)
      const returnTypeId = typeId(returns)
      const locals = params.map((param, i) => ({ name: param.name || `arg${i}`, typeId: typeId(param.typeId) }))
      const proto = add(`func_proto ${name}`, () => ({
        kind: 'func_proto',
        name: '',
        returnTypeId,
        params: locals,
      }))
      return add(`func ${name}`, () => ({ kind: 'func', name, typeId: proto, linkage: 'extern' }))
    },
    prototype(type, callback) {
      const ops = find(type, 'struct') ?? requireType(types, type, 'struct')
      const { returns, params } = funcProto(types, memberNamed(ops, callback)?.typeId ?? 0)
      const returnTypeId = typeId(returns)
      const locals = params.map((param) => ({ name: '', typeId: typeId(param.typeId) }))
      const proto = add(`func_proto ${type}.${callback}`, () => ({
        kind: 'func_proto',
        name: '',
        returnTypeId,
        params: locals,
      }))
      const pointer = add(`ptr ${proto}`, () => ({ kind: 'ptr', name: '', typeId: proto }))
      return add(`flavour ${type}.${callback}`, () => ({
        kind: 'struct',
        name: `${type}___${callback}`,
        size: types.pointerSize,
        members: [{ name: callback, typeId: pointer, bitOffset: 0, bitSize: 0 }],
      }))
    },
    finish: () => makers.map((make) => make()),
  }

  /** In big-endian BTF bit 0 is the most significant one; where a bitfield lies in its integer is of no account. */
  function localMember(member: BtfMember, local: number): BtfMember {
    if (member.bitSize === 0) return { ...member, typeId: local }
    if (littleEndian === types.littleEndian) return { ...member, typeId: local }
    const unit = 8 * sizeOf(types, member.typeId)
    const start = Math.floor(member.bitOffset / unit) * unit
    return { ...member, typeId: local, bitOffset: start + unit - (member.bitOffset - start) - member.bitSize }
  }

  function memberNamed(id: number, wanted: string): BtfMember | undefined {
    return membersOf(types, id).find(({ name }) => name === wanted)
  }

  function indexIn({ composite, name }: { readonly composite: LocalComposite; readonly name: string }): number {
    if (composite.order?.length !== composite.members.size) composite.order = ordered(composite.members)
    return composite.order.findIndex((member) => member.name === name)
  }
}

/** By offset, as BTF wants members; those of unions by name. */
function ordered(members: ReadonlyMap<string, BtfMember>): readonly BtfMember[] {
  return [...members.values()].sort((a, b) => a.bitOffset - b.bitOffset || (a.name < b.name ? -1 : 1))
}

/** An enum with the enumerators that were asked for. */
function enumType(types: Btf, id: number, names: readonly string[]): BtfType {
  const type = typeOf(types, id)
  if (type.kind !== 'enum' && type.kind !== 'enum64')
    throw structOpsErrors.make('unknown-enum', { enum: nameOf(types, id), name: '', nearest: [] })
  const inOrder = <V extends { readonly name: string }>(values: readonly V[]): readonly V[] =>
    names.flatMap((name) => values.filter((value) => value.name === name))
  return type.kind === 'enum' ? { ...type, values: inOrder(type.values) } : { ...type, values: inOrder(type.values) }
}
