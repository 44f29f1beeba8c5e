import { nearestNames } from '@tscc/core'
import { nativeLittleEndian } from './attr.ts'
import { bpfMapTypes } from './bpf-types.ts'
import { type BtfObject, loadBtf } from './btf-object.ts'
import { errnoNumber } from './errno.ts'
import { btfIds, openBtfById } from './ids.ts'
import { btfInfo } from './info.ts'
import type { Kernel } from './kernel.ts'
import type { LoadableMap, LoadableProgram, LoadPlan } from './load-plan.ts'
import { type BpfMap, createMap, freezeMap } from './map.ts'
import { updateElement } from './map-element.ts'
import { openPinnedMap, pinObject } from './pin.ts'
import { type LoadProgramOptions, loadProgram, type Program, type ProgramBtf } from './program.ts'
import { syscallErrors } from './syscall-errors.ts'

/** Maps and programs in the kernel, and their owner: `close()` gives up the descriptors; what is attached or pinned lives on. */
export interface LoadedObject {
  readonly kernel: Kernel
  /** In the plan's order. */
  readonly maps: readonly BpfMap[]
  /** In the plan's order; undefined where `only` left one out. */
  readonly programs: readonly (Program | undefined)[]
  readonly btf: BtfObject | undefined
  /** By name; `syscall/no-such-object` with the nearest names. */
  map(name: string): BpfMap
  program(name: string): Program
  close(): void
  [Symbol.dispose](): void
}

/** How to load a plan. */
export interface LoadPlanOptions extends LoadProgramOptions {
  /** Which programs to load; default all. */
  readonly only?: (program: LoadableProgram, index: number) => boolean
  /** Where maps with `pinning: 'byName'` are shared. Default `/sys/fs/bpf`; `'none'`: they are not. */
  readonly pinFolder?: string
  /** Maps to use in the place of new ones, by name; they stay their owner's. */
  readonly reuse?: ReadonlyMap<string, BpfMap>
}

/** Create the maps, load the programs. A failure leaves nothing behind but maps that were pinned by name. */
export function loadPlan(kernel: Kernel, plan: LoadPlan, options: LoadPlanOptions = {}): LoadedObject {
  const owned: { close(): void }[] = []
  const own = <T extends { close(): void }>(object: T): T => {
    owned.push(object)
    return object
  }
  const close = (): void => {
    for (const object of owned.splice(0).reverse()) object.close()
  }
  try {
    const types = loadFirst(kernel, plan.btf)
    const { btf } = types
    if (btf !== undefined) own(btf)
    const maps = plan.maps.map((map) => {
      const reused = options.reuse?.get(map.name)
      return reused ?? own(createPlanned(kernel, map, types, options.pinFolder ?? '/sys/fs/bpf'))
    })
    fillSlots(plan, maps, 'map', (target) => maps[target]?.fd)
    const modules = moduleBtfs(kernel, own)
    const programs = plan.programs.map((program, index) =>
      options.only?.(program, index) === false
        ? undefined
        : own(loadPlanned(kernel, plan, program, maps, btf, modules, options)),
    )
    fillSlots(plan, maps, 'program', (target) => programs[target]?.fd)
    return {
      kernel,
      maps,
      programs,
      btf,
      map: (name) => byName('map', name, plan.maps, maps),
      program: (name) => byName('program', name, plan.programs, programs),
      close,
      [Symbol.dispose]: close,
    }
  } catch (error) {
    close()
    throw error
  }
}

function byName<T>(
  what: string,
  name: string,
  rows: readonly { readonly name: string }[],
  objects: readonly (T | undefined)[],
): T {
  const found = objects[rows.findIndex((row) => row.name === name)]
  if (found !== undefined) return found
  const names = rows.filter((_, index) => objects[index] !== undefined).map((row) => row.name)
  throw syscallErrors.make('no-such-object', { what, name, nearest: nearestNames(name, names) })
}

/** An object's BTF in the kernel, or why the kernel refused the last of its forms. */
interface LoadedBtf {
  readonly btf: BtfObject | undefined
  readonly refusal?: { readonly reason: string; readonly log: string } | undefined
}

