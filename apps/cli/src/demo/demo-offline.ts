import { reno } from '@tscc/algos'
import { type Btf, parseBtf } from '@tscc/btf'
import { isTsccError } from '@tscc/core'
import { btfResolver, callbackSignatures, signatureText } from '@tscc/struct-ops'
import { tcpBtfFixture } from '@tscc/struct-ops/fixture'
import { algorithmListings, type Listing } from '../algorithm/listings.ts'
import { loadBtf } from '../btf/load-btf.ts'

/** The BTF that the offline part of the demo works with. */
export interface OfflineSource {
  readonly name: string
  readonly btf: Btf
}

/** The running kernel's BTF, which anyone may read, else the one that tscc brings. */
export function offlineSource(): OfflineSource {
  try {
    return { name: "the running kernel's types", btf: loadBtf('vmlinux') }
  } catch (error) {
    if (!isTsccError(error)) throw error
    return { name: 'the types of Linux 6.18 that tscc brings', btf: parseBtf(tcpBtfFixture()) }
  }
}

/** Reno linked against it, and the struct that it implements. */
export function offlineListings({ btf }: OfflineSource): {
  readonly layout: { readonly type: string; readonly callbacks: readonly string[] }
  readonly listings: readonly Listing[]
} {
  const resolver = btfResolver(btf)
  const spec = reno()
  return {
    layout: { type: spec.type, callbacks: callbackSignatures(btf, spec.type).map(signatureText) },
    listings: algorithmListings({ label: 'reno', spec }, resolver),
  }
}
