import { type Btf, kindOf, nameOf } from './btf.ts'
import { infoKind, kindNumber } from './kinds.ts'
import { skipModifiers } from './sizes.ts'
import { typeOf, typeOfKind } from './type-of.ts'
import type { BtfEnumValue, BtfParam } from './types.ts'

/** The ids of every type of one kind, ascending, the base's first; a scan over info words that decodes nothing. */
export function typesOfKind(btf: Btf, kind: Parameters<typeof kindNumber>[0]): readonly number[] {
  const ids: number[] = btf.base === undefined ? [] : [...typesOfKind(btf.base, kind)]
  const { types, decodable } = btf.state
  const wanted = kindNumber(kind)
  if (decodable[wanted] !== 1) return ids
  const count = types.count()
  for (let record = 0; record < count; record++)
    if (infoKind(types.words[types.at(record) + 1] ?? 0) === wanted) ids.push(btf.firstId + record)
  return ids
}

/** The values of an enum or enum64, or of a typedef of one; bigint for enum64. */
export function enumValues(btf: Btf, id: number): readonly BtfEnumValue[] {
  return typeOfKind(btf, skipModifiers(btf, id), 'enum', 'enum64').values
}

/** A function's signature. */
export interface FuncProto {
  /** Type id, 0 for void. */
  readonly returns: number
  readonly params: readonly BtfParam[]
  /** Ends in `...`, which is not among the parameters. */
  readonly variadic: boolean
}

/** The signature of a func, a func_proto, or a pointer to or typedef of one. */
export function funcProto(btf: Btf, id: number): FuncProto {
  let current = skipModifiers(btf, id)
  for (const through of ['ptr', 'func'] as const) {
    const type = typeOf(btf, current)
    if (type.kind === through) current = skipModifiers(btf, type.typeId)
  }
  const { returnTypeId, params } = typeOfKind(btf, current, 'func_proto')
  const last = params.at(-1)
  const variadic = last !== undefined && last.name === '' && last.typeId === 0
  return { returns: returnTypeId, params: variadic ? params.slice(0, -1) : params, variadic }
}

/** A declaration tag (`__attribute__((btf_decl_tag(…)))`) on a type. */
export interface DeclTag {
  readonly tag: string
  /** Index of the tagged member or parameter, -1 for the declaration itself. */
  readonly component: number
  readonly id: number
}

/** The declaration tags on one type, in order. */
export function declTags(btf: Btf, id: number): readonly DeclTag[] {
  const tags: DeclTag[] = []
  for (const tagId of typesOfKind(btf, 'decl_tag')) {
    const tag = typeOfKind(btf, tagId, 'decl_tag')
    if (tag.typeId === id) tags.push({ tag: tag.name, component: tag.component, id: tagId })
  }
  return tags
}

/** A named type. */
export interface NamedType {
  readonly name: string
  readonly typeId: number
}

/** Functions that BPF programs may call: those with the declaration tag `bpf_kfunc` (kernels from 6.10 on have it). */
export function kfuncs(btf: Btf): readonly NamedType[] {
  const ids = new Set<number>()
  for (const tagId of typesOfKind(btf, 'decl_tag')) {
    const tag = typeOfKind(btf, tagId, 'decl_tag')
    if (tag.name === 'bpf_kfunc' && tag.component === -1 && kindOf(btf, tag.typeId) === 'func') ids.add(tag.typeId)
  }
  return [...ids].map((typeId) => ({ name: nameOf(btf, typeId), typeId }))
}

/** A struct of callbacks that BPF can implement, and the struct that its map holds. */
export interface StructOpsType {
  readonly name: string
  readonly typeId: number
  readonly valueName: string
  readonly valueTypeId: number
  /** Where the ops struct starts in the value, in bytes. */
  readonly dataOffset: number
}

const VALUE_PREFIX = 'bpf_struct_ops_'

/** Every struct_ops type: a struct X inside a struct `bpf_struct_ops_X`. */
export function structOpsTypes(btf: Btf): readonly StructOpsType[] {
  const found: StructOpsType[] = []
  for (const valueTypeId of typesWithPrefix(btf, 'struct', VALUE_PREFIX)) {
    const value = typeOfKind(btf, valueTypeId, 'struct')
    const name = value.name.slice(VALUE_PREFIX.length)
    for (const member of value.members) {
      if (member.name !== 'data' || found.some((entry) => entry.name === name)) continue
      const typeId = skipModifiers(btf, member.typeId)
      if (kindOf(btf, typeId) === 'struct' && nameOf(btf, typeId) === name)
        found.push({ name, typeId, valueName: value.name, valueTypeId, dataOffset: member.bitOffset / 8 })
    }
  }
  return found
}

const encoder = new TextEncoder()

/** Ids of one kind whose names begin with `prefix`. */
function typesWithPrefix(btf: Btf, kind: Parameters<typeof kindNumber>[0], prefix: string): readonly number[] {
  const start = encoder.encode(prefix)
  const own = btf.state.strings
  const matches = (id: number): boolean => {
    const offset = id < btf.firstId ? -1 : (btf.state.types.words[btf.state.types.at(id - btf.firstId)] ?? 0) >>> 0
    if (offset < own.start) return nameOf(btf, id).startsWith(prefix)
    for (let i = 0; i < start.length; i++) if (own.bytes[offset - own.start + i] !== start[i]) return false
    return true
  }
  return typesOfKind(btf, kind).filter(matches)
}
