import { type Btf, type BtfType, typeCount, typeOf } from '@tscc/btf'
import type { BpfObject, ObjectFunction } from '../../model.ts'
import type { ResolvedExtern, ResolvedExterns } from '../link-externs.ts'
import type { PatchedFunction } from '../patch-function.ts'
import { MOST_PARAMETERS } from './helper-parameters.ts'
import type { Known } from './known.ts'
import { type PruneContext, parametersOf, pruneFunction } from './prune-function.ts'

/** What an object is on one kernel, so far. */
export interface PruneInput {
  readonly object: BpfObject
  readonly btf: Btf | undefined
  readonly patched: ReadonlyMap<number, PatchedFunction>
  readonly externs: ResolvedExterns
  /** May programs load the address of a kfunc? Where not, a number that is not 0 stands for it. */
  loadsKfuncs(): boolean
  /** Is it a callback that returns nothing? */
  isVoid(index: number): boolean
}

/** The object with its prunable functions pruned. */
export interface PrunedObject {
  readonly object: BpfObject
  readonly patched: ReadonlyMap<number, PatchedFunction>
  /** Slots before and after, of functions that got shorter. */
  readonly pruned: readonly { readonly function: string; readonly from: number; readonly to: number }[]
}

/** Prune the functions that say that they may be; the same object where there are none. */
export function pruneObject(input: PruneInput): PrunedObject {
  const { object, patched } = input
  const functions: ObjectFunction[] = [...object.functions]
  const codes = new Map(patched)
  const pruned: PrunedObject['pruned'][number][] = []
  const called = new Set(
    object.functions.flatMap(({ relocations }) =>
      relocations.flatMap((one) => (one.kind === 'call' || one.kind === 'function' ? [one.function] : [])),
    ),
  )
  const parameters = new Map<number, number>()
  // Programs stand before what they call, so that from the end callees mostly come first.
  for (const [index, before] of [...patched].reverse()) {
    const f = object.functions[index]
    if (f?.prunable !== true) continue
    const applied = { ...f, code: before.code }
    const context: PruneContext = {
      endian: object.endian,
      references: {
        loads: (extern) => loadedExtern(input, extern),
        mapValue: (map, offset) => readOnly(input, map, offset),
        parameters: (callee) =>
          callee.kind === 'call'
            ? (parameters.get(callee.function) ?? MOST_PARAMETERS)
            : externParameters(input, callee.extern),
      },
      isVoid: !called.has(index) && input.isVoid(index),
    }
    const after = pruneFunction(applied, context)
    parameters.set(index, functionParameters(input, after, context))
    if (after === applied) continue
    functions[index] = after
    codes.set(index, { ...before, code: after.code })
    pruned.unshift({ function: f.name, from: before.code.length / 8, to: after.code.length / 8 })
  }
  return pruned.length === 0
    ? { object, patched, pruned }
    : { object: { ...object, functions }, patched: codes, pruned }
}

/** What the wide load of an extern gives, as `programCode` writes it. */
function loadedExtern({ object, externs, loadsKfuncs }: PruneInput, index: number): Known {
  const extern = object.externs[index]
  const resolved: ResolvedExtern | undefined = externs.all[index]
  if (extern === undefined || resolved === undefined) return undefined
  if (extern.kind === 'kconfig') return { bytes: externs.config, at: extern.offset ?? 0 }
  switch (resolved.kind) {
    case 'absent':
    case 'unknown':
      return 0n
    case 'address':
      return resolved.address
    case 'kfunc':
      return loadsKfuncs() && resolved.module === undefined ? 'nonzero' : 1n
    default:
      return undefined
  }
}

/** Read-only data is what it is when the object is linked: who wants other values gives them before. */
function readOnly({ object }: PruneInput, index: number, offset: number): Known {
  const map = object.maps[index]
  return map?.kind === 'rodata' ? { bytes: map.data, at: offset } : undefined
}

/** By the prototype, which is the kernel's where the kfunc was found. */
function externParameters({ object, btf, externs }: PruneInput, index: number): number {
  const typeId = object.externs[index]?.typeId ?? 0
  if (btf === undefined || typeId === 0 || externs.all[index]?.kind !== 'kfunc') return MOST_PARAMETERS
  return prototypeParameters(btf, typeId)
}

/** Who calls a function that is verified by its prototype has to set all of that. */
function functionParameters({ btf }: PruneInput, f: ObjectFunction, context: PruneContext): number {
  const read = parametersOf(f, context)
  if (f.linkage === 'static') return read
  return btf === undefined || f.typeId === undefined
    ? MOST_PARAMETERS
    : Math.max(read, prototypeParameters(btf, f.typeId))
}

function prototypeParameters(btf: Btf, typeId: number): number {
  const func = typeAt(btf, typeId)
  const proto = func?.kind === 'func' ? typeAt(btf, func.typeId) : func
  return proto?.kind === 'func_proto' ? Math.min(proto.params.length, MOST_PARAMETERS) : MOST_PARAMETERS
}

/** A type that may not be there. */
const typeAt = (btf: Btf, id: number): BtfType | undefined =>
  Number.isInteger(id) && id > 0 && id <= typeCount(btf) ? typeOf(btf, id) : undefined