/** BTF serves the reader of a map and the verifier's log; kernels that take none of the forms do without, where they can. */
function loadFirst(kernel: Kernel, forms: readonly Uint8Array[]): LoadedBtf {
  let refusal: LoadedBtf['refusal']
  for (const bytes of forms) {
    try {
      return { btf: loadBtf(kernel, bytes) }
    } catch (error) {
      if (syscallErrors.is(error, 'syscall/btf')) refusal = error.context
      else if (!refused(error, 'EINVAL')) throw error
    }
  }
  return { btf: undefined, refusal }
}

const refused = (error: unknown, name: Parameters<typeof errnoNumber>[0]): boolean =>
  syscallErrors.is(error, 'syscall/bpf') && error.context.errno === errnoNumber(name)

function createPlanned(kernel: Kernel, plan: LoadableMap, btf: LoadedBtf, pinFolder: string): BpfMap {
  if (plan.pinning === 'none' || pinFolder === 'none') return createFilled(kernel, plan, btf)
  const path = `${pinFolder}/${plan.name}`
  const pinned = openIfPinned(kernel, path)
  if (pinned !== undefined) {
    const same = (['type', 'keySize', 'valueSize', 'maxEntries'] as const).every((key) => pinned[key] === plan[key])
    if (same) return pinned
    pinned.close()
    throw syscallErrors.make('pinned-map-differs', { path, found: shapeOf(pinned), expected: shapeOf(plan) })
  }
  const map = createFilled(kernel, plan, btf)
  try {
    pinObject(kernel, map, path)
    return map
  } catch (error) {
    map.close()
    throw error
  }
}

const shapeOf = (map: Pick<LoadableMap, 'type' | 'keySize' | 'valueSize' | 'maxEntries'>): string =>
  `type ${map.type}, key ${map.keySize}, value ${map.valueSize}, entries ${map.maxEntries}`

function openIfPinned(kernel: Kernel, path: string): BpfMap | undefined {
  try {
    return openPinnedMap(kernel, path)
  } catch (error) {
    if (refused(error, 'ENOENT')) return undefined
    throw error
  }
}

function createFilled(kernel: Kernel, plan: LoadableMap, btf: LoadedBtf): BpfMap {
  const inner = plan.inner === undefined ? undefined : createOne(kernel, plan.inner, { btf: undefined }, undefined)
  try {
    const map = createOne(kernel, plan, btf, inner?.fd)
    try {
      if (plan.data.length > 0) updateElement(map, new Uint8Array(map.keySize), plan.data)
      if (plan.frozen) freezeMap(map)
      return map
    } catch (error) {
      map.close()
      throw error
    }
  } finally {
    inner?.close()
  }
}

/** The kernel refuses BTF for some map types (and some types' BTF): BTF is for readers, so the map is made without. */
function createOne(
  kernel: Kernel,
  plan: LoadableMap,
  { btf, refusal }: LoadedBtf,
  innerMapFd: number | undefined,
): BpfMap {
  const { type, keySize, valueSize, flags, numaNode, mapExtra, keyTypeId, valueTypeId } = plan
  const maxEntries = entriesHere(kernel, plan)
  const spec = {
    type,
    keySize,
    valueSize,
    maxEntries,
    flags,
    name: objectName(plan.name),
    ...(innerMapFd === undefined ? {} : { innerMapFd }),
    ...(numaNode === undefined ? {} : { numaNode }),
    ...(mapExtra === undefined ? {} : { mapExtra }),
  }
  if (keyTypeId === 0 && valueTypeId === 0) return createMap(kernel, spec)
  if (btf === undefined) {
    try {
      return createMap(kernel, spec)
    } catch (error) {
      if (refusal === undefined || !syscallErrors.is(error, 'syscall/bpf') || !refused(error, 'EINVAL')) throw error
      const { errno, name } = error.context
      throw syscallErrors.make('map-btf', { errno, name, map: plan.name, reason: refusal.reason, log: refusal.log })
    }
  }
  try {
    return createMap(kernel, { ...spec, btf: { fd: btf.fd, keyTypeId, valueTypeId } })
  } catch (error) {
    if (!syscallErrors.is(error, 'syscall/bpf') || refused(error, 'EPERM')) throw error
    return createMap(kernel, spec)
  }
}

