import { nearestNames } from '@tscc/core'
import { type BpfObject, type LinkTarget, linkObject, type VariableValue, withVariables } from '@tscc/object'
import { linkStructOps, type Resolver } from '@tscc/struct-ops'
import {
  type LoadableStructOps,
  type RegistrableStructOps,
  renameStructOps,
  structOpsOf,
} from '@tscc/struct-ops/kernel'
import { type Kernel, loadPlan } from '@tscc/syscall'
import { cliErrors } from '../cli-errors.ts'
import type { LoadedSource } from './load-source.ts'

/** A struct_ops to be registered; its programs, where they are loaded already, may be closed afterwards. */
export interface OpenedStructOps {
  readonly ops: RegistrableStructOps
  close(): void
  [Symbol.dispose](): void
}

/** What a source is linked to: specs ask a resolver, objects a target. */
export interface LinkSides {
  resolver(): Resolver
  target(): LinkTarget
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

/** Link the struct_ops of a source, under another name where one is given; of an object, also load it. */
export function openStructOps(
  kernel: Kernel,
  source: LoadedSource,
  sides: LinkSides,
  wanted: WantedStructOps = {},
): OpenedStructOps {
  if ('spec' in source) {
    const [name] = Object.keys(wanted.set ?? {})
    if (name !== undefined)
      throw cliErrors.make('not-found', { what: `variable of ${source.label}`, name, nearest: [] })
    const ops = linkStructOps({ ...source.spec, name: wanted.name ?? source.spec.name }, sides.resolver())
    return { ops, close() {}, [Symbol.dispose]() {} }
  }
  const variable = chooseStructOps(source.path, source.object, wanted.value)
  // Programs of other types are no business of a registration.
  const linked = linkObject(withVariables(source.object, wanted.set ?? {}), sides.target(), {
    programs: () => false,
    structOps: (value) => value.name === variable,
  })
  const loaded = loadPlan(kernel, linked)
  try {
    const [ops] = structOpsOf(linked, loaded)
    if (ops === undefined) throw noStructOps(source.path)
    return { ops: named(ops, wanted.name), close: loaded.close, [Symbol.dispose]: loaded.close }
  } catch (error) {
    loaded.close()
    throw error
  }
}

const named = (ops: LoadableStructOps, name: string | undefined): LoadableStructOps =>
  name === undefined ? ops : renameStructOps(ops, name)

const noStructOps = (path: string): Error =>
  cliErrors.make('bad-object', { path, why: 'it has no struct_ops value to register' })

/** The variable of the struct_ops value that is wanted, or of the only one. */
function chooseStructOps(path: string, object: BpfObject, wanted: string | undefined): string {
  const names = object.structOps.map((value) => value.name)
  if (wanted !== undefined) {
    if (names.includes(wanted)) return wanted
    throw cliErrors.make('not-found', { what: 'struct_ops value', name: wanted, nearest: nearestNames(wanted, names) })
  }
  const loaded = object.structOps.filter(({ section }) => !section.startsWith('?')).map((value) => value.name)
  const [first, ...others] = loaded.length > 0 ? loaded : names
  if (first === undefined) throw noStructOps(path)
  if (others.length > 0) {
    const why = `it has several struct_ops values (${[first, ...others].join(', ')}); say which: --value NAME`
    throw cliErrors.make('bad-object', { path, why })
  }
  return first
}
