import * as language from '@tscc/bpf'

/** Numbers that `@tscc/bpf` exports: macros of the kernel's headers, which no BTF has. */
export const languageConstants: ReadonlyMap<string, bigint> = new Map(
  Object.entries(language).flatMap(([name, value]) =>
    typeof value === 'number' ? [[name, BigInt(value)] as const] : [],
  ),
)
