import { linkObject, linkTarget, withVariables } from '@tscc/object'
import { type LoadableStructOps, structOpsOf } from '@tscc/struct-ops/kernel'
import { hostKernel, type Kernel, kernelFiles, type LoadedObject, loadPlan, mapValues } from '@tscc/syscall'
import { diagnosticText } from '../diagnostics.ts'
import type { Handle } from '../lower/scope.ts'
import { type DataType, sizeOfData } from '../types.ts'
import type { CompiledFile } from './compile-file.ts'
import { decodeData, encodeData, type LiveValue } from './data-codec.ts'
import { liveMap } from './live-maps.ts'
import { liveSockOps } from './live-sock-ops.ts'
import { liveStructOps } from './live-struct-ops.ts'

/** The exports of a `*.bpf.ts` file as live handles: algorithms, tunables, globals, maps. */
export interface LiveModule {
  readonly exports: Readonly<Record<string, unknown>>
  /** The programs and maps in the kernel go when nothing else holds them. */
  close(): void
  [Symbol.dispose](): void
}

/** Thrown for a file with mistakes: the message is all of them, as the command line prints them. */
export class CompileError extends Error {
  readonly diagnostics: CompiledFile['diagnostics']
  constructor(compiled: CompiledFile) {
    const texts = compiled.diagnostics.map((one) => diagnosticText(one, compiled.sourceOf(one.file) ?? ''))
    super(`\n${texts.join('\n')}`)
    this.name = 'CompileError'
    this.diagnostics = compiled.diagnostics
  }
}

/**
 * Handles for a compiled module. Nothing is loaded before one of them needs the kernel: until then tunables and globals can
 * be set; from then on tunables are constant.
 */
export function liveModule(compiled: CompiledFile, kernel: Kernel = hostKernel()): LiveModule {
  const { object, module } = compiled
  if (object === undefined || module === undefined) throw new CompileError(compiled)
  const initial = new Map<string, Uint8Array>()
  const state: { loaded?: LoadedObject; closed: boolean } = { closed: false }
  const views = new Map<string, Uint8Array>()
  const linkAll = () => linkObject(withInitial(object, initial), linkTarget(kernelFiles(kernel)))
  const linked: { current?: ReturnType<typeof linkAll> } = {}
  const load = (): LoadedObject => {
    if (state.closed) throw new Error('the module was closed')
    linked.current ??= linkAll()
    state.loaded ??= loadPlan(kernel, linked.current)
    return state.loaded
  }
  const view = (section: string): Uint8Array => {
    const known = views.get(section)
    if (known !== undefined) return known
    const made = mapValues(load().map(section), { writable: section !== '.rodata' }).element(0)
    views.set(section, made)
    return made
  }
  const data = (handle: Exclude<Handle, { kind: 'map' }>): { value: unknown } => {
    const size = sizeOfData(handle.type)
    const bytes = (): Uint8Array =>
      state.loaded === undefined
        ? (initial.get(handle.name) ?? initialOf(object, handle.name, size))
        : view(handle.section).subarray(handle.offset, handle.offset + size)
    return {
      get value(): unknown {
        return liveValue(handle.type, bytes, (next) => store(next))
      },
      set value(next: unknown) {
        store(encodeData(handle.type, next, handle.name))
      },
    }
    function store(next: Uint8Array): void {
      if (handle.kind === 'constant') throw new Error(`${handle.name} is a constant: tunable<T>(…) can be set`)
      if (state.loaded === undefined) initial.set(handle.name, next)
      else if (handle.kind === 'tunable')
        throw new Error(`${handle.name} is a tunable: the programs are loaded, and it is constant to them`)
      else bytes().set(next)
    }
  }
  const exports: Record<string, unknown> = {}
  for (const ops of module.ops) exports[ops.exported] = liveStructOps(kernel, ops.name, () => registrable(ops.name))
  const sockOps = object.functions.filter(({ section }) => section === 'sockops')
  for (const [i, { name, exported }] of module.sockOps.entries())
    exports[exported] = liveSockOps(kernel, name, () => load().program(sockOps[i]?.name ?? name))
  for (const name of module.exports) {
    const handle = module.scope.handles.get(name)
    if (handle === undefined || Object.hasOwn(exports, name)) continue
    if (handle.kind === 'map') exports[name] = liveMap(handle, () => load().map(handle.declaration.name))
    else exports[name] = handle.kind === 'constant' ? data(handle).value : data(handle)
  }
  for (const name of module.exports) {
    const constant = module.scope.constants.get(name)
    if (constant !== undefined) exports[name] = Number(constant.value)
  }
  if (module.license !== undefined && module.exports.includes('license')) exports.license = module.license
  const close = (): void => {
    state.closed = true
    state.loaded?.close()
  }
  return { exports, close, [Symbol.dispose]: close }

  function registrable(name: string): LoadableStructOps {
    const loaded = load()
    if (linked.current === undefined) throw new Error('the module is not linked')
    const ops = structOpsOf(linked.current, loaded).find((one) => one.spec.name === name)
    if (ops === undefined) throw new Error(`the object has no ${name}`)
    return ops
  }
}

function withInitial(object: NonNullable<CompiledFile['object']>, initial: ReadonlyMap<string, Uint8Array>) {
  if (initial.size === 0) return object
  // By bytes: the codec here knows the program's own types.
  const maps = object.maps.map((map) => {
    const mine = map.variables.filter((variable) => initial.has(variable.name))
    if (mine.length === 0) return map
    const content = new Uint8Array(map.valueSize)
    content.set(map.data)
    for (const { name, offset } of mine) content.set(initial.get(name) ?? [], offset)
    const isZero = content.every((byte) => byte === 0)
    return map.kind === 'bss' && isZero
      ? map
      : { ...map, kind: map.kind === 'bss' ? ('data' as const) : map.kind, data: content }
  })
  return withVariables({ ...object, maps }, {})
}

function initialOf(object: NonNullable<CompiledFile['object']>, name: string, size: number): Uint8Array {
  for (const map of object.maps) {
    const variable = map.variables.find((one) => one.name === name)
    if (variable !== undefined && map.data.length > 0) return map.data.slice(variable.offset, variable.offset + size)
  }
  return new Uint8Array(size)
}

/** A number or truth value as such; of records and arrays a view whose members can be set. */
function liveValue(type: DataType, bytes: () => Uint8Array, store: (next: Uint8Array) => void): unknown {
  if (type.kind === 'int' || type.kind === 'bool') return decodeData(type, bytes())
  const part = (offset: number, inner: DataType): { get(): unknown; set(next: unknown): void } => {
    const size = sizeOfData(inner)
    const own = (): Uint8Array => bytes().subarray(offset, offset + size)
    const put = (next: Uint8Array): void => {
      const whole = bytes().slice()
      whole.set(next, offset)
      store(whole)
    }
    return { get: () => liveValue(inner, own, put), set: (next) => put(encodeData(inner, next)) }
  }
  const target: Record<string, unknown> = {}
  const define = (name: string, offset: number, inner: DataType): void => {
    Object.defineProperty(target, name, { enumerable: true, ...part(offset, inner) })
  }
  if (type.kind === 'record') for (const [name, field] of type.layout.fields) define(name, field.offset, field.type)
  else {
    for (let i = 0; i < type.length; i++) define(`${i}`, i * sizeOfData(type.element), type.element)
    Object.defineProperty(target, 'length', { value: type.length })
    Object.defineProperty(target, Symbol.iterator, {
      *value(): Generator<LiveValue> {
        const decoded = decodeData(type, bytes())
        yield* Array.isArray(decoded) ? decoded : []
      },
    })
  }
  return target
}
