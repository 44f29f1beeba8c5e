import { type Btf, parseBtf } from '@tscc/btf'
import { btfIdentity, cacheFile, type Kernel, readVmlinuxBtf } from '@tscc/syscall'
import { btfResolver } from '../btf-resolver.ts'
import { type CachedResolver, cachedResolver, type ResolvedAnswers } from '../resolver.ts'

/** The running kernel as a resolver; `btf()` opens its BTF if nothing has yet. */
export interface HostResolver extends CachedResolver {
  btf(): Btf
  /** Keep the answers for the next process on this boot; does nothing when there are no new ones. */
  save(): void
}

/**
 * Resolve against the running kernel. Answers of earlier processes on this boot are used where the kernel's BTF is
 * the same one (build id, size and boot id), so that its BTF need not be opened at all.
 */
export function hostResolver(kernel: Kernel, options: { readonly cache?: boolean } = {}): HostResolver {
  const { cache = true } = options
  const known = cache ? resolvers.get(kernel) : undefined
  if (known !== undefined) return known
  const resolver = openResolver(kernel, cache)
  if (cache) resolvers.set(kernel, resolver)
  return resolver
}

/** One for each kernel: what this process resolved serves all of it. */
const resolvers = new WeakMap<Kernel, HostResolver>()

function openResolver(kernel: Kernel, cache: boolean): HostResolver {
  const opened: { btf?: Btf } = {}
  const btf = (): Btf => {
    opened.btf ??= parseBtf(readVmlinuxBtf(kernel))
    return opened.btf
  }
  const identity = cache ? btfIdentity(kernel) : undefined
  const file = identity === undefined ? undefined : cacheFile(`btf-${identity.key}.json`)
  const resolver = cachedResolver(() => btfResolver(btf()), parseAnswers(file?.read()))
  return {
    ...resolver,
    btf,
    save() {
      if (file !== undefined && resolver.misses() > 0)
        file.write(JSON.stringify({ version: VERSION, ...resolver.answers() }))
    },
  }
}

/** Of the cache file's format: another version is no answer. */
const VERSION = 3

function parseAnswers(text: string | undefined): ResolvedAnswers | undefined {
  if (text === undefined) return undefined
  try {
    const found: unknown = JSON.parse(text)
    return isAnswers(found) ? found : undefined
  } catch {
    return undefined
  }
}

function isAnswers(value: unknown): value is ResolvedAnswers {
  const isTable = (table: unknown): boolean => typeof table === 'object' && table !== null && !Array.isArray(table)
  return (
    isTable(value) &&
    (value as { version?: unknown }).version === VERSION && // an object, by the line above
    (['structOps', 'pointees', 'parameterNames', 'field', 'kfunc', 'enumValue'] as const).every((key) =>
      isTable((value as Partial<ResolvedAnswers>)[key]),
    )
  )
}
