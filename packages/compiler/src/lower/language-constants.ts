import { macroConstants } from '@tscc/bpf/helpers'

/** Numbers that `@tscc/bpf` exports: macros of the kernel's headers, which no BTF has. */
export const languageConstants: ReadonlyMap<string, bigint> = new Map(
  Object.entries(macroConstants).map(([name, value]) => [name, BigInt(value)] as const),
)
