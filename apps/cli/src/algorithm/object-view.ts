import { type LinkTarget, linkObject } from '@tscc/object'
import { bpfMapTypes } from '@tscc/syscall'
import type { LoadedObjectFile } from './loaded-object.ts'
import { type ObjectVariableView, variableViews } from './variables.ts'

/** What is in an object file, and what one kernel lacks of it. */
export interface ObjectView {
  readonly label: string
  readonly path: string
  readonly license: string
  readonly endian: 'little' | 'big'
  readonly programs: readonly {
    readonly name: string
    readonly section: string
    /** Slots of 8 bytes, of the function alone. */
    readonly instructions: number
    readonly relocations: number
  }[]
  readonly structOps: readonly {
    readonly variable: string
    readonly type: string
    /** The kernel's name for it. */
    readonly name: string
    readonly callbacks: readonly string[]
  }[]
  readonly maps: readonly {
    readonly name: string
    readonly type: string
    readonly keySize: number
    readonly valueSize: number
    readonly maxEntries: number
  }[]
  readonly variables: readonly ObjectVariableView[]
  readonly externs: readonly { readonly name: string; readonly kind: string; readonly weak: boolean }[]
  readonly dropped: readonly { readonly structOps: string; readonly callback: string; readonly why: string }[]
}

/** Look into an object; struct_ops values are linked, to tell which callbacks the kernel has. */
export function viewObject({ label, path, object }: LoadedObjectFile, target: LinkTarget): ObjectView {
  const linked =
    object.structOps.length === 0 ? [] : linkObject(object, target, { programs: () => false, untold: 'zero' }).structOps
  return {
    label,
    path,
    license: object.license,
    endian: object.endian,
    programs: object.functions.map((f) => ({
      name: f.name,
      section: f.section,
      instructions: f.code.length / 8,
      relocations: f.relocations.length + f.coreRelocations.length,
    })),
    structOps: object.structOps.map((value) => ({
      variable: value.name,
      type: value.type,
      name: linked.find((one) => one.variable === value.name)?.name ?? value.name,
      callbacks: value.callbacks.map((callback) => callback.member),
    })),
    maps: object.maps.map(({ name, type, keySize, valueSize, maxEntries }) => ({
      name,
      type: mapTypeName(type),
      keySize,
      valueSize,
      maxEntries,
    })),
    variables: variableViews(object),
    externs: object.externs.map(({ name, kind, weak }) => ({ name, kind, weak })),
    dropped: linked.flatMap((value) => value.dropped.map((one) => ({ structOps: value.variable, ...one }))),
  }
}

function mapTypeName(type: number): string {
  const found = Object.entries(bpfMapTypes).find(([, number]) => number === type)
  return found === undefined ? `${type}` : found[0].replace('BPF_MAP_TYPE_', '').toLowerCase()
}
