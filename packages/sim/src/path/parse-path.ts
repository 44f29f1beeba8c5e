import { parsePath, parseTime, pathGrammar } from '@tscc/experiment'
import { simErrors } from '../sim-errors.ts'
import { FRAME_HEADER, type QueueKind, type SimPath } from './path-spec.ts'

const queues: Readonly<Record<string, QueueKind>> = {
  droptail: 'droptail',
  codel: 'codel',
  fq: 'fq',
  fq_codel: 'fq-codel',
  'fq-codel': 'fq-codel',
}

/** What `parseSimPath` reads, for help texts and errors. */
export const simPathGrammar = `${pathGrammar} [codel|fq|fq_codel] [jitter <time>] [reorder <share>%] [bursts <packets>]`

/** A share such as `1.5%`, as 0..1. */
function share(field: string, word: string): number {
  const match = /^(\d{1,3}(?:\.\d{1,9})?)%$/.exec(word)
  const value = match?.[1] === undefined ? Number.NaN : Number(match[1]) / 100
  if (value >= 0 && value <= 1) return value
  throw simErrors.make('path', { field, value: `'${word}'`, limit: 'a share such as 1%' })
}

function burstLength(word: string): number {
  const value = /^\d{1,6}(?:\.\d{1,6})?$/.test(word) ? Number(word) : Number.NaN
  if (value >= 1) return value
  throw simErrors.make('path', { field: 'bursts', value: `'${word}'`, limit: 'a mean length of at least 1 packet' })
}

/** Longest text that is read. */
const MAX_TEXT = 300

/**
 * Read a path such as `20mbit 40ms 1bdp 0.1% codel jitter 2ms`: the lab's words and the simulator's own, in any order.
 *
 * Throws `experiment/scenario` for the lab's words, `sim/path` for the others.
 */
export function parseSimPath(text: string): SimPath {
  if (text.length > MAX_TEXT)
    throw simErrors.make('path', { field: 'text', value: `${text.length} characters`, limit: `at most ${MAX_TEXT}` })
  const words = text.split(/\s+/).filter((word) => word !== '')
  const rest: string[] = []
  const own: { -readonly [Key in keyof SimPath]?: SimPath[Key] } = {}
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    if (Object.hasOwn(queues, word)) own.queue = queues[word] ?? 'droptail'
    else if (word === 'jitter') own.jitter = parseTime(words[++at] ?? '', 'jitter')
    else if (word === 'reorder') own.reorder = share('reorder', words[++at] ?? '')
    else if (word === 'bursts') own.lossBurst = burstLength(words[++at] ?? '')
    else rest.push(word)
  }
  return { ...parsePath(rest.join(' ')), ...own }
}

const ranges = {
  rate: { min: 10_000, max: 100e9 },
  delay: { min: 0, max: 10_000 },
  buffer: { min: 0, max: 10e9 },
  loss: { min: 0, max: 1 },
  mtu: { min: 576, max: 9000 },
  lossBurst: { min: 1, max: 1e6 },
  jitter: { min: 0, max: 10_000 },
  reorder: { min: 0, max: 1 },
  reorderDelay: { min: 0, max: 10_000 },
  ecnThreshold: { min: 0, max: 10e9 },
  codelTarget: { min: 0.001, max: 10_000 },
  codelInterval: { min: 0.001, max: 100_000 },
  burst: { min: 1, max: 1e9 },
} as const

/** Throws `sim/path` where a figure is out of range. */
export function checkSimPath(path: SimPath): void {
  for (const [field, { min, max }] of Object.entries(ranges)) {
    const value = path[field as keyof typeof ranges] // keys of the table
    if (value !== undefined && !(value >= min && value <= max))
      throw simErrors.make('path', { field, value: String(value), limit: `in ${min}..${max}` })
  }
  const frame = path.mtu + FRAME_HEADER
  if (path.burst !== undefined && path.burst < frame)
    throw simErrors.make('path', {
      field: 'burst',
      value: String(path.burst),
      limit: `at least a frame, ${frame} bytes`,
    })
  if (path.trace !== undefined) checkTrace(path.trace)
}

function checkTrace(trace: readonly number[]): void {
  if (trace.length === 0) throw simErrors.make('trace', { line: 0, found: 'nothing', limit: 'at least one time' })
  let before = 0
  for (const [index, time] of trace.entries()) {
    if (!(time >= before && Number.isFinite(time)))
      throw simErrors.make('trace', { line: index + 1, found: String(time), limit: `a time from ${before} on` })
    before = time
  }
  if (before <= 0) throw simErrors.make('trace', { line: trace.length, found: '0', limit: 'a last time above 0' })
}

/** Most lines of a trace. */
const MAX_LINES = 10_000_000

/** Read a trace in mahimahi's format: a line for each opportunity to send a packet, ms from the start. Throws `sim/trace`. */
export function parseTrace(text: string): readonly number[] {
  const lines = text.split('\n')
  if (lines.length > MAX_LINES)
    throw simErrors.make('trace', { line: lines.length, found: 'more lines', limit: `at most ${MAX_LINES}` })
  const trace: number[] = []
  for (const [index, line] of lines.entries()) {
    const word = line.trim()
    if (word === '' || word.startsWith('#')) continue
    if (!/^\d{1,12}$/.test(word))
      throw simErrors.make('trace', { line: index + 1, found: `'${word.slice(0, 40)}'`, limit: 'a whole number of ms' })
    trace.push(Number(word))
  }
  checkTrace(trace)
  return trace
}

/** Mean rate of a trace, bit/s. */
export const traceRate = (trace: readonly number[]): number => (trace.length * 1504 * 8 * 1000) / (trace.at(-1) ?? 1)
