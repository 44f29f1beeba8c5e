import { type Btf, loadableBtf, nameOf, parseBtf } from '@tscc/btf'
import type { ArgumentRef, BpfObject, ObjectFunction, ObjectMap } from '../model.ts'
import { objectErrors } from '../object-errors.ts'
import { btfStrings } from '../write/btf-strings.ts'
import { choosePrograms, type RoleFound, roleOf, targetName } from './choose-programs.ts'
import { coreResolver } from './core/resolve-core.ts'
import { linkExterns } from './link-externs.ts'
import { linkStructOps } from './link-struct-ops.ts'
import { KFUNC_MARKERS, type LinkTarget, stateOf, type TargetState } from './link-target.ts'
import type { LinkedMap, LinkedObject, LinkedProgram, Resolutions } from './linked-object.ts'
import { type PatchedFunction, patchFunction } from './patch-function.ts'
import { functionAt, type PlacedFunction, placeProgram } from './place-program.ts'
import { programCode } from './program-code.ts'
import { programInfo } from './program-info.ts'
import { pruneObject } from './prune/prune-object.ts'

/** What to link of an object. */
export interface LinkOptions {
  /**
   * Which programs; default: all whose section has no `?` in front. Callbacks come with the struct_ops values that have
   * them, whatever this says.
   */
  readonly programs?: (f: ObjectFunction) => boolean
  /** Which struct_ops values. Default: all whose section has no `?` in front. */
  readonly structOps?: (value: { readonly name: string; readonly section: string; readonly type: string }) => boolean
  /** What a program attaches to, in the place of what its section says; undefined leaves that. */
  readonly attachTo?: (f: ObjectFunction) => string | undefined
  /**
   * What to do about configuration, version and symbols that the target says nothing of: an error (default), or zero, which
   * is good for looking at the result but not for running it.
   */
  readonly untold?: 'error' | 'zero'
}

/**
 * Bind an object to one kernel, as libbpf would: CO-RE relocations, externs, struct_ops members, subprograms; and besides the
 * arguments of callbacks. Pure: needs that kernel's BTF, and of its configuration and symbols what the object asks for.
 * Throws `object/…` errors that name the function and the instruction.
 */
export function linkObject(object: BpfObject, target: LinkTarget, options: LinkOptions = {}): LinkedObject {
  const state = stateOf(target)
  const questions = state.finder.moduleQuestions()
  const btf = object.btf === undefined ? undefined : parseBtf(object.btf, { pointerSize: 8 })
  checkEndian(object, target)
  expectNames(object, btf, state)
  const wantedOps = options.structOps ?? (({ section }) => !section.startsWith('?'))
  const structOps = object.structOps.filter(wantedOps).map((ops) => linkStructOps(needBtf(btf), ops, state))
  const programs = choosePrograms(object, options.programs, structOps).map((index) => {
    const f = functionAt(object, index)
    return { index, f, found: roleOf(f, index, structOps, state, options.attachTo?.(f)) }
  })
  const all = programs.flatMap(({ index }) => placeProgram(object, index))
  const applied = patchAll(object, btf, all, state)
  const externs = linkExterns(object, btf, externsOf(all), state, options.untold ?? 'error')
  const roles = new Map(programs.map(({ index, found }) => [index, found]))
  const {
    object: final,
    patched,
    pruned,
  } = pruneObject({
    object,
    btf,
    patched: applied,
    externs,
    loadsKfuncs: state.loadsKfuncs,
    isVoid: (index) => isVoid(roles.get(index)),
  })
  const littleEndian = object.endian === 'little'
  const strings = object.btf === undefined ? undefined : btfStrings(object.btf, littleEndian)
  const bindings: Resolutions['arguments'][number][] = []
  const linked = programs.map(({ index, f, found }): LinkedProgram => {
    const placed = placeProgram(final, index)
    const argumentIndex = (argument: ArgumentRef): number => {
      const bound = bindArgument(f, found, argument)
      bindings.push(bound)
      return bound.index
    }
    const code = programCode({
      object: final,
      placed,
      patched,
      externs: externs.all,
      loadsKfuncs: state.loadsKfuncs,
      argumentIndex,
    })
    const info = programInfo(placed, strings, littleEndian)
    return { name: f.name, section: f.section, function: index, ...found.role, ...code, ...info }
  })
  const places = new Map(linked.map((program, i) => [program.function, i]))
  return {
    license: object.license,
    btf: strings === undefined ? [] : btfForms(object, strings.finish()),
    ...withoutUnread(
      object.maps.map((map) => linkedMap(map, externs.config, places)),
      linked,
      object.maps.findIndex(({ kind }) => kind === 'kconfig' && pruned.length > 0),
    ),
    structOps: structOps.map((one) => one.linked),
    dependsOnModules: state.finder.moduleQuestions() > questions,
    resolved: {
      core: [...patched.values()].flatMap(({ name, core }) => core.map((one) => ({ function: name, ...one }))),
      externs: externs.all.flatMap((resolved, i) => {
        const extern = object.externs[i]
        return resolved === undefined || extern === undefined
          ? []
          : [{ name: extern.name, kind: extern.kind, weak: extern.weak, resolved }]
      }),
      arguments: bindings,
      attachments: programs.flatMap(({ f, found: { role, target: name } }) =>
        name === undefined
          ? []
          : [
              {
                function: f.name,
                target: name,
                id: role.attachBtfId,
                ...(role.attachModule === undefined ? {} : { module: role.attachModule }),
              },
            ],
      ),
      pruned,
    },
  }
}

