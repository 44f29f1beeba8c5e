import { nearestNames } from '@tscc/core'
import { type Btf, kindOf, nameOf } from '../btf.ts'
import { btfErrors } from '../btf-errors.ts'
import { funcProto, structOpsTypes } from '../query.ts'
import { sizeOf, skipModifiers } from '../sizes.ts'
import { type TypeFinder, typeFinder } from '../type-finder.ts'
import { typeOf } from '../type-of.ts'
import type { StructOpsLayout, StructOpsMember } from './layout.ts'

/** Names of every struct_ops type that a kernel's BTF offers. */
export function structOpsNames(btf: Btf): readonly string[] {
  return structOpsTypes(btf).map((entry) => entry.name)
}

/** Above what any kernel has room for in one value of a struct_ops map: a BTF that says more is damaged. */
const MAX_VALUE_SIZE = 1 << 20

/** Ids and layout of a struct_ops type; `btf/unknown-struct-ops` where the kernel lacks it. */
export function structOpsLayout(btf: Btf, type: string, find: TypeFinder = typeFinder(btf)): StructOpsLayout {
  const valueName = `bpf_struct_ops_${type}`
  const typeId = find(type, 'struct')
  const valueTypeId = find(valueName, 'struct')
  if (typeId === undefined || valueTypeId === undefined)
    throw btfErrors.make('unknown-struct-ops', { type, nearest: nearestNames(type, structOpsNames(btf)) })
  const value = typeOf(btf, valueTypeId)
  const data = value.kind === 'struct' ? value.members.find((m) => m.name === 'data') : undefined
  if (data === undefined || skipModifiers(btf, data.typeId) !== typeId)
    throw btfErrors.make('bad-struct-ops', { type, what: `struct ${valueName} has no member data of that type` })
  const size = sizeOf(btf, typeId)
  const valueSize = sizeOf(btf, valueTypeId)
  const dataOffset = data.bitOffset / 8
  if (valueSize > MAX_VALUE_SIZE || dataOffset + size > valueSize)
    throw btfErrors.make('bad-struct-ops', {
      type,
      what: `${size} bytes at ${dataOffset} of struct ${valueName}, which has ${valueSize} (at most ${MAX_VALUE_SIZE})`,
    })
  return {
    type,
    typeId,
    size,
    valueTypeId,
    valueSize,
    dataOffset,
    members: membersOfOps(btf, type, typeId),
  }
}

function membersOfOps(btf: Btf, type: string, typeId: number): readonly StructOpsMember[] {
  const ops = typeOf(btf, typeId)
  if (ops.kind !== 'struct') throw btfErrors.make('bad-struct-ops', { type, what: `it is a ${ops.kind}` })
  return ops.members.map((member, index): StructOpsMember => {
    const offset = Math.floor(member.bitOffset / 8)
    const target = typeOf(btf, skipModifiers(btf, member.typeId))
    if (target.kind === 'ptr' && kindOf(btf, skipModifiers(btf, target.typeId)) === 'func_proto')
      return { name: member.name, index, offset, size: btf.pointerSize, kind: 'callback' }
    const place = { name: member.name, index, offset, size: sizeOf(btf, member.typeId) }
    if (target.kind === 'array') {
      const element = typeOf(btf, skipModifiers(btf, target.typeId))
      return { ...place, kind: element.kind === 'int' && element.size === 1 ? 'string' : 'other' }
    }
    return { ...place, kind: target.kind === 'int' || target.kind === 'enum' ? 'integer' : 'other' }
  })
}

/** What each argument of a callback points to: the name of a struct or union, or empty. */
export function pointeesOf(btf: Btf, layout: StructOpsLayout, callback: string): readonly string[] {
  const member = layout.members.find((candidate) => candidate.name === callback && candidate.kind === 'callback')
  const ops = typeOf(btf, layout.typeId)
  const declared = ops.kind === 'struct' && member !== undefined ? ops.members[member.index] : undefined
  if (declared === undefined) return []
  return funcProto(btf, declared.typeId).params.map((param) => pointeeOf(btf, param.typeId))
}

/** Name of the struct or union that a pointer leads to; empty for everything else. Structs are not decoded for it. */
function pointeeOf(btf: Btf, id: number): string {
  const target = typeOf(btf, skipModifiers(btf, id))
  if (target.kind !== 'ptr') return ''
  const pointee = skipModifiers(btf, target.typeId)
  const kind = kindOf(btf, pointee)
  return kind === 'struct' || kind === 'union' || kind === 'fwd' ? nameOf(btf, pointee) : ''
}
