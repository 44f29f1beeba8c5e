import { fnv1a } from '@tscc/core'
import { linkObject, linkTarget, withVariables } from '@tscc/object'
import { type BpfMap, type Kernel, kernelFiles, type LoadedObject, loadPlan } from '@tscc/syscall'
import { sources } from '../generated/sources.ts'
import { compileProgram } from '../load-program.ts'
import { type StoreMaps, storeMaps } from './store.ts'

/** Loads policy programs for scopes, compiled and linked once. */
export interface PolicyLoader {
  /** The program of a scope, on the maps of a store; without one, on maps of its own. */
  load(scope: number, maps?: StoreMaps): LoadedObject
}

const loaders = new WeakMap<Kernel, PolicyLoader>()

/** A loader for the running kernel; what it compiled is kept as long as the process lives. */
export function policyLoader(kernel: Kernel): PolicyLoader {
  const known = loaders.get(kernel)
  if (known !== undefined) return known
  const made = newLoader(kernel)
  loaders.set(kernel, made)
  return made
}

function newLoader(kernel: Kernel): PolicyLoader {
  const { object } = compileProgram('policy')
  const target = linkTarget(kernelFiles(kernel))
  return {
    load(scope, maps) {
      const linked = linkObject(withVariables(object, { scope }), target)
      const reuse = new Map<string, BpfMap>(
        maps === undefined
          ? []
          : Object.entries(maps).map(([name, map]) => [storeMaps[name as keyof StoreMaps].map, map]), // entries of that record
      )
      return loadPlan(kernel, linked, { reuse })
    },
  }
}

/** Another text of the program has another version: 8 hexadecimal digits. */
export const policyVersion = (): string => fnv1a(sources.policy).toString(16).padStart(8, '0')
