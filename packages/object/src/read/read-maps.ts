import { type Btf, sizeOf, skipModifiers, typeOf } from '@tscc/btf'
import type { ObjectMap } from '../model.ts'
import { objectErrors } from '../object-errors.ts'

/** A map as its struct in `.maps` declares it, with the place of its initial elements. */
export interface DeclaredMap {
  readonly map: ObjectMap
  /** Where the array `values` starts in the variable. */
  readonly valuesAt: number | undefined
}

const bad = (name: string, why: string): Error => objectErrors.make('bad-file', { what: `map ${name}`, why })

/**
 * A BTF-defined map: each member's type says something. Numbers are the length of an array behind a pointer, types what a
 * pointer leads to, `values` an array of pointers to inner maps or programs.
 */
export function declaredMap(btf: Btf, name: string, typeId: number, inner = false): DeclaredMap {
  const struct = typeOf(btf, skipModifiers(btf, typeId))
  if (struct.kind !== 'struct') throw bad(name, `is declared as a ${struct.kind}`)
  const found = {
    type: 0,
    keySize: 0,
    valueSize: 0,
    maxEntries: 0,
    flags: 0,
    keyTypeId: 0,
    valueTypeId: 0,
    pinning: 'none' as 'none' | 'byName',
  }
  const more: { numaNode?: number; mapExtra?: bigint; inner?: ObjectMap } = {}
  let valuesAt: number | undefined
  for (const member of struct.members) {
    const number = () => arrayLength(btf, member.typeId, `${name}.${member.name}`)
    const target = () => pointee(btf, member.typeId, `${name}.${member.name}`)
    switch (member.name) {
      case 'type':
        found.type = number()
        break
      case 'max_entries':
        found.maxEntries = number()
        break
      case 'map_flags':
        found.flags = number()
        break
      case 'numa_node':
        more.numaNode = number()
        break
      case 'map_extra':
        more.mapExtra = BigInt(number())
        break
      case 'key_size':
        found.keySize = number()
        break
      case 'value_size':
        found.valueSize = number()
        break
      case 'key':
        found.keyTypeId = target()
        found.keySize = sizeOf(btf, found.keyTypeId)
        break
      case 'value':
        found.valueTypeId = target()
        found.valueSize = sizeOf(btf, found.valueTypeId)
        break
      case 'pinning': {
        const pinning = number()
        if (pinning > 1) throw bad(name, `pinning ${pinning} is not known`)
        found.pinning = pinning === 1 ? 'byName' : 'none'
        break
      }
      case 'values': {
        if (inner) throw bad(name, 'an inner map cannot hold maps')
        valuesAt = member.bitOffset / 8
        const array = typeOf(btf, skipModifiers(btf, member.typeId))
        if (array.kind !== 'array') throw bad(name, 'values is no array')
        const element = typeOf(btf, skipModifiers(btf, pointee(btf, array.typeId, `${name}.values`)))
        found.valueSize = 4
        if (element.kind === 'struct')
          more.inner = declaredMap(btf, `${name}.inner`, pointee(btf, array.typeId, `${name}.values`), true).map
        else if (element.kind !== 'func_proto') throw bad(name, `values leads to a ${element.kind}`)
        break
      }
      default:
        throw bad(name, `has no attribute ${member.name}`)
    }
  }
  const map: ObjectMap = {
    name,
    kind: 'declared',
    section: inner ? '' : '.maps',
    ...found,
    ...more,
    slots: [],
    data: new Uint8Array(0),
    variables: [],
  }
  return { map, valuesAt }
}

function pointee(btf: Btf, id: number, what: string): number {
  const type = typeOf(btf, skipModifiers(btf, id))
  if (type.kind !== 'ptr') throw bad(what, `is a ${type.kind}, not a pointer`)
  return type.typeId
}

function arrayLength(btf: Btf, id: number, what: string): number {
  const array = typeOf(btf, skipModifiers(btf, pointee(btf, id, what)))
  if (array.kind !== 'array') throw bad(what, `points to a ${array.kind}, not to an array`)
  return array.length
}
