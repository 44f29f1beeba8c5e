import type { FieldLocation, StructOpsLayout } from '@tscc/btf'

/** The questions that linking asks of one kernel; every answer is plain data. */
export interface Resolver {
  /** Throws `btf/unknown-struct-ops`. */
  structOps(type: string): StructOpsLayout
  /** What each argument of a callback points to: the name of a struct or union, or empty. */
  pointees(type: string, callback: string): readonly string[]
  /** Names of a callback's arguments in their order; empty strings where the kernel's BTF has none. */
  parameterNames(type: string, callback: string): readonly string[]
  /** Throws `btf/unknown-type` or `btf/unknown-field`, with the nearest names. */
  field(struct: string, path: string): FieldLocation
  /** BTF id of a kernel function that BPF may call, or undefined. */
  kfunc(name: string): number | undefined
  /** Throws `struct-ops/unknown-enum`. */
  enumValue(enumName: string, name: string): number
}

/** What a resolver answered before, by question; JSON-safe. */
export interface ResolvedAnswers {
  readonly structOps: Readonly<Record<string, StructOpsLayout>>
  readonly pointees: Readonly<Record<string, readonly string[]>>
  readonly parameterNames: Readonly<Record<string, readonly string[]>>
  readonly field: Readonly<Record<string, FieldLocation>>
  /** null: the kernel has no such kfunc. */
  readonly kfunc: Readonly<Record<string, number | null>>
  readonly enumValue: Readonly<Record<string, number>>
}

/** A resolver that remembers, and that opens what it stands on only for a question it has no answer to. */
export interface CachedResolver extends Resolver {
  /** All answers, old and new. */
  answers(): ResolvedAnswers
  /** How many questions had to be asked below: 0 means that everything came from the cache. */
  misses(): number
}

/** Remember the answers of `open()`; `known` are those of an earlier time on the very same BTF. */
export function cachedResolver(open: () => Resolver, known?: ResolvedAnswers): CachedResolver {
  const structOps: Record<string, StructOpsLayout> = { ...known?.structOps }
  const pointees: Record<string, readonly string[]> = { ...known?.pointees }
  const parameterNames: Record<string, readonly string[]> = { ...known?.parameterNames }
  const field: Record<string, FieldLocation> = { ...known?.field }
  const kfunc: Record<string, number | null> = { ...known?.kfunc }
  const enumValue: Record<string, number> = { ...known?.enumValue }
  let below: Resolver | undefined
  let missed = 0
  const ask = (): Resolver => {
    missed++
    below ??= open()
    return below
  }
  return {
    structOps: (type) => (structOps[type] ??= ask().structOps(type)),
    pointees: (type, callback) => (pointees[`${type}.${callback}`] ??= ask().pointees(type, callback)),
    parameterNames: (type, callback) =>
      (parameterNames[`${type}.${callback}`] ??= ask().parameterNames(type, callback)),
    field: (struct, path) => (field[`${struct}.${path}`] ??= ask().field(struct, path)),
    kfunc(name) {
      const answer = kfunc[name]
      if (answer !== undefined) return answer ?? undefined
      const asked = ask().kfunc(name)
      kfunc[name] = asked ?? null
      return asked
    },
    enumValue: (enumName, name) => (enumValue[`${enumName}.${name}`] ??= ask().enumValue(enumName, name)),
    answers: () => ({ structOps, pointees, parameterNames, field, kfunc, enumValue }),
    misses: () => missed,
  }
}
