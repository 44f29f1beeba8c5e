import { type Btf, type BtfParam, nameOf, sizeOf, skipModifiers, structOpsTypes, typeOf } from '@tscc/btf'
import { nearestNames } from '@tscc/core'
import { structOpsErrors } from './errors.ts'
import type { CallbackParameter, StructOpsLayout, StructOpsMember } from './layout.ts'
import { stubNames, type TypeFinder, typeFinder } from './type-finder.ts'

/** Names of every struct_ops type that a kernel's BTF offers. */
export function structOpsNames(btf: Btf): readonly string[] {
  return structOpsTypes(btf).map((entry) => entry.name)
}

/** Ids, layout and signatures of a struct_ops type; `struct-ops/unknown-type` where the kernel lacks it. */
export function describeStructOps(btf: Btf, type: string, find: TypeFinder = typeFinder(btf)): StructOpsLayout {
  const valueName = `bpf_struct_ops_${type}`
  const typeId = find(type, 'struct')
  const valueTypeId = find(valueName, 'struct')
  if (typeId === undefined || valueTypeId === undefined)
    throw structOpsErrors.make('unknown-type', { type, nearest: nearestNames(type, structOpsNames(btf)) })
  const value = typeOf(btf, valueTypeId)
  const data = value.kind === 'struct' ? value.members.find((m) => m.name === 'data') : undefined
  if (data === undefined || skipModifiers(btf, data.typeId) !== typeId)
    throw structOpsErrors.make('bad-layout', { type, what: `struct ${valueName} has no member data of that type` })
  const members = membersOfOps(btf, type, typeId, find)
  // Stubs came with 6.9; before it none is found, and then their absence says nothing.
  const haveStubs = members.some((member) => member.callback?.stub === true)
  return {
    type,
    typeId,
    size: sizeOf(btf, typeId),
    valueTypeId,
    valueSize: sizeOf(btf, valueTypeId),
    dataOffset: data.bitOffset / 8,
    members: haveStubs ? members : members.map(withoutStub),
  }
}

function withoutStub(member: StructOpsMember): StructOpsMember {
  if (member.callback === undefined) return member
  const { parameters, returns } = member.callback
  return { ...member, callback: { parameters, returns } }
}

function membersOfOps(btf: Btf, type: string, typeId: number, find: TypeFinder): readonly StructOpsMember[] {
  const ops = typeOf(btf, typeId)
  if (ops.kind !== 'struct') throw structOpsErrors.make('bad-layout', { type, what: `it is a ${ops.kind}` })
  return ops.members.map((member, index): StructOpsMember => {
    const place = {
      name: member.name,
      index,
      offset: Math.floor(member.bitOffset / 8),
      size: sizeOf(btf, member.typeId),
    }
    const target = typeOf(btf, skipModifiers(btf, member.typeId))
    const proto = target.kind === 'ptr' ? typeOf(btf, skipModifiers(btf, target.typeId)) : undefined
    if (proto?.kind === 'func_proto') {
      const stub = stubParameters(btf, find, stubNames(type, member.name), proto.params)
      return {
        ...place,
        kind: 'callback',
        callback: {
          parameters: proto.params.map((param, i) => describeParameter(btf, param, stub?.[i]?.name)),
          returns: typeText(btf, proto.returnTypeId),
          stub: stub !== undefined,
        },
      }
    }
    if (target.kind === 'array') {
      const element = typeOf(btf, skipModifiers(btf, target.typeId))
      return { ...place, kind: element.kind === 'int' && element.size === 1 ? 'string' : 'other' }
    }
    return { ...place, kind: target.kind === 'int' || target.kind === 'enum' ? 'integer' : 'other' }
  })
}

/** Parameters of the stub behind a member; a function of that name with another prototype is none. */
function stubParameters(
  btf: Btf,
  find: TypeFinder,
  names: readonly string[],
  params: readonly BtfParam[],
): readonly BtfParam[] | undefined {
  for (const name of names) {
    const id = find(name, 'func')
    const func = id === undefined ? undefined : typeOf(btf, id)
    const proto = func?.kind === 'func' ? typeOf(btf, func.typeId) : undefined
    if (proto?.kind !== 'func_proto' || proto.params.length !== params.length) continue
    if (proto.params.every((param, i) => typeText(btf, param.typeId) === typeText(btf, params[i]?.typeId ?? 0)))
      return proto.params
  }
  return undefined
}

function describeParameter(btf: Btf, param: BtfParam, stubName: string | undefined): CallbackParameter {
  const target = typeOf(btf, skipModifiers(btf, param.typeId))
  const pointee = target.kind === 'ptr' ? typeOf(btf, skipModifiers(btf, target.typeId)) : undefined
  const named = pointee?.kind === 'struct' || pointee?.kind === 'union' || pointee?.kind === 'fwd'
  return {
    name: param.name === '' ? (stubName ?? '') : param.name,
    type: typeText(btf, param.typeId),
    pointee: named ? pointee.name : '',
    size: target.kind === 'ptr' ? 8 : sizeOf(btf, param.typeId),
  }
}

/** Types that a prototype nests no deeper than this. */
const MAX_DEPTH = 16

/** A parameter's type as C writes it, short: enough for signatures, not for declarations. */
function typeText(btf: Btf, id: number, depth = 0): string {
  if (id === 0) return 'void'
  if (depth > MAX_DEPTH) return '…'
  const type = typeOf(btf, id)
  const inner = (): string => typeText(btf, 'typeId' in type ? type.typeId : 0, depth + 1)
  switch (type.kind) {
    case 'ptr': {
      const text = inner()
      return text.endsWith('*') ? `${text}*` : `${text} *`
    }
    case 'const':
    case 'volatile':
    case 'restrict':
      return `${type.kind} ${inner()}`
    case 'type_tag':
      return inner()
    case 'struct':
    case 'union':
    case 'enum':
      return `${type.kind} ${type.name}`
    case 'enum64':
      return `enum ${type.name}`
    case 'fwd':
      return `${type.of} ${type.name}`
    case 'func_proto':
      return 'function'
    default:
      return nameOf(btf, id)
  }
}
