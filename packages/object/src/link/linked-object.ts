import type { CoreRelocation, ObjectExtern, ObjectVariable } from '../model.ts'
import type { ResolvedCore } from './core/resolve-core.ts'
import type { ResolvedExtern } from './link-externs.ts'
import type { LinkedStructOps } from './link-struct-ops.ts'

/**
 * What loading needs of an object that is bound to one kernel: plain data, to be given to `loadPlan` of `@tscc/syscall`.
 * What still is missing are descriptors, which exist only in a process.
 */
export interface LoadableObject {
  readonly license: string
  /** The object's BTF: as it is, and (where that differs) as kernels without newer kinds take it. */
  readonly btf: readonly Uint8Array[]
  readonly maps: readonly LinkedMap[]
  readonly programs: readonly LinkedProgram[]
  readonly structOps: readonly LinkedStructOps[]
}

/** An object bound to one kernel. */
export interface LinkedObject extends LoadableObject {
  /** Modules were asked for something: linking again may give something else when others are loaded. */
  readonly dependsOnModules: boolean
  /** What was found for every relocation and extern, for those who want to know. */
  readonly resolved: Resolutions
}

/** A map to create. */
export interface LinkedMap {
  readonly name: string
  readonly type: number
  readonly keySize: number
  readonly valueSize: number
  readonly maxEntries: number
  readonly flags: number
  readonly keyTypeId: number
  readonly valueTypeId: number
  readonly numaNode?: number
  readonly mapExtra?: bigint
  readonly pinning: 'none' | 'byName'
  readonly inner?: LinkedMap
  readonly slots: readonly { readonly index: number; readonly kind: 'map' | 'program'; readonly target: number }[]
  readonly data: Uint8Array
  readonly frozen: boolean
  readonly variables: readonly ObjectVariable[]
}

/** A program to load: code with everything filled in but descriptors. */
export interface LinkedProgram {
  readonly name: string
  readonly section: string
  /** BPF_PROG_TYPE_* number. */
  readonly type: number
  readonly expectedAttachType: number
  readonly flags: number
  readonly attachBtfId: number
  readonly attachModule?: string
  readonly code: Uint8Array
  /** Wide loads that take a map's descriptor. */
  readonly maps: readonly { readonly at: number; readonly map: number }[]
  /** Modules of the kfuncs that are called, by the calls' offsets from 1 on. */
  readonly modules: readonly string[]
  readonly funcInfo: Uint8Array
  readonly lineInfo: Uint8Array
  /** Index among the object's functions. */
  readonly function: number
}

/** What linking found out. */
export interface Resolutions {
  readonly core: readonly {
    readonly function: string
    readonly relocation: CoreRelocation
    readonly resolved: ResolvedCore
  }[]
  readonly externs: readonly {
    readonly name: string
    readonly kind: ObjectExtern['kind']
    readonly weak: boolean
    readonly resolved: ResolvedExtern
  }[]
  readonly arguments: readonly {
    readonly function: string
    readonly callback: string
    readonly argument: string
    readonly written: number
    readonly index: number
  }[]
  readonly attachments: readonly {
    readonly function: string
    readonly target: string
    readonly id: number
    readonly module?: string
  }[]
  /** Functions that got shorter, in slots. */
  readonly pruned: readonly { readonly function: string; readonly from: number; readonly to: number }[]
}
