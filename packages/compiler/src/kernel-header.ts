import {
  type Btf,
  CONTEXT_WRITABLE,
  callbackSignatures,
  enumValues,
  findType,
  funcProto,
  kfuncRules,
  kindOf,
  membersOf,
  memorySizeParameter,
  nameOf,
  resolveField,
  skipModifiers,
  structOpsLayout,
  structOpsNames,
  structOpsRules,
  takesOneNumber,
  typeOf,
  typesOfKind,
} from '@tscc/btf'
import { nearestNames } from '@tscc/core'
import { BOOL, type IntType, type StructType, type Type } from './types.ts'

/** What the compiler knows of kernels: names, types and widths, out of a BTF; where things are is left to linking. */
export interface KernelHeader {
  /** Is there a type, an enumerator or a function of this name? */
  has(name: string): boolean
  struct(name: string): Type | undefined
  /** A field of a struct by name; undefined where there is none. */
  field(struct: Extract<Type, { kind: 'struct' }>, name: string): FieldInfo | undefined
  fieldNames(struct: Extract<Type, { kind: 'struct' }>): readonly string[]
  /** An enumerator of any enum. */
  enumerator(name: string): EnumeratorInfo | undefined
  enumeratorNames(): readonly string[]
  callbacks(type: string): ReadonlyMap<string, CallbackInfo> | undefined
  /** Texts and numbers of a struct_ops type; `name` is the one that the kernel knows a value by. */
  opsData(type: string): OpsData | undefined
  /** Struct_ops types that it has. */
  opsTypes(): readonly string[]
  /** A kernel function that programs may call. */
  kfunc(name: string): KfuncInfo | undefined
  kfuncNames(): readonly string[]
  structNames(): readonly string[]
}

/** A constant of an enum. */
export interface EnumeratorInfo {
  readonly enum: string
  readonly value: bigint
  /** Of an enum of 64 bits. */
  readonly wide: boolean
  readonly kernels?: string
}

/** Members of a struct_ops type that are no callbacks. */
export interface OpsData {
  readonly names: readonly string[]
  /** Absent where the type's values have no names. */
  readonly name?: { readonly member: string; readonly limit: number }
  readonly texts: ReadonlyMap<string, number>
}

/** A kernel function. */
export interface KfuncInfo {
  /** A struct, or one that may be null; undefined: nothing. */
  readonly returns: Type | undefined
  readonly parameters: readonly { readonly name: string; readonly type: Type }[]
  /** It gives memory: which parameter says how many bytes, and whether there may be none. */
  readonly memory?: { readonly sizeAt: number; readonly nullable: boolean }
  /** Kernels that have it; undefined: all of the matrix. */
  readonly kernels?: string
}

/** A field that is a value, a struct within, or leads to another. */
export interface FieldInfo {
  readonly path: string
  readonly type: Type
  /** It is behind a pointer: a load gives where. */
  readonly pointer: boolean
  readonly bitfield: boolean
  /** The verifier lets programs write it, on some kernel at least. */
  readonly writable: boolean
  /** It has to be looked at before it is used. */
  readonly nullable: boolean
  /** Kernels that have it, where some of the matrix do not: `6.18..`. */
  readonly kernels?: string
}

/** A callback as the kernel declares it. */
export interface CallbackInfo {
  readonly returns: Type | undefined
  readonly parameters: readonly {
    readonly name: string
    readonly type: Type
    readonly pointee?: string
    /** It is the program's, which has to give it on. */
    readonly owned?: true
  }[]
}

/** What the verifier takes for maybe null of the context of sock_ops programs. */
const NULLABLE: ReadonlySet<string> = new Set(['bpf_sock_ops.sk'])

/** Kernel functions that are no kfuncs although BTF has them: stubs of callbacks. */
const STUB = /^bpf_tcp_ca_|__|^bpf_dummy_/

/**
 * A header out of a BTF that has the structs, enums and callbacks which programs name; `availability` says of what some
 * kernels lack which have it.
 */
