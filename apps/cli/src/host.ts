import { btfResolver, type Resolver } from '@tscc/struct-ops'
import { type HostResolver, hostResolver } from '@tscc/struct-ops/kernel'
import { hostKernel, type Kernel, syscallErrors } from '@tscc/syscall'
import { loadBtf } from './btf/load-btf.ts'
import { cliErrors } from './cli-errors.ts'

/** The running kernel; `cli/not-linux` elsewhere. */
export function openKernel(what: string): Kernel {
  try {
    return hostKernel()
  } catch (error) {
    if (!syscallErrors.is(error, 'syscall/unsupported-platform')) throw error
    throw cliErrors.make('not-linux', { what, platform: `${process.platform} on ${process.arch}` }, error)
  }
}

/** The running kernel and the resolver of its types. */
export function openHost(what: string): { readonly kernel: Kernel; readonly resolver: HostResolver } {
  const kernel = openKernel(what)
  return { kernel, resolver: hostResolver(kernel) }
}

/** What algorithms are linked against: a BTF file where one is given, else the running kernel. */
export function openResolver(btf: string | undefined): Resolver & Pick<HostResolver, 'save' | 'btf'> {
  if (btf === undefined) return openHost('linking').resolver
  const loaded = loadBtf(btf)
  return { ...btfResolver(loaded), btf: () => loaded, save() {} }
}
