import type { Btf } from '../btf.ts'
import { enumValues } from '../query.ts'
import { type TypeFinder, typeFinder } from '../type-finder.ts'

/**
 * May programs call kernel functions? Kernels before 5.13 have the functions, but no way to call them. Told by the helper
 * that came in the same release (uapi/linux/bpf.h); BTF that was cut down says nothing about it, and then they may.
 */
export function canCallKfuncs(btf: Btf, find: TypeFinder = typeFinder(btf)): boolean {
  const helpers = find('bpf_func_id', 'enum')
  return helpers === undefined || enumValues(btf, helpers).some((one) => one.name === 'BPF_FUNC_for_each_map_elem')
}