export function kernelHeader(btf: Btf, availability: Readonly<Record<string, string>> = {}): KernelHeader {
  const kernelsOf = (key: string): { readonly kernels?: string } =>
    Object.hasOwn(availability, key) ? { kernels: availability[key] ?? '' } : {}
  const callbacks = new Map<string, ReadonlyMap<string, CallbackInfo> | undefined>()
  let enumerators: ReadonlyMap<string, EnumeratorInfo> | undefined
  const allEnumerators = (): ReadonlyMap<string, EnumeratorInfo> => {
    enumerators ??= new Map(
      [...typesOfKind(btf, 'enum'), ...typesOfKind(btf, 'enum64')].flatMap((id) =>
        enumValues(btf, id).map(
          (value) =>
            [
              value.name,
              {
                enum: nameOf(btf, id),
                value: BigInt(value.value),
                wide: kindOf(btf, id) === 'enum64',
                ...kernelsOf(`enumerator:${value.name}`),
              },
            ] as const,
        ),
      ),
    )
    return enumerators
  }
  const kfuncs = new Map<string, KfuncInfo | undefined>()
  const structs = new Map<string, Type | undefined>()
  const structType = (name: string): Type | undefined => {
    if (structs.has(name)) return structs.get(name)
    const typeId = findType(btf, name, 'struct')
    const type: Type | undefined = typeId === undefined ? undefined : { kind: 'struct', root: name, path: '', typeId }
    structs.set(name, type)
    return type
  }
  /** A struct that some pointer leads to, which may be one that the BTF only names. */
  const pointeeType = (name: string): Type | undefined => {
    const known = name === '' ? undefined : structType(name)
    const typeId = known === undefined && name !== '' ? findType(btf, name, 'fwd') : undefined
    return typeId === undefined ? known : { kind: 'struct', root: name, path: '', typeId }
  }
  /** By struct and path: of most fields a path is the name, which needs not be put together. */
  const fields = new Map<string, Map<string, FieldInfo | undefined>>()
  const opsTypes = structOpsNames(btf)
  const writable = writableBy(btf, opsTypes)
  return {
    has(name) {
      const kinds = ['struct', 'union', 'enum', 'enum64', 'typedef', 'func', 'fwd'] as const
      return kinds.some((kind) => findType(btf, name, kind) !== undefined) || this.enumerator(name) !== undefined
    },
    struct: structType,
    field(struct, name) {
      const path = struct.path === '' ? name : `${struct.path}.${name}`
      const known = fields.get(struct.root) ?? new Map<string, FieldInfo | undefined>()
      fields.set(struct.root, known)
      if (!known.has(path)) known.set(path, fieldOf(btf, struct, name, path, { structType, kernelsOf, writable }))
      return known.get(path)
    },
    fieldNames: (struct) =>
      kindOf(btf, struct.typeId) === 'fwd' ? [] : membersOf(btf, struct.typeId).map((member) => member.name),
    enumeratorNames: () => [...allEnumerators().keys()],
    enumerator: (name) => allEnumerators().get(name),
    callbacks(type) {
      if (!callbacks.has(type)) callbacks.set(type, callbacksOf(btf, type, pointeeType))
      return callbacks.get(type)
    },
    opsData: (type) => (opsTypes.includes(type) ? opsDataOf(btf, type) : undefined),
    opsTypes: () => opsTypes,
    kfunc(name) {
      if (!kfuncs.has(name)) kfuncs.set(name, kfuncOf(btf, name, pointeeType, kernelsOf(`func:${name}`)))
      return kfuncs.get(name)
    },
    kfuncNames: () =>
      typesOfKind(btf, 'func')
        .map((id) => nameOf(btf, id))
        .filter((name) => !STUB.test(name)),
    structNames: () => typesOfKind(btf, 'struct').map((id) => nameOf(btf, id)),
  }
}

interface Lookup {
  structType(name: string): Type | undefined
  kernelsOf(key: string): { readonly kernels?: string }
  /** May programs write a member of this struct? */
  writable(struct: StructType, name: string): boolean
}

