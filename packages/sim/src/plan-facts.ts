import { bytesWords, percentWords, timeWords } from '@tscc/experiment'
import { defaultHost } from './network.ts'
import type { SimPlan } from './simulate.ts'

const queueWords = { droptail: 'drop-tail', codel: 'CoDel', fq: 'fair', 'fq-codel': 'fair, CoDel' } as const

/** What a simulation has that the lab's scenarios do not say, as far as it is not the default. */
export function factsOf({ path, spec, host }: SimPlan): readonly (readonly [term: string, fact: string])[] {
  const facts: (readonly [string, string])[] = []
  const add = (term: string, fact: string | undefined): void => {
    if (fact !== undefined) facts.push([term, fact])
  }
  const { queue = 'droptail', jitter = 0, reorder = 0, lossBurst = 1, trace, burst } = path
  if (queue !== 'droptail') add('queue', queueWords[queue])
  if (jitter > 0) add('jitter', timeWords(jitter))
  if (reorder > 0) add('reordered', percentWords(reorder))
  if (lossBurst > 1) add('losses', `in runs of ${lossBurst}`)
  if (trace !== undefined) add('trace', `${trace.length} opportunities`)
  if (burst !== undefined) add('bucket', bytesWords(burst))
  if (spec.size !== undefined) add('flow size', bytesWords(spec.size))
  if (spec.stagger !== undefined && spec.stagger > 0) add('starts', `each ${timeWords(spec.stagger)}`)
  if (spec.onOff !== undefined) add('on and off', `${timeWords(spec.onOff.on)}, ${timeWords(spec.onOff.off)}`)
  const changed = Object.entries(host).filter(
    ([name, value]) => defaultHost[name as keyof typeof defaultHost] !== value, // keys of the same type
  )
  if (changed.length > 0) add('hosts', changed.map(([name, value]) => `${name} ${value}`).join(', '))
  return facts
}
