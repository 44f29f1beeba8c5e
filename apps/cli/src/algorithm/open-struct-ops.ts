import { nearestNames } from '@tscc/core'
import { type LinkTarget, type LoadableObject, linkObject, type VariableValue, withVariables } from '@tscc/object'
import { linkStructOps, type Resolver } from '@tscc/struct-ops'
import { linkHere, type RegistrableStructOps, renameStructOps, structOpsOf } from '@tscc/struct-ops/kernel'
import { type Kernel, type LoadedObject, loadPlan } from '@tscc/syscall'
import { cliErrors } from '../cli-errors.ts'
import type { LoadedSource } from './load-source.ts'
import type { LoadedObjectFile } from './loaded-object.ts'
import { atSourceHere } from './rejection.ts'

/** Struct_ops to be registered; their programs, where they are loaded already, may be closed afterwards. */
export interface OpenedStructOps {
  /** At least one. */
  readonly all: readonly RegistrableStructOps[]
  close(): void
  [Symbol.dispose](): void
}

/** What a user wants of a source. */
export interface WantedStructOps {
  /** The kernel's name for it, where it is one. */
  readonly name?: string | undefined
  /** Names or variables of an object's struct_ops values; default: all of a `*.bpf.ts` file, the only one of an object file. */
  readonly only?: readonly string[] | undefined
  /** Initial values of an object's variables. */
  readonly set?: Readonly<Record<string, VariableValue>> | undefined
}

/** Another kernel than the running one to link to: specs ask a resolver, objects a target. */
export interface LinkSides {
  resolver(): Resolver
  /** Undefined: the running kernel. */
  readonly target: LinkTarget | undefined
}

/** Link the struct_ops of a source, under another name where one is given; of an object, also load them. */
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
    return { all: [ops], close() {}, [Symbol.dispose]() {} }
  }
  const linked = await linkSource(kernel, source, sides.target, wanted)
  checkNumber(source, linked, wanted)
  const loaded = loadHere(kernel, source, linked, wanted)
  try {
    const all = structOpsOf(linked, loaded)
    const { name } = wanted
    return {
      all: name === undefined ? all : all.map((ops) => renameStructOps(ops, name)),
      close: loaded.close,
      [Symbol.dispose]: loaded.close,
    }
  } catch (error) {
    loaded.close()
    throw error
  }
}

/** The only struct_ops of what was opened; `cli/several` where there are more. */
export function onlyOne(source: LoadedSource, { all }: OpenedStructOps): RegistrableStructOps {
  const [ops] = all
  if (ops === undefined || all.length > 1)
    throw cliErrors.make('several', { path: source.label, names: all.map(({ spec }) => spec.name) })
  return ops
}

function loadHere(
  kernel: Kernel,
  source: LoadedObjectFile,
  linked: LoadableObject,
  { set = {} }: WantedStructOps,
): LoadedObject {
  try {
    return loadPlan(kernel, linked)
  } catch (error) {
    throw atSourceHere(kernel, source, set, error)
  }
}

/** Programs of other types are no business of a registration. */
async function linkSource(
  kernel: Kernel,
  source: LoadedObjectFile,
  target: LinkTarget | undefined,
  wanted: WantedStructOps,
): Promise<LoadableObject> {
  const { set = {} } = wanted
  const variables = chosenVariables(source, wanted)
  if (target === undefined)
    return linkHere(kernel, source.bytes, {
      programs: 'struct_ops',
      variables: set,
      ...(variables === undefined ? {} : { structOps: variables }),
    })
  return linkObject(withVariables(source.object, set), target, {
    programs: () => false,
    ...(variables === undefined ? {} : { structOps: ({ name }) => variables.includes(name) }),
  })
}

/**
 * Variables of the struct_ops values that are wanted; each can be called by its variable or by the kernel's name for it.
 * Undefined for those of an object file that are loaded by themselves, which need not be read for that.
 */
function chosenVariables(source: LoadedObjectFile, { only }: WantedStructOps): readonly string[] | undefined {
  if (only === undefined) return undefined
  const values = namesOf(source)
  const wrong = only.find((one) => !values.some(({ variable, name }) => variable === one || name === one))
  if (wrong !== undefined)
    throw cliErrors.make('not-found', {
      what: 'struct_ops value',
      name: wrong,
      nearest: nearestNames(wrong, [...new Set(values.flatMap(({ variable, name }) => [name, variable]))]),
    })
  return values
    .filter(({ variable, name }) => only.includes(variable) || only.includes(name))
    .map(({ variable }) => variable)
}

const namesOf = ({ object, compiled }: LoadedObjectFile) =>
  object.structOps.map((value, i) => ({ variable: value.name, name: compiled?.module?.ops[i]?.name ?? value.name }))

/** Whoever lists algorithms in TypeScript means them all; of an object file with several one has to say which. */
function checkNumber(source: LoadedObjectFile, linked: LoadableObject, { only, name }: WantedStructOps): void {
  const { path, compiled } = source
  const names = linked.structOps.map((value) => value.name)
  if (names.length > 1 && (name !== undefined || (compiled === undefined && only === undefined)))
    throw cliErrors.make('several', { path, names })
  if (names.length > 0) return
  const others = namesOf(source).map((one) => one.name)
  throw cliErrors.make('bad-object', {
    path,
    why:
      others.length === 0
        ? 'it has no struct_ops value to register'
        : `its struct_ops values are not loaded by themselves; say which: --only NAME (${others.join(', ')})`,
  })
}
