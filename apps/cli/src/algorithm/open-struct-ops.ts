import { nearestNames } from '@tscc/core'
import { type LinkTarget, type LoadableObject, linkObject, type VariableValue, withVariables } from '@tscc/object'
import { linkStructOps, type Resolver } from '@tscc/struct-ops'
import {
  type LoadableStructOps,
  linkHere,
  type RegistrableStructOps,
  renameStructOps,
  structOpsOf,
} from '@tscc/struct-ops/kernel'
import { type Kernel, loadPlan } from '@tscc/syscall'
import { cliErrors } from '../cli-errors.ts'
import type { LoadedObjectFile, LoadedSource } from './load-source.ts'

/** A struct_ops to be registered; its programs, where they are loaded already, may be closed afterwards. */
export interface OpenedStructOps {
  readonly ops: RegistrableStructOps
  close(): void
  [Symbol.dispose](): void
}

/** What a user wants of a source. */
export interface WantedStructOps {
  /** The kernel's name for it. */
  readonly name?: string | undefined
  /** Variable of an object's struct_ops value. */
  readonly value?: string | undefined
  /** Initial values of an object's variables. */
  readonly set?: Readonly<Record<string, VariableValue>> | undefined
}

/** Another kernel than the running one to link to: specs ask a resolver, objects a target. */
export interface LinkSides {
  resolver(): Resolver
  /** Undefined: the running kernel. */
  readonly target: LinkTarget | undefined
}

/** Link the struct_ops of a source, under another name where one is given; of an object, also load it. */
export async function openStructOps(
  kernel: Kernel,
  source: LoadedSource,
  sides: LinkSides,
  wanted: WantedStructOps = {},
): Promise<OpenedStructOps> {
  if ('spec' in source) {
    const [variable] = Object.keys(wanted.set ?? {})
    if (variable !== undefined)
      throw cliErrors.make('not-found', { what: `variable of ${source.label}`, name: variable, nearest: [] })
    const ops = linkStructOps({ ...source.spec, name: wanted.name ?? source.spec.name }, sides.resolver())
    return { ops, close() {}, [Symbol.dispose]() {} }
  }
  const linked = await linkSource(kernel, source, sides.target, wanted)
  const variable = chooseStructOps(source, linked, wanted.value)
  const loaded = loadPlan(kernel, linked)
  try {
    const ops = structOpsOf(linked, loaded)[variable]
    if (ops === undefined) throw noStructOps(source.path)
    return { ops: named(ops, wanted.name), close: loaded.close, [Symbol.dispose]: loaded.close }
  } catch (error) {
    loaded.close()
    throw error
  }
}

/** Programs of other types are no business of a registration. */
async function linkSource(
  kernel: Kernel,
  source: LoadedObjectFile,
  target: LinkTarget | undefined,
  { value, set = {} }: WantedStructOps,
): Promise<LoadableObject> {
  if (target === undefined)
    return linkHere(kernel, source.bytes, {
      programs: 'struct_ops',
      variables: set,
      ...(value === undefined ? {} : { structOps: [value] }),
    })
  return linkObject(withVariables(source.object, set), target, {
    programs: () => false,
    ...(value === undefined ? {} : { structOps: ({ name }) => name === value }),
  })
}

const named = (ops: LoadableStructOps, name: string | undefined): LoadableStructOps =>
  name === undefined ? ops : renameStructOps(ops, name)

const noStructOps = (path: string): Error =>
  cliErrors.make('bad-object', { path, why: 'it has no struct_ops value to register' })

/** Index of the struct_ops value that is wanted, or of the only one. */
function chooseStructOps(source: LoadedObjectFile, linked: LoadableObject, wanted: string | undefined): number {
  const names = linked.structOps.map((value) => value.variable)
  if (names.length === 1) return 0
  if (names.length > 1) {
    const why = `it has several struct_ops values (${names.join(', ')}); say which: --value NAME`
    throw cliErrors.make('bad-object', { path: source.path, why })
  }
  const others = source.object.structOps.map((value) => value.name)
  if (wanted !== undefined)
    throw cliErrors.make('not-found', { what: 'struct_ops value', name: wanted, nearest: nearestNames(wanted, others) })
  if (others.length === 0) throw noStructOps(source.path)
  throw cliErrors.make('bad-object', {
    path: source.path,
    why: `its struct_ops values are not loaded by themselves; say which: --value NAME (${others.join(', ')})`,
  })
}
