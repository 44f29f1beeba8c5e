import {
  type Btf,
  callbackSignatures,
  canCallKfuncs,
  enumValues,
  pointeesOf,
  resolveField,
  type StructOpsLayout,
  structOpsLayout,
  typeFinder,
} from '@tscc/btf'
import { nearestNames } from '@tscc/core'
import { structOpsErrors } from './errors.ts'
import type { Resolver } from './resolver.ts'

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
    known.callsKfuncs ??= canCallKfuncs(btf, find)
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

/** Byte offset of a field of `struct tcp_sock` on the resolver's kernel; an unknown one is `btf/unknown-field`. */
export const tcpSockOffset = (resolver: Resolver, field: string): number => resolver.field('tcp_sock', field).offset