/** Every callback that a program implements returns nothing. */
const isVoid = (found: RoleFound | undefined): boolean =>
  found !== undefined &&
  found.callbacks.length > 0 &&
  found.callbacks.every(({ link, name }) => {
    const callback = link.linked.callbacks.find(({ member }) => member.name === name)
    return callback !== undefined && link.isVoid(callback.member)
  })

/** Maps and programs without the map at `index`, unless a program reads it; -1 is no map. */
function withoutUnread(
  maps: readonly LinkedMap[],
  programs: readonly LinkedProgram[],
  index: number,
): Pick<LinkedObject, 'maps' | 'programs'> {
  const isRead = programs.some((program) => program.maps.some(({ map }) => map === index))
  if (index < 0 || isRead) return { maps, programs }
  const moved = (map: number): number => (map > index ? map - 1 : map)
  return {
    maps: maps
      .filter((_, at) => at !== index)
      .map((map) => ({
        ...map,
        slots: map.slots.map((slot) => (slot.kind === 'map' ? { ...slot, target: moved(slot.target) } : slot)),
      })),
    programs: programs.map((program) => ({
      ...program,
      maps: program.maps.map(({ at, map }) => ({ at, map: moved(map) })),
    })),
  }
}

function checkEndian(object: BpfObject, target: LinkTarget): void {
  const kernel = target.btf.littleEndian ? 'little' : 'big'
  if (object.endian !== kernel)
    throw objectErrors.make('not-linkable', {
      what: 'object',
      why: `is ${object.endian} endian, the kernel is ${kernel} endian`,
    })
}

/** Tell the finder every name that linking may ask for, so that one walk over the kernel's BTF finds them all. */
function expectNames(object: BpfObject, btf: Btf | undefined, state: TargetState): void {
  const roots = new Set(object.functions.flatMap((f) => f.coreRelocations.map(({ typeId }) => typeId)))
  const targets = object.functions.flatMap((f) => targetName(f.section) ?? [])
  const externs = object.externs.filter(({ kind }) => kind !== 'kconfig').map(({ name }) => name)
  const kfuncs = object.externs.some(({ kind }) => kind === 'kfunc')
  state.finder.expect([
    ...(btf === undefined ? [] : [...roots].map((id) => nameOf(btf, id)).filter((name) => name !== '')),
    ...object.structOps.flatMap(({ type }) => [type, `bpf_struct_ops_${type}`]),
    ...targets,
    ...externs,
    ...(kfuncs ? KFUNC_MARKERS : []),
  ])
}

function needBtf(btf: Btf | undefined): Btf {
  if (btf !== undefined) return btf
  throw objectErrors.make('not-linkable', { what: 'object', why: 'its struct_ops values need BTF, and it has none' })
}

/** CO-RE relocations of every function in use, each once: all programs that call it get the same. */
function patchAll(
  object: BpfObject,
  btf: Btf | undefined,
  placed: readonly PlacedFunction[],
  state: TargetState,
): ReadonlyMap<number, PatchedFunction> {
  const functions = new Map(placed.map(({ index, function: f }) => [index, f]))
  const resolve = btf === undefined ? undefined : coreResolver(btf, state.finder)
  const littleEndian = object.endian === 'little'
  return new Map([...functions].map(([index, f]) => [index, patchFunction(f, littleEndian, resolve)]))
}

function externsOf(placed: readonly PlacedFunction[]): ReadonlySet<number> {
  return new Set(
    placed.flatMap(({ function: f }) => f.relocations.flatMap((one) => (one.kind === 'extern' ? [one.extern] : []))),
  )
}

/** An argument of the callback that a program implements. */
function bindArgument(f: ObjectFunction, found: RoleFound, argument: ArgumentRef): Resolutions['arguments'][number] {
  const [first] = found.callbacks
  if (first === undefined)
    throw objectErrors.make('not-linkable', { what: f.name, why: 'asks for a callback argument, but is no callback' })
  const index = first.link.argumentIndex(first.name, argument)
  return { function: f.name, callback: first.name, argument: argument.name, written: argument.index, index }
}

function btfForms(object: BpfObject, bytes: Uint8Array): readonly Uint8Array[] {
  const btf = parseBtf(bytes, { pointerSize: 8 })
  const staticFuncs = new Set(
    object.functions.flatMap((f) => (f.hidden && f.section === '.text' && f.typeId !== undefined ? [f.typeId] : [])),
  )
  return loadableBtf(btf, { staticFuncs })
}

function linkedMap(map: ObjectMap, config: Uint8Array, programs: ReadonlyMap<number, number>): LinkedMap {
  const { kind, section: _, inner, slots, data, ...fields } = map
  return {
    ...fields,
    ...(inner === undefined ? {} : { inner: linkedMap(inner, config, programs) }),
    slots: slots.flatMap((slot): LinkedMap['slots'] => {
      if (slot.kind === 'map') return [{ ...slot, kind: 'map' }]
      const target = programs.get(slot.target)
      return target === undefined ? [] : [{ index: slot.index, kind: 'program', target }]
    }),
    data: kind === 'kconfig' ? config : data,
    frozen: kind === 'rodata' || kind === 'kconfig',
  }
}
