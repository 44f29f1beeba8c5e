import type { BpfObject } from '@tscc/object'
import type { StructOpsSpec } from '@tscc/struct-ops'
import { ecnCounter } from './ecn-counter.ts'
import { sources } from './generated/sources.ts'
import { vegasStyle } from './vegas-style.ts'

interface AlgorithmFacts {
  /** What people type. */
  readonly name: string
  readonly about: string
  /** Where it is from. */
  readonly source: string
  /** The connection asks for ECN. */
  readonly ecn: boolean
  /** The first kernel that takes it. */
  readonly since: string
}

/** An algorithm in the language. */
export interface LanguageAlgorithm extends AlgorithmFacts {
  readonly kind: 'language'
  /** The TypeScript that it is written in. */
  readonly text: string
  /** Compile it, once; the compiler is loaded when it is first wanted. */
  object(): Promise<BpfObject>
}

/** An algorithm in instructions. */
export interface StepsAlgorithm extends AlgorithmFacts {
  readonly kind: 'steps'
  /** Make the spec, under a CC name of the caller's choice. */
  spec(ccName?: string): StructOpsSpec
}

/** An algorithm that tscc ships. */
export type Algorithm = LanguageAlgorithm | StepsAlgorithm

const inLanguage = (
  name: keyof typeof sources,
  facts: Pick<AlgorithmFacts, 'about' | 'source'> & Partial<AlgorithmFacts>,
): LanguageAlgorithm => {
  const made: { object?: Promise<BpfObject> } = {}
  return {
    kind: 'language',
    name,
    ecn: false,
    since: '5.10',
    ...facts,
    text: sources[name],
    object() {
      made.object ??= compiled(name)
      return made.object
    },
  }
}

async function compiled(name: keyof typeof sources): Promise<BpfObject> {
  const { compile, diagnosticText } = await import('@tscc/compiler')
  const text = sources[name]
  const { object, diagnostics } = compile(text, { fileName: `${name}.bpf.ts` })
  // The tests compile all of them.
  if (object === undefined) throw new Error(diagnostics.map((one) => diagnosticText(one, text)).join('\n'))
  return object
}

/** Every algorithm of this package. */
export const algorithms: readonly Algorithm[] = [
  inLanguage('reno', {
    about: 'additive increase, multiplicative decrease',
    source: 'RFC 5681, RFC 3465, RFC 7661',
  }),
  inLanguage('cubic', {
    about: 'a cubic function of the time since the last loss; HyStart as Linux does it',
    source: 'RFC 9438',
  }),
  inLanguage('vegas', {
    about: 'keeps a few segments in queues, by the round trip time',
    source: 'Brakmo and Peterson 1995',
  }),
  inLanguage('dctcp', {
    about: 'backs off by the share of marked segments; Reno where ECN was not negotiated',
    source: 'RFC 8257',
    ecn: true,
  }),
  inLanguage('westwood', {
    about: 'backs off to the bandwidth that acknowledgements tell of (Westwood+)',
    source: 'Grieco and Mascolo 2004',
  }),
  inLanguage('bbr', {
    about: 'a model of bandwidth and round trip time, paced (version 1)',
    source: 'draft-cardwell-iccrg-bbr-congestion-control-00',
    since: '6.1',
  }),
  {
    kind: 'steps',
    name: 'vegas-style',
    about: "Reno's growth with a back-off to three quarters (a teaching example, not Vegas)",
    source: 'the tutorial',
    ecn: false,
    since: '5.10',
    spec: vegasStyle,
  },
  {
    kind: 'steps',
    name: 'ecn-counter',
    about: 'Reno that asks for ECN and counts marks at both ends (a teaching example)',
    source: 'RFC 5681, RFC 3168',
    ecn: true,
    since: '5.10',
    spec: ecnCounter,
  },
]
