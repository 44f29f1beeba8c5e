import type { LoadableObject, VariableValue } from '@tscc/object'
import { unpackObject } from '@tscc/object/packed'
import { btfIdentity, buildKey, cacheFile, contentKey, type Kernel, kernelFiles } from '@tscc/syscall'
import { hostResolver } from './host-resolver.ts'

/** What of an object file to link. */
export interface LinkHereOptions {
  /** `struct_ops`: only the callbacks of struct_ops values; `all` (default): every program that is loaded by itself. */
  readonly programs?: 'all' | 'struct_ops'
  /** Variables of struct_ops values; default all that are loaded by themselves. */
  readonly structOps?: readonly string[]
  /** Initial values of variables in data sections. */
  readonly variables?: Readonly<Record<string, VariableValue>>
  /** Keep the result for later processes on this boot, and use what an earlier one kept. Default true. */
  readonly cache?: boolean
}

/**
 * Link an object file (its bytes) to the running kernel. The result is kept by content of file and kernel, and by linker, so that a later
 * process neither reads the file nor the kernel's types; not where modules of the kernel have a part in it, since those
 * come and go.
 */
export async function linkHere(
  kernel: Kernel,
  bytes: Uint8Array,
  options: LinkHereOptions = {},
): Promise<LoadableObject> {
  const { programs = 'all', structOps, variables = {}, cache = true } = options
  const settings = JSON.stringify([programs, structOps, variables], (_, value: unknown) =>
    typeof value === 'bigint' ? `${value}n` : value,
  )
  // Another linker may give something else; it comes with another build of this.
  const key = (): string => contentKey(buildKey(import.meta.url), settings, bytes)
  const file = cache ? cacheFile(`link-${btfIdentity(kernel).key}-${key()}`) : undefined
  const kept = file?.readBytes()
  const known = kept === undefined ? undefined : unpackObject(kept)
  if (known !== undefined) return known
  // Only here, since a process that finds what it wants has no use for a linker.
  const [{ linkObject, linkTarget, readObject, withVariables }, { packObject }] = await Promise.all([
    import('@tscc/object'),
    import('@tscc/object/packed'),
  ])
  const target = linkTarget(kernelFiles(kernel), hostResolver(kernel).btf())
  const linked = linkObject(withVariables(readObject(bytes), variables), target, {
    ...(programs === 'all' ? {} : { programs: () => false }),
    ...(structOps === undefined ? {} : { structOps: ({ name }) => structOps.includes(name) }),
  })
  if (file !== undefined && !linked.dependsOnModules) file.write(packObject(linked))
  return linked
}
