import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { parseBtf } from '@tscc/btf'
import {
  type BpfObject,
  type LinkedObject,
  type LinkOptions,
  linkObject,
  linkTarget,
  readObject,
  type VariableValue,
  variablesOf,
  withVariables,
} from '@tscc/object'
import {
  hostKernel,
  type KernelFiles,
  kernelFiles,
  kernelRelease,
  type LoadedObject,
  type LoadPlanOptions,
  loadPlan,
  lookupElement,
  mapValues,
  olderThan,
  updateElement,
} from '@tscc/syscall'
import { needs } from '../../../../tools/needs.ts'

/** Whether programs of all kinds can be loaded here. */
export const ready = needs('root', 'bpf_ids', 'btf')

export const kernel = hostKernel()
export const files: KernelFiles = kernelFiles(kernel)

/** Whether the kernel is of that release or later; says that it is not. */
export function since(release: string): boolean {
  const here = ready && !olderThan(kernelRelease(kernel), release)
  if (!here) console.warn(`skipped, this needs Linux ${release}`)
  return here
}

const kept: { target?: ReturnType<typeof linkTarget> } = {}
/** One target for all objects of a test file: what was looked up once is known. */
export const target = (): ReturnType<typeof linkTarget> => (kept.target ??= linkTarget(files))

/** Committed beside its source: `readBeside('maps')` is maps.bpf.o. */
export const readBeside = (name: string): BpfObject =>
  readObject(readFileSync(join(import.meta.dirname, `${name}.bpf.o`)))

/** A loaded object, and its variables. */
export interface Loaded extends LoadedObject {
  readonly linked: LinkedObject
  /** A variable as it is now, of whichever data section. */
  variable(name: string): VariableValue
}

/** How to load: programs by name (default: the linker's), initial values of variables, where maps are pinned. */
export interface LoadOptions {
  readonly programs?: readonly string[]
  readonly variables?: Readonly<Record<string, VariableValue>>
  readonly pinFolder?: LoadPlanOptions['pinFolder']
}

/** Read, link and load one of the objects here. */
export function load(name: string, { programs, variables = {}, pinFolder = 'none' }: LoadOptions = {}): Loaded {
  const object = withVariables(readBeside(name), variables)
  const options: LinkOptions = programs === undefined ? {} : { programs: (f) => programs.includes(f.name) }
  const linked = linkObject(object, target(), options)
  const loaded = loadPlan(kernel, linked, { pinFolder })
  const variable = (wanted: string): VariableValue => {
    const at = linked.maps.findIndex((map) => map.variables.some((one) => one.name === wanted))
    const [plan, map] = [linked.maps[at], loaded.maps[at]]
    if (plan === undefined || map === undefined || object.btf === undefined) throw new Error(`no variable ${wanted}`)
    using memory = mapValues(map)
    return variablesOf(plan, object.btf, memory.element(0).slice()).get(wanted)
  }
  return { ...loaded, linked, variable }
}

/** BTF of the running kernel, parsed. */
export const vmlinux = (): ReturnType<typeof parseBtf> => target().btf

export const u32 = (...values: readonly number[]): Uint8Array => new Uint8Array(Uint32Array.from(values).buffer)
export const u64 = (...values: readonly bigint[]): Uint8Array => new Uint8Array(BigUint64Array.from(values).buffer)
export const asU32 = (bytes: Uint8Array): readonly number[] => [...new Uint32Array(bytes.slice().buffer)]
export const asU64 = (bytes: Uint8Array): readonly bigint[] => [...new BigUint64Array(bytes.slice().buffer)]

/** The 8-byte values of an element; empty where there is none. */
export function element(loaded: LoadedObject, map: string, key: Uint8Array): readonly bigint[] {
  const value = lookupElement(loaded.map(map), key)
  return value === undefined ? [] : asU64(value)
}

export const setElement = (loaded: LoadedObject, map: string, key: Uint8Array, value: Uint8Array): void =>
  updateElement(loaded.map(map), key, value)

/** A packet of so many bytes: each its number, but for the protocol: one for experiments, of which the kernel expects nothing. */
export function packet(size: number): Uint8Array {
  const bytes = Uint8Array.from({ length: size }, (_, i) => i & 0xff)
  bytes.set([0x88, 0xb5], 12)
  return bytes
}

const cgroupRoot = /^\S+ (\S+) cgroup2 /m.exec(readMounts())?.[1]

function readMounts(): string {
  try {
    return readFileSync('/proc/self/mounts', 'utf8')
  } catch {
    return ''
  }
}

/** Whether there are cgroups of version 2. */
export function hasCgroups(): boolean {
  if (cgroupRoot === undefined) console.warn('skipped, this machine lacks a cgroup2 mount')
  return cgroupRoot !== undefined
}

/** A cgroup of our own, empty again when it is disposed of. */
export function makeCgroup(name: string): { readonly path: string; [Symbol.dispose](): void } {
  const path = join(cgroupRoot ?? '', `tscc-${name}-${process.pid}`)
  mkdirSync(path)
  return { path, [Symbol.dispose]: () => rmdirSync(path) }
}

/** Run a script of Node's in a cgroup; what it prints. */
export async function runInCgroup(path: string, script: string): Promise<string> {
  const join = `require('node:fs').writeFileSync(${JSON.stringify(`${path}/cgroup.procs`)}, String(process.pid));`
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', join + script], { timeout: 20_000 })
  return stdout.trim()
}

/** Move a process. */
export const moveTo = (path: string, pid: number): void => writeFileSync(`${path}/cgroup.procs`, `${pid}`)
