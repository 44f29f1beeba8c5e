import type { StructOpsSpec } from '@tscc/struct-ops'
import { ecnCounter } from './ecn-counter.ts'
import { reno } from './reno.ts'
import { vegasStyle } from './vegas-style.ts'

/** An algorithm that tscc ships. */
export interface Algorithm {
  /** What people type. */
  readonly name: string
  readonly about: string
  /** Where it is from. */
  readonly source: string
  /** The connection asks for ECN. */
  readonly ecn: boolean
  /** Make the spec, under a CC name of the caller's choice. */
  spec(ccName?: string): StructOpsSpec
}

/** Every algorithm of this package. */
export const algorithms: readonly Algorithm[] = [
  {
    name: 'reno',
    about: 'additive increase, multiplicative decrease',
    source: 'RFC 5681, RFC 3465, RFC 7661',
    ecn: false,
    spec: reno,
  },
  {
    name: 'vegas-style',
    about: "Reno's growth with a back-off to three quarters (a teaching example, not Vegas)",
    source: 'the tutorial',
    ecn: false,
    spec: vegasStyle,
  },
  {
    name: 'ecn-counter',
    about: 'Reno that asks for ECN and counts marks at both ends (a teaching example)',
    source: 'RFC 5681, RFC 3168',
    ecn: true,
    spec: ecnCounter,
  },
]