/** What programs may write, by the struct_ops types that a BTF has; of one that nobody knows, the verifier decides. */
function writableBy(btf: Btf, opsTypes: readonly string[]): Lookup['writable'] {
  const types = opsTypes.length === 0 ? ['tcp_congestion_ops'] : opsTypes
  const known = types.map((type) => structOpsRules(type).writable)
  if (known.includes(undefined) && !types.includes('tcp_congestion_ops')) return () => true
  const tables = [...known, CONTEXT_WRITABLE].map((table) => new Map(Object.entries(table ?? {})))
  const isIn = (struct: string, path: string): boolean =>
    tables.some((table) => table.get(struct)?.includes(path) === true)
  return ({ typeId, path }, name) => {
    const struct = nameOf(btf, typeId)
    if (struct !== '') return isIn(struct, name)
    // A struct without a name is told by where it is, whatever it is in.
    const inner = `${path.slice(path.lastIndexOf('.') + 1)}.${name}`
    return tables.some((table) => [...table.keys()].some((outer) => isIn(outer, inner)))
  }
}

/** A field of a struct at its path. */
function fieldOf(
  btf: Btf,
  struct: StructType,
  name: string,
  path: string,
  { structType, kernelsOf, writable }: Lookup,
): FieldInfo | undefined {
  const found = tryField(btf, struct.root, path)
  if (found === undefined) return undefined
  const id = skipModifiers(btf, found.typeId)
  const type = typeOf(btf, id)
  const facts = {
    writable: writable(struct, name),
    nullable: NULLABLE.has(`${struct.root}.${path}`),
    ...kernelsOf(`${struct.root}.${path}`),
  }
  if (type.kind === 'int' && type.bool && found.bitfield === undefined)
    return { ...facts, path, pointer: false, bitfield: false, type: BOOL }
  if (type.kind === 'int' || type.kind === 'enum')
    return {
      ...facts,
      path,
      pointer: false,
      bitfield: found.bitfield !== undefined,
      type: intOf(8 * (found.bitfield === undefined ? found.size : declaredSize(btf, id)), found.signed),
    }
  if (type.kind === 'struct' || type.kind === 'union')
    return {
      ...facts,
      path,
      pointer: false,
      bitfield: false,
      type: { kind: 'struct', root: struct.root, path, typeId: id },
    }
  if (type.kind === 'array') {
    const elementId = skipModifiers(btf, type.typeId)
    const element = typeOf(btf, elementId)
    if (element.kind !== 'int' && element.kind !== 'struct' && element.kind !== 'union') return undefined
    const of: IntType | StructType =
      element.kind === 'int'
        ? intOf(8 * element.size, element.signed)
        : { kind: 'struct', root: struct.root, path: `${path}[0]`, typeId: elementId }
    return {
      ...facts,
      path,
      pointer: false,
      bitfield: false,
      type: { kind: 'kernelArray', root: struct.root, path, element: of, length: type.length },
    }
  }
  const pointee = type.kind === 'ptr' ? skipModifiers(btf, type.typeId) : 0
  const target = pointee === 0 ? undefined : structType(nameOf(btf, pointee))
  return target === undefined ? undefined : { ...facts, path, pointer: true, bitfield: false, type: target }
}

function tryField(btf: Btf, struct: string, path: string): ReturnType<typeof resolveField> | undefined {
  try {
    return resolveField(btf, struct, path)
  } catch {
    return undefined // no such field: the program's mistake, which is told with its place
  }
}

function declaredSize(btf: Btf, id: number): number {
  const type = typeOf(btf, id)
  return type.kind === 'int' || type.kind === 'enum' ? type.size : 4
}

