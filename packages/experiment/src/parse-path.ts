import { experimentErrors } from './experiment-errors.ts'
import type { PathSpec } from './model.ts'
import { defaultScenario } from './scenario.ts'

/** The parts of a path as people write them, each a word with its unit. */
export interface PathWords {
  /** `20mbit`, `1.5gbit`, `64kbit`: bits a second, powers of ten. */
  readonly rate?: string
  /** `40ms`, `500us`, `0.2s`: the round trip of the empty path, half of it each way. */
  readonly rtt?: string
  /** `1bdp` (rate times round trip), `100kB`, `64KiB`, `1500B`, `50pkt`: the drop-tail buffer. */
  readonly buffer?: string
  /** `0.1%`: random loss of data packets. */
  readonly loss?: string
  /** A size as for the buffer: CE marks above this queue. */
  readonly ecn?: string
  /** `9000B`: bytes of an IP packet. */
  readonly mtu?: string
}

/** What `parsePath` reads, for help texts and errors. */
export const pathGrammar = '<rate> <round trip> [<buffer>] [<loss>%] [ecn <size>] [mtu <size>]'

/**
 * Read a path such as `20mbit 40ms 1bdp 0.1% ecn 30kB`.
 *
 * The words are told apart by their units, so their order is free, and what is missing is 50mbit, 40ms, 1bdp, no loss,
 * no marking. `words` come on top and win. Throws `experiment/scenario`; whether the figures are in range is for `checkScenario`.
 */
export function parsePath(text: string, words: PathWords = {}): PathSpec {
  const all = { ...splitWords(text), ...words }
  const { path } = defaultScenario
  const mtu = all.mtu === undefined ? path.mtu : measure('mtu', all.mtu, byteUnits)
  const rate = all.rate === undefined ? path.rate : measure('rate', all.rate, rateUnits)
  const rtt = all.rtt === undefined ? 2 * path.delay : measure('rtt', all.rtt, timeUnits)
  const bdp = (rate / 8) * (rtt / 1000)
  const sizes = { ...byteUnits, bdp, pkt: mtu }
  // A buffer of less than two packets would let none wait while another is sent.
  const buffer = Math.max(2 * mtu, measure('buffer', all.buffer ?? '1bdp', sizes))
  const loss = all.loss === undefined ? 0 : measure('loss', all.loss, { '%': 0.01 })
  return {
    rate,
    delay: rtt / 2,
    buffer: Math.round(buffer),
    loss,
    mtu,
    ...(all.ecn === undefined ? {} : { ecnThreshold: Math.round(measure('ecn', all.ecn, sizes)) }),
  }
}

/** A time with its unit, in ms: `10s`, `250ms`, `2min`. Throws `experiment/scenario` with `field` as its subject. */
export function parseTime(text: string, field: string): number {
  return measure(field, text, timeUnits)
}

type Units = Readonly<Record<string, number>>

const rateUnits: Units = { bit: 1, kbit: 1e3, mbit: 1e6, gbit: 1e9 }
const timeUnits: Units = { us: 1e-3, ms: 1, s: 1e3, min: 60e3 }
const byteUnits: Units = { B: 1, kB: 1e3, MB: 1e6, KiB: 1024, MiB: 1024 ** 2 }

/** Words that name what follows them; all others are told by their unit. */
const named = ['ecn', 'mtu'] as const

/** Longest text that is read. */
const MAX_TEXT = 200

function splitWords(text: string): PathWords {
  if (text.length > MAX_TEXT)
    throw experimentErrors.make('scenario', {
      field: 'path',
      value: `${text.length} characters`,
      limit: `at most ${MAX_TEXT}`,
    })
  const found: { -readonly [Key in keyof PathWords]: string } = {}
  const put = (key: keyof PathWords, word: string): void => {
    if (found[key] !== undefined) throw refused('path', text, `one ${key}, not both ${found[key]} and ${word}`)
    found[key] = word
  }
  const words = text.split(/\s+/).filter((word) => word !== '')
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    const name = named.find((candidate) => candidate === word)
    if (name === undefined) {
      put(kindOfWord(word, text), word)
      continue
    }
    at++
    put(name, words[at] ?? '')
  }
  return found
}

function kindOfWord(word: string, text: string): keyof PathWords {
  const unit = splitUnit(word)?.unit
  if (unit !== undefined) {
    if (unit === '%') return 'loss'
    if (unit in rateUnits) return 'rate'
    if (unit in timeUnits) return 'rtt'
    if (unit in byteUnits || unit === 'bdp' || unit === 'pkt') return 'buffer'
  }
  throw refused('path', text, `${pathGrammar}, '${word}' is none of these`)
}

/** `2.5mbit` as 2.5 and its unit; `Mbit/s` and `Mbps` are read as mbit. */
function splitUnit(word: string): { readonly value: number; readonly unit: string } | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,9})?)([A-Za-z%]{1,5})(\/s)?$/.exec(word)
  if (match?.[1] === undefined || match[2] === undefined) return undefined
  const bits = /^([kmg]?)(bit|bps)$/i.exec(match[2])
  if (bits !== null) return { value: Number(match[1]), unit: `${(bits[1] ?? '').toLowerCase()}bit` }
  return match[3] === undefined ? { value: Number(match[1]), unit: match[2] } : undefined
}

function measure(field: string, word: string, units: Units): number {
  const parts = splitUnit(word)
  const factor = parts === undefined || !Object.hasOwn(units, parts.unit) ? undefined : units[parts.unit]
  if (parts === undefined || factor === undefined)
    throw refused(field, word, `a number with a unit, one of ${Object.keys(units).join(' ')}`)
  return parts.value * factor
}

function refused(field: string, value: string, limit: string): Error {
  return experimentErrors.make('scenario', { field, value: `'${value}'`, limit })
}
