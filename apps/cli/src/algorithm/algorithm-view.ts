import type { Btf } from '@tscc/btf'
import { btfResolver, cachedResolver, callbackSignatures, linkStructOps, signatureText } from '@tscc/struct-ops'
import type { LoadedAlgorithm } from './load-algorithm.ts'

/** What linking made of an algorithm on one kernel, as data. */
export interface AlgorithmView {
  readonly label: string
  readonly about?: string
  readonly source?: string
  readonly type: string
  /** The kernel's name for it. */
  readonly name: string
  readonly valueSize: number
  readonly callbacks: readonly { readonly name: string; readonly signature: string; readonly instructions: number }[]
  readonly dropped: readonly { readonly callback: string; readonly why: string }[]
  /** Fields that its programs use; bytes from the start of the struct. */
  readonly fields: readonly { readonly field: string; readonly offset: number; readonly size: number }[]
  readonly constants: readonly { readonly name: string; readonly value: number }[]
  /** Kernel functions that its programs call; no id where the kernel lacks it and the program brings its own. */
  readonly kfuncs: readonly { readonly name: string; readonly id?: number }[]
}

/** Link an algorithm and tell what was looked up for it. */
export function viewAlgorithm(algorithm: LoadedAlgorithm, btf: Btf): AlgorithmView {
  const { label, spec, shipped } = algorithm
  const asked = cachedResolver(() => btfResolver(btf))
  const linked = linkStructOps(spec, asked)
  const answers = asked.answers()
  const signatures = callbackSignatures(btf, spec.type, { layout: linked.layout })
  return {
    label,
    ...(shipped === undefined ? {} : { about: shipped.about, source: shipped.source }),
    type: linked.layout.type,
    name: spec.name,
    valueSize: linked.layout.valueSize,
    callbacks: linked.programs.map((program) => {
      const signature = signatures.find((candidate) => candidate.callback === program.callback)
      return {
        name: program.callback,
        signature: signature === undefined ? '' : signatureText(signature),
        instructions: program.insns.length,
      }
    }),
    dropped: linked.dropped,
    fields: Object.entries(answers.field).map(([field, { offset, size }]) => ({ field, offset, size })),
    constants: Object.entries(answers.enumValue).map(([name, value]) => ({ name, value })),
    kfuncs: Object.entries(answers.kfunc).map(([name, id]) => (id === null ? { name } : { name, id })),
  }
}
