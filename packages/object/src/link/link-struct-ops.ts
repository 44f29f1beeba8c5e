import {
  argumentIndex,
  type Btf,
  callbackSignatures,
  funcProto,
  membersOf,
  pointeesOf,
  type StructOpsLayout,
  type StructOpsMember,
  sizeOf,
  skipModifiers,
  structOpsLayout,
  typeOf,
} from '@tscc/btf'
import type { ArgumentRef, ObjectStructOps } from '../model.ts'
import { objectErrors } from '../object-errors.ts'
import type { Candidate } from './core/candidates.ts'
import { essentialName } from './core/essential-name.ts'
import type { TargetState } from './link-target.ts'

/** A struct_ops value bound to one kernel. */
export interface LinkedStructOps {
  /** The variable's name. */
  readonly variable: string
  /** What the kernel calls it: its member `name`, or else the variable. */
  readonly name: string
  readonly section: string
  readonly layout: StructOpsLayout
  /** The module that has the type; absent for vmlinux. */
  readonly module?: string
  /** The map's value, callbacks zero. */
  readonly value: Uint8Array
  readonly callbacks: readonly {
    readonly member: StructOpsMember
    /** Index among the object's functions. */
    readonly function: number
    /** Byte of {@link value} where the program's descriptor goes. */
    readonly valueOffset: number
  }[]
  /** Members that this kernel does not have. */
  readonly dropped: readonly { readonly callback: string; readonly why: string }[]
}

/** A linked struct_ops, and where its kernel passes arguments. */
export interface StructOpsLink {
  readonly linked: LinkedStructOps
  /** Position of a callback's argument; `object/unknown-argument` where the kernel passes none such. */
  argumentIndex(callback: string, argument: ArgumentRef): number
  /** Does a callback return nothing? */
  isVoid(member: StructOpsMember): boolean
}

/** Copy a value member by member to where the kernel has them; throws `object/struct-ops-member`. */
export function linkStructOps(btf: Btf, ops: ObjectStructOps, state: TargetState): StructOpsLink {
  const found: Candidate = state.finder.locate(`bpf_struct_ops_${ops.type}`, 'struct') ?? {
    btf: state.target.btf,
    id: 0,
  }
  const layout = structOpsLayout(found.btf, ops.type, found.module === undefined ? state.find : undefined)
  const bad = (member: string, why: string): Error =>
    objectErrors.make('struct-ops-member', { type: ops.type, member, why })
  const local = typeOf(btf, ops.typeId)
  if (local.kind !== 'struct') throw bad(ops.name, `the object declares it as a ${local.kind}`)
  const value = new Uint8Array(layout.valueSize)
  const callbacks: LinkedStructOps['callbacks'][number][] = []
  const dropped: { callback: string; why: string }[] = []
  let name = ''
  for (const member of local.members) {
    if (member.name === '') throw bad(ops.type, 'members without a name cannot be found on the kernel')
    const wanted = essentialName(member.name)
    const at = Math.floor(member.bitOffset / 8)
    const size = sizeOf(btf, member.typeId)
    const bytes = ops.data.subarray(at, at + size)
    const callback = ops.callbacks.find((one) => one.offset === at)
    const kernel = layout.members.find((one) => one.name === wanted)
    if (kernel === undefined) {
      if (callback !== undefined) dropped.push({ callback: wanted, why: `the kernel's ${ops.type} has no ${wanted}` })
      else if (bytes.some((byte) => byte !== 0)) throw bad(wanted, 'the kernel has no such member, and it is not zero')
      continue
    }
    if (callback !== undefined) {
      if (kernel.kind !== 'callback') throw bad(wanted, 'is no callback on the kernel')
      const valueOffset = layout.dataOffset + kernel.offset
      callbacks.push({ member: kernel, function: callback.function, valueOffset })
      continue
    }
    const isPointer = typeOf(btf, skipModifiers(btf, member.typeId)).kind === 'ptr'
    if (bytes.every((byte) => byte === 0)) continue
    if (isPointer) throw bad(wanted, 'is a pointer that is no program')
    if (member.bitSize > 0) throw bad(wanted, 'is a bitfield')
    if (kernel.size !== size) throw bad(wanted, `has ${size} bytes, on the kernel ${kernel.size}`)
    value.set(bytes, layout.dataOffset + kernel.offset)
    if (kernel.kind === 'string' && (name === '' || wanted === 'name')) name = cString(bytes)
  }
  const linked: LinkedStructOps = {
    variable: ops.name,
    name: name === '' ? ops.name : name,
    section: ops.section,
    layout,
    ...(found.module === undefined ? {} : { module: found.module }),
    value,
    callbacks,
    dropped,
  }
  return {
    linked,
    argumentIndex: (callback, argument) => findArgument(found.btf, layout, callback, argument),
    isVoid(member) {
      const pointer = membersOf(found.btf, layout.typeId)[member.index]?.typeId
      return pointer !== undefined && funcProto(found.btf, pointer).returns === 0
    },
  }
}

function findArgument(btf: Btf, layout: StructOpsLayout, callback: string, argument: ArgumentRef): number {
  const pointees = pointeesOf(btf, layout, callback)
  const names = (): readonly string[] =>
    callbackSignatures(btf, layout.type, { layout })
      .find((signature) => signature.callback === callback)
      ?.parameters.map((parameter) => parameter.name) ?? []
  const index = argumentIndex(argument, pointees, names)
  if (index !== undefined) return index
  throw objectErrors.make('unknown-argument', {
    callback,
    argument: argument.name === '' ? `${argument.index}` : argument.name,
    found: pointees.map((pointee, i) => names()[i] || pointee || '?'),
  })
}

const decoder = new TextDecoder()

function cString(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end))
}
