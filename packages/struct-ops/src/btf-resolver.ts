import { type Btf, enumValues, resolveField } from '@tscc/btf'
import { nearestNames } from '@tscc/core'
import { callbackSignatures } from './callback-signatures.ts'
import { structOpsErrors } from './errors.ts'
import type { StructOpsLayout } from './layout.ts'
import type { Resolver } from './resolver.ts'
import { pointeesOf, structOpsLayout } from './struct-ops-layout.ts'
import { typeFinder } from './type-finder.ts'

/** Resolve against one kernel's BTF. Pure: the BTF may be that of any kernel, of any machine. */
export function btfResolver(btf: Btf): Resolver {
  const find = typeFinder(btf)
  const layouts = new Map<string, StructOpsLayout>()
  const layoutOf = (type: string): StructOpsLayout => {
    const layout = layouts.get(type) ?? structOpsLayout(btf, type, find)
    layouts.set(type, layout)
    return layout
  }
  const known: { callsKfuncs?: boolean } = {}
  const callsKfuncs = (): boolean => {
    known.callsKfuncs ??= !isBefore513(btf, find('bpf_func_id', 'enum'))
    return known.callsKfuncs
  }
  return {
    structOps: layoutOf,
    pointees: (type, callback) => pointeesOf(btf, layoutOf(type), callback),
    parameterNames: (type, callback) =>
      callbackSignatures(btf, type, { find })
        .find((signature) => signature.callback === callback)
        ?.parameters.map((parameter) => parameter.name) ?? [],
    field: (struct, path) => resolveField(btf, find(struct, 'struct') ?? struct, path),
    // Kernels before 6.10 do not tag their kfuncs, so a function of that name has to do.
    kfunc: (name) => (callsKfuncs() ? find(name, 'func') : undefined),
    enumValue(enumName, name) {
      const id = find(enumName, 'enum')
      const values = id === undefined ? [] : enumValues(btf, id)
      const found = values.find((entry) => entry.name === name)
      if (found !== undefined) return Number(found.value)
      throw structOpsErrors.make('unknown-enum', {
        enum: enumName,
        name,
        nearest: nearestNames(
          name,
          values.map((entry) => entry.name),
        ),
      })
    },
  }
}

/**
 * Is it the BTF of a kernel before 5.13? Those have the functions, but programs may not call them. Told by the helper that
 * came in the same release as kfunc calls (uapi/linux/bpf.h); BTF that was cut down says nothing about it.
 */
function isBefore513(btf: Btf, helpers: number | undefined): boolean {
  return helpers !== undefined && !enumValues(btf, helpers).some((one) => one.name === 'BPF_FUNC_for_each_map_elem')
}

/** Byte offset of a field of `struct tcp_sock` on the resolver's kernel; an unknown one is `btf/unknown-field`. */
export const tcpSockOffset = (resolver: Resolver, field: string): number => resolver.field('tcp_sock', field).offset