/** What an object leaves to the machine: one perf buffer for each CPU, and ring buffers of whole pages by powers of two. */
function entriesHere(kernel: Kernel, { type, maxEntries }: LoadableMap): number {
  if (type === bpfMapTypes.BPF_MAP_TYPE_PERF_EVENT_ARRAY && maxEntries === 0) return kernel.possibleCpus()
  if (type !== bpfMapTypes.BPF_MAP_TYPE_RINGBUF && type !== bpfMapTypes.BPF_MAP_TYPE_USER_RINGBUF) return maxEntries
  if (maxEntries === 0) return 0
  let size = PAGE
  while (size < maxEntries && size < 2 ** 31) size *= 2
  return size
}

/** Of machines that have 4 KB pages; larger ones refuse the map, and the object then has to say what it wants. */
const PAGE = 4096

/** A name as the kernel takes it: what it refuses becomes `_`, and what is too long is cut. */
function objectName(name: string): string {
  return name.replace(/[^A-Za-z0-9_.]/g, '_').slice(0, 15)
}

function fillSlots(
  plan: LoadPlan,
  maps: readonly BpfMap[],
  kind: 'map' | 'program',
  fdOf: (target: number) => number | undefined,
): void {
  plan.maps.forEach((planned, at) => {
    const map = maps[at]
    for (const slot of planned.slots) {
      const fd = slot.kind === kind ? fdOf(slot.target) : undefined
      if (map !== undefined && fd !== undefined) updateElement(map, u32(slot.index), u32(fd))
    }
  })
}

function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, nativeLittleEndian)
  return bytes
}

/** Descriptors of modules' BTF by name, opened when first asked for. */
function moduleBtfs(kernel: Kernel, own: (object: BtfObject) => BtfObject): (name: string) => BtfObject {
  const opened = new Map<string, BtfObject>()
  return (name) => {
    const btf = opened.get(name) ?? own(openModuleBtf(kernel, name))
    opened.set(name, btf)
    return btf
  }
}

/** The BTF of a loaded module, by the module's name; needs CAP_SYS_ADMIN, as all id lookups do. */
export function openModuleBtf(kernel: Kernel, name: string): BtfObject {
  for (const id of btfIds(kernel)) {
    const btf = openBtfById(kernel, id)
    if (btf === undefined) continue // gone meanwhile
    const info = btfInfo(kernel, btf.fd)
    if (info.name === name && info.kernel_btf === 1) return btf
    btf.close()
  }
  throw syscallErrors.make('no-such-object', { what: "module's BTF", name, nearest: [] })
}

function loadPlanned(
  kernel: Kernel,
  plan: LoadPlan,
  program: LoadableProgram,
  maps: readonly BpfMap[],
  btf: BtfObject | undefined,
  modules: (name: string) => BtfObject,
  options: LoadProgramOptions,
): Program {
  const instructions = program.code.slice()
  const view = new DataView(instructions.buffer)
  for (const { at, map } of program.maps) view.setInt32(8 * at + 4, maps[map]?.fd ?? -1, nativeLittleEndian)
  // Index 0 of the array stands for vmlinux.
  const fdArray = program.modules.length === 0 ? [] : [0, ...program.modules.map((name) => modules(name).fd)]
  return loadProgram(
    kernel,
    {
      type: program.type,
      instructions,
      license: plan.license,
      name: objectName(program.name),
      label: program.name,
      expectedAttachType: program.expectedAttachType,
      flags: program.flags,
      attachBtfId: program.attachBtfId,
      ...(program.attachModule === undefined ? {} : { attachBtfObjectFd: modules(program.attachModule).fd }),
      ...(btf === undefined ? {} : { btf: programBtf(btf, program) }),
      fdArray,
    },
    options,
  )
}

function programBtf(btf: BtfObject, { funcInfo, lineInfo }: LoadableProgram): ProgramBtf {
  return { fd: btf.fd, funcInfo, lineInfo }
}