function kfuncOf(
  btf: Btf,
  name: string,
  pointeeType: (name: string) => Type | undefined,
  kernels: { readonly kernels?: string },
): KfuncInfo | undefined {
  const id = STUB.test(name) ? undefined : findType(btf, name, 'func')
  if (id === undefined) return undefined
  const proto = funcProto(btf, id)
  const plain = (typeId: number): IntType | undefined => {
    const type = typeOf(btf, skipModifiers(btf, typeId))
    return type.kind === 'int' || type.kind === 'enum' ? intOf(8 * type.size, type.signed) : undefined
  }
  const pointeeOf = (typeId: number): Type | undefined => {
    const type = typeOf(btf, skipModifiers(btf, typeId))
    return type.kind === 'ptr' ? pointeeType(nameOf(btf, skipModifiers(btf, type.typeId))) : undefined
  }
  const names = proto.params.map((param) => param.name)
  /** Where one number lies. */
  const numberPlace = (typeId: number, at: number): Type | undefined => {
    const type = typeOf(btf, skipModifiers(btf, typeId))
    const target = type.kind === 'ptr' && takesOneNumber(names, at) ? skipModifiers(btf, type.typeId) : 0
    const to = typeOf(btf, target)
    if (to.kind === 'int' && to.bool) return { kind: 'pointer', to: BOOL }
    const of = plain(target)
    return of === undefined ? undefined : { kind: 'pointer', to: of }
  }
  const given = pointeeOf(proto.returns)
  const isPointer = kindOf(btf, skipModifiers(btf, proto.returns)) === 'ptr'
  const sizeAt = isPointer && given === undefined ? memorySizeParameter(names) : undefined
  const nullable = kfuncRules(name).neverNull !== true
  const returned: Type | undefined = given === undefined || !nullable ? given : { kind: 'nullable', of: given }
  return {
    returns: returned ?? plain(proto.returns),
    parameters: proto.params.map((param, i) => ({
      name: param.name,
      type: pointeeOf(param.typeId) ?? plain(param.typeId) ?? numberPlace(param.typeId, i) ?? { kind: 'void' },
    })),
    ...(sizeAt === undefined ? {} : { memory: { sizeAt, nullable } }),
    ...kernels,
  }
}

const intOf = (bits: number, signed: boolean): IntType => ({
  kind: 'int',
  bits: bits === 8 || bits === 16 || bits === 64 ? bits : 32,
  signed,
})

function callbacksOf(
  btf: Btf,
  type: string,
  pointeeType: (name: string) => Type | undefined,
): ReadonlyMap<string, CallbackInfo> | undefined {
  if (findType(btf, type, 'struct') === undefined) return undefined
  const layout = structOpsLayout(btf, type)
  const ops = typeOf(btf, layout.typeId)
  const members = ops.kind === 'struct' ? ops.members : []
  const names = new Map(callbackSignatures(btf, type, { layout }).map((one) => [one.callback, one.parameters]))
  const { pointees } = structOpsRules(type)
  const plainType = (id: number): Type | undefined => {
    const found = typeOf(btf, skipModifiers(btf, id))
    if (found.kind === 'int' && found.bool) return BOOL
    if (found.kind !== 'int' && found.kind !== 'enum' && found.kind !== 'enum64') return undefined
    return intOf(8 * found.size, found.signed)
  }
  const pointeeOf = (id: number): string => {
    const target = typeOf(btf, skipModifiers(btf, id))
    return target.kind === 'ptr' ? nameOf(btf, skipModifiers(btf, target.typeId)) : ''
  }
  return new Map(
    layout.members
      .filter((member) => member.kind === 'callback')
      .map((member): readonly [string, CallbackInfo] => {
        const proto = funcProto(btf, members[member.index]?.typeId ?? 0)
        const parameters = proto.params.map((param, i) => {
          const { name = '', nullable, owned } = names.get(member.name)?.[i] ?? {}
          const pointee = pointeeOf(param.typeId)
          const other = `${member.name}.${name}`
          const struct = pointeeType(Object.hasOwn(pointees, other) ? (pointees[other] ?? '') : pointee)
          const plain: Type = plainType(param.typeId) ?? { kind: 'void' }
          const of: Type =
            struct !== undefined && nullable === true ? { kind: 'nullable', of: struct } : (struct ?? plain)
          return { name, type: of, ...(pointee === '' ? {} : { pointee }), ...(owned === true ? { owned } : {}) }
        })
        const given = pointeeType(pointeeOf(proto.returns))
        const returns: Type | undefined =
          given === undefined ? plainType(proto.returns) : { kind: 'nullable', of: given }
        return [member.name, { returns, parameters }]
      }),
  )
}

function opsDataOf(btf: Btf, type: string): OpsData {
  const { members } = structOpsLayout(btf, type)
  const texts = members.filter((member) => member.kind === 'string')
  const named = texts.find((member) => member.name === 'name') ?? texts[0]
  return {
    names: members.filter(({ kind }) => kind === 'integer' || kind === 'string').map((member) => member.name),
    ...(named === undefined ? {} : { name: { member: named.name, limit: named.size - 1 } }),
    texts: new Map(texts.map((member) => [member.name, member.size - 1])),
  }
}

/** Names like a wrong one. */
export const nearest = (name: string, names: readonly string[]): readonly string[] => nearestNames(name, names)
