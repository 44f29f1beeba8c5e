import type { LinkCounters } from '@tscc/experiment'
import { type BpfObject, type LoadableObject, variablesOf } from '@tscc/object'
import { type LoadedObject, mapValues } from '@tscc/syscall'

/** Globals that count, in a program that runs. */
export interface QdiscCounters {
  /** Undefined for a program that does not count `sent` and `dropped` packets and the `longest` queue. */
  read(): LinkCounters | undefined
  /** Count from 0 again. */
  reset(): void
  close(): void
}

const names = ['sent', 'dropped', 'lost', 'longest'] as const

type Name = (typeof names)[number]

interface Counter {
  readonly name: Name
  get(): number
  reset(): void
}

/** The counters of a program that is loaded, wherever it keeps them; they stay readable until `close`. */
export function openQdiscCounters({ btf }: BpfObject, linked: LoadableObject, loaded: LoadedObject): QdiscCounters {
  const mapped: { close(): void }[] = []
  const counters = new Map<Name, Counter>()
  for (const map of linked.maps) {
    const has = names.filter((name) => map.variables.some((one) => one.name === name && one.linkage !== 'static'))
    if (btf === undefined || has.length === 0 || map.frozen) continue
    const memory = mapValues(loaded.map(map.name), { writable: true })
    mapped.push(memory)
    const values = variablesOf(map, btf, memory.element(0))
    for (const name of has)
      counters.set(name, { name, get: () => Number(values.get(name)), reset: () => values.set(name, 0) })
  }
  const get = (name: Name): number | undefined => counters.get(name)?.get()
  return {
    read() {
      const [forwarded, droppedFull, maxQueue] = [get('sent'), get('dropped'), get('longest')]
      if (forwarded === undefined || droppedFull === undefined || maxQueue === undefined) return undefined
      return { forwarded, droppedFull, droppedRandom: get('lost') ?? 0, markedCe: 0, maxQueue }
    },
    reset() {
      for (const counter of counters.values()) counter.reset()
    },
    close() {
      for (const memory of mapped.splice(0)) memory.close()
    },
  }
}
