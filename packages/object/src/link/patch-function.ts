import { isTsccError } from '@tscc/core'
import type { CoreRelocation, ObjectFunction } from '../model.ts'
import { objectErrors } from '../object-errors.ts'
import { patchCore } from './core/patch-core.ts'
import type { CoreResolver, ResolvedCore } from './core/resolve-core.ts'

/** A function with its CO-RE relocations applied; other relocations wait for its place in a program. */
export interface PatchedFunction {
  readonly name: string
  readonly code: Uint8Array
  readonly core: readonly { readonly relocation: CoreRelocation; readonly resolved: ResolvedCore }[]
}

/** Apply the CO-RE relocations of a function; throws `object/bad-relocation` that says where. */
export function patchFunction(
  f: ObjectFunction,
  littleEndian: boolean,
  resolve: CoreResolver | undefined,
): PatchedFunction {
  const code = new Uint8Array(f.code)
  if (code.length === 0 || code.length % 8 !== 0)
    throw objectErrors.make('not-linkable', { what: f.name, why: `${code.length} bytes are no whole instructions` })
  const view = new DataView(code.buffer)
  const core = f.coreRelocations.map((relocation) => {
    const { at } = relocation
    try {
      if (resolve === undefined) throw objectErrors.make('bad-core', { why: 'the object has no BTF' })
      const resolved = resolve(relocation)
      patchCore(view, littleEndian, at, resolved, relocation.addend ?? 0)
      return { relocation, resolved }
    } catch (error) {
      if (!isTsccError(error)) throw error
      throw objectErrors.make('bad-relocation', { function: f.name, at, why: error.message }, error)
    }
  })
  return { name: f.name, code, core }
}
