import { type Btf, nameOf } from '@tscc/btf'
import { nearestNames } from '@tscc/core'
import { decode, type Insn, insnSlots } from '@tscc/insn'
import type { Machine, ProgramSpec } from './machine.ts'
import type { MapSpec, VmMap } from './maps/map.ts'
import { mapTypes } from './maps/map-types.ts'
import type { VmProgram } from './program/program.ts'
import { vmErrors } from './vm-errors.ts'

/** What the machine needs of an object that is linked to a kernel: a `LinkedObject` of `@tscc/object` is one. */
export interface ObjectToLoad {
  readonly maps: readonly MapToLoad[]
  readonly programs: readonly {
    readonly name: string
    readonly code: Uint8Array
    /** Wide loads that take a map, by slot. */
    readonly maps: readonly { readonly at: number; readonly map: number }[]
    /** Modules of called kfuncs, by the calls' offsets from 1 on. */
    readonly modules: readonly string[]
    /** Index among the object's functions. */
    readonly function: number
  }[]
  readonly structOps: readonly {
    readonly name: string
    readonly callbacks: readonly { readonly member: { readonly name: string }; readonly function: number }[]
  }[]
}

/** A map of such an object. */
export interface MapToLoad extends MapSpec {
  /** What its one value begins with; empty for zeros. */
  readonly data: Uint8Array
  readonly frozen: boolean
  readonly variables: readonly { readonly name: string; readonly offset: number; readonly size: number }[]
  readonly inner?: MapToLoad
  readonly slots: readonly { readonly index: number; readonly kind: 'map' | 'program'; readonly target: number }[]
}

/** How to load an object; what is not here is as in {@link ProgramSpec}. */
export interface LoadObjectOptions extends Pick<ProgramSpec, 'engine' | 'budget' | 'mayGotoBudget' | 'zeroReads'> {
  /** Types of the kernel that the object was linked to: names of kfuncs and of kernel variables. */
  readonly btf: Btf
  /** Types of its modules, where kfuncs of theirs are called. */
  readonly modules?: Readonly<Record<string, Btf>>
  /** Addresses of kernel variables by name. */
  readonly variables?: Readonly<Record<string, number>>
}

/** The bytes of a variable in a data map, as programs see them. */
export interface VariableView {
  readonly bytes: Uint8Array
  readonly view: DataView
}

/** An object in a machine. */
export interface LoadedObject {
  readonly programs: ReadonlyMap<string, VmProgram>
  readonly maps: ReadonlyMap<string, VmMap>
  readonly variables: ReadonlyMap<string, VariableView>
  /** Callbacks of each struct_ops value, by its name and by theirs: `structOps.get('reno')?.get('cong_avoid')`. */
  readonly structOps: ReadonlyMap<string, ReadonlyMap<string, VmProgram>>
  /** A program by name; `vm/unknown-program` if there is none. */
  program(name: string): VmProgram
}

const BPF_F_RDONLY_PROG = 1 << 7

/**
 * Make the maps of a linked object, load its programs and find its callbacks. Throws what {@link Machine.load} throws:
 * kfuncs that the machine was not given are `vm/unknown-kfunc`.
 */
export function loadObject(machine: Machine, object: ObjectToLoad, options: LoadObjectOptions): LoadedObject {
  const { btf, modules = {}, variables: addresses = {}, ...runs } = options
  const made = object.maps.map((spec) => (spec.type === mapTypes.STRUCT_OPS ? undefined : machine.map(specOf(spec))))
  for (const [i, { data }] of object.maps.entries()) if (data.length > 0) made[i]?.get(new Uint8Array(4))?.set(data)
  const loaded = object.programs.map((program) =>
    machine.load({
      ...runs,
      name: program.name,
      insns: withMaps(decode(program.code), program.maps),
      maps: made,
      kfuncName(btfId, btfFdIndex) {
        const module = program.modules[btfFdIndex - 1]
        const types = btfFdIndex === 0 ? btf : module === undefined ? undefined : modules[module]
        return types === undefined ? `#${btfId} of ${module ?? 'an unknown module'}` : nameOf(types, btfId)
      },
      variable(btfId) {
        const name = nameOf(btf, btfId)
        return Object.hasOwn(addresses, name) ? addresses[name] : undefined
      },
    }),
  )
  for (const [i, { slots }] of object.maps.entries())
    for (const { index, kind, target } of slots) {
      const [map, inner, program] = [made[i], made[target], loaded[target]]
      if (map === undefined) continue
      if (kind === 'map' && inner !== undefined)
        machine.setMap(
          map,
          Uint8Array.from([0, 8, 16, 24], (by) => index >> by),
          inner,
        )
      if (kind === 'program' && program !== undefined) machine.setProgram(map, index, program)
    }
  const programs = new Map(loaded.map((program) => [program.name, program]))
  const byFunction = new Map(object.programs.map(({ function: index }, i) => [index, loaded[i]]))
  return {
    programs,
    maps: new Map(made.flatMap((map) => (map === undefined ? [] : [[map.name, map]]))),
    variables: new Map(object.maps.flatMap((spec, i) => viewsOf(spec, made[i]))),
    structOps: new Map(
      object.structOps.map(({ name, callbacks }) => [
        name,
        new Map(
          callbacks.flatMap(({ member, function: index }) => {
            const program = byFunction.get(index)
            return program === undefined ? [] : [[member.name, program] as const]
          }),
        ),
      ]),
    ),
    program(name) {
      const found = programs.get(name)
      if (found === undefined)
        throw vmErrors.make('unknown-program', { name, nearest: nearestNames(name, [...programs.keys()]) })
      return found
    },
  }
}

function specOf({ name, type, keySize, valueSize, maxEntries, flags = 0, frozen }: MapToLoad): MapSpec {
  return { name, type, keySize, valueSize, maxEntries, flags: frozen ? flags | BPF_F_RDONLY_PROG : flags }
}

function viewsOf(spec: MapToLoad, map: VmMap | undefined): readonly (readonly [string, VariableView])[] {
  if (spec.variables.length === 0) return []
  const value = map?.get(new Uint8Array(4))
  if (value === undefined) return []
  return spec.variables.map(({ name, offset, size }) => {
    const bytes = value.subarray(offset, offset + size)
    return [name, { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, size) }]
  })
}

/** Wide loads get the index of their map where a descriptor would be. */
function withMaps(
  insns: readonly Insn[],
  maps: readonly { readonly at: number; readonly map: number }[],
): readonly Insn[] {
  const bySlot = new Map(maps.map(({ at, map }) => [at, map]))
  let slot = 0
  return insns.map((insn): Insn => {
    const map = bySlot.get(slot)
    slot += insnSlots(insn)
    if (map === undefined || insn.kind !== 'ldImm64') return insn
    return insn.source === 'mapValue' || insn.source === 'mapFd' ? { ...insn, mapFd: map } : insn
  })
}
