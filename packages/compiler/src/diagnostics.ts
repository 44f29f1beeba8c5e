import {
  askMends,
  callbackMends,
  castMends,
  indexMends,
  isPowerOfTwo,
  type Mend,
  nearestMends,
  nullMends,
  signMends,
} from './mends.ts'
import type { SourceFile } from './source-file.ts'

/** Where in the source: UTF-16 offsets, the end exclusive. */
export interface Span {
  readonly start: number
  readonly end: number
  /** Of steps: the file, since a program is put together from several. */
  readonly file?: SourceFile
}

/** Of steps that no text stands for. */
export const NOWHERE: Span = { start: 0, end: 0 }

/** A mistake in a program, as data. */
export interface Diagnostic {
  /** `TSCC2103`: permanent. */
  readonly code: string
  readonly message: string
  /** What to write instead. */
  readonly help?: string
  readonly file: string
  readonly span: Span
  /** From 1. */
  readonly line: number
  readonly column: number
  /** Changes of the text that mend it, where that needs no thought; none. */
  readonly mends?: readonly Mend[]
}

/** What can be said of a program: number, message, and what to write instead. */
const table = {
  syntax: { code: 1001, text: (c: { why: string }) => c.why },
  'not-in-language': {
    code: 1002,
    text: (c: { what: string }) => `${c.what} is not in the language`,
    help: insteadOf,
  },
  'no-struct-ops': {
    code: 1003,
    text: (_: object) => 'the module exports no program',
    help: () => "export default structOps<tcp_congestion_ops>({ name: 'my_cc', … })",
  },
  'unknown-name': {
    code: 2001,
    text: (c: { name: string }) => `there is no ${c.name}`,
    help: hint,
    mends: nearestMends,
  },
  'unknown-field': {
    code: 2002,
    text: (c: { type: string; field: string }) => `${c.type} has no field ${c.field}`,
    help: hint,
    mends: nearestMends,
  },
  'unknown-type': {
    code: 2003,
    text: (c: { name: string }) => `there is no type ${c.name}`,
    help: hint,
    mends: nearestMends,
  },
  'unknown-callback': {
    code: 2004,
    text: (c: { type: string; name: string }) => `${c.type} has no callback ${c.name}`,
    help: hint,
    mends: nearestMends,
  },
  'not-a-value': { code: 2005, text: (c: { what: string }) => `${c.what} is no value`, help: insteadOf },
  'unknown-import': {
    code: 2006,
    text: (c: { name: string; from: string }) => `${c.from} exports no ${c.name}`,
    help: hint,
    mends: nearestMends,
  },
  'no-module': { code: 2007, text: (c: { from: string; why: string }) => `${c.from}: ${c.why}`, help: insteadOf },
  'contains-itself': { code: 2009, text: (c: { name: string }) => `${c.name} would contain itself` },
  duplicate: { code: 2008, text: (c: { name: string }) => `${c.name} is there twice` },
  'wrong-type': {
    code: 2101,
    text: (c: { want: string; found: string }) => `expected ${c.want}, found ${c.found}`,
    help: insteadOf,
  },
  'mixed-signs': {
    code: 2102,
    text: (c: {
      left: string
      right: string
      operator: string
      operation: string
      either: readonly (readonly [cast: string, operation: string])[]
    }) =>
      /^\w/.test(c.operator)
        ? `${c.operator}(${c.left}, ${c.right}) mixes signed and unsigned`
        : `${c.left} ${c.operator} ${c.right} mixes signed and unsigned`,
    help: (c: { either: readonly (readonly [string, string])[] }) =>
      `say which is meant: ${c.either.map(([, operation]) => operation).join(', or ')}`,
    mends: signMends,
  },
  narrowing: {
    code: 2103,
    text: (c: { from: string; to: string; what: string }) => `${c.from} does not fit ${c.to}`,
    help: (c: { to: string; what: string }) => `cut it on purpose: ${c.to}(${c.what})`,
    mends: castMends,
  },
  'literal-range': {
    code: 2104,
    text: (c: { value: string; type: string; range: string }) => `${c.value} does not fit ${c.type}`,
    help: (c: { type: string; range: string }) => `${c.type} holds ${c.range}`,
  },
  'division-by-zero': {
    code: 2105,
    text: (_: object) => 'division by zero',
    help: () =>
      'a number other than 0; a divisor that is 0 when the program runs gives 0, and as the remainder the dividend',
  },
  'needs-type': { code: 2106, text: (c: { what: string }) => `${c.what} needs a type`, help: insteadOf },
  'may-be-null': {
    code: 2107,
    text: (c: { what: string }) => `${c.what} may be null`,
    help: (c: { what: string }) =>
      /^\w+$/.test(c.what)
        ? `if (${c.what} === null) return`
        : `const found = ${c.what}, then if (found === null) return`,
    mends: nullMends,
  },
  'shift-range': {
    code: 2109,
    text: (c: { by: string; type: string; bits: number }) =>
      `a shift by ${c.by} of ${c.type}, which has ${c.bits} bits`,
    help: (c: { bits: number }) => (c.bits === 64 ? '0 to 63' : `0 to ${c.bits - 1}, or u64(…) for more`),
  },
  'needs-value': {
    code: 2108,
    text: (c: { name: string; type: string }) => `${c.name}, a ${c.type}, needs a value`,
    help: (c: { name: string; type: string }) => `declare it where it gets one: const ${c.name} = …`,
  },
  arguments: {
    code: 2201,
    text: (c: { name: string; want: number; found: number }) =>
      `${c.name} takes ${c.want} argument${c.want === 1 ? '' : 's'}, not ${c.found}`,
  },
  'not-assignable': { code: 2202, text: (c: { what: string }) => `${c.what} cannot be assigned to`, help: insteadOf },
  'not-writable': { code: 2204, text: (c: { why: string }) => c.why, help: insteadOf },
  'not-everywhere': {
    code: 2205,
    text: (c: { what: string; kernels: string; ask: string }) => `${c.what} is only on ${kernelsText(c.kernels)}`,
    help: (c: { ask: string }) => `ask first: if (${c.ask}) { … }`,
    mends: askMends,
  },
  'missing-callback': {
    code: 2206,
    text: (c: { type: string; missing: string }) => `${c.type} needs ${c.missing}`,
    help: (c: { missing: string }) => leastCallback(c.missing),
    mends: (c: { missing: string }) => callbackMends(leastCallback(c.missing)),
  },
  'refused-callback': {
    code: 2208,
    text: (c: { name: string; type: string }) => `the kernel takes no ${c.name} of a program`,
    help: (c: { name: string; type: string }) =>
      c.type === 'tcp_congestion_ops'
        ? 'a map for what user space is to see: skStorage<State>(), or ringbuf<Event>(4096)'
        : undefined,
  },
  'not-given-back': {
    code: 2401,
    text: (c: { what: string; name: string; ways: readonly string[] }) =>
      `${c.what} is the program's, and on some way still is where ${c.name} ends`,
    help: (c: { ways: readonly string[] }) =>
      c.ways.length === 0 ? 'give it back on every way' : `on every way one of: ${c.ways.join(', ')}, or into a map`,
  },
  'given-away': {
    code: 2402,
    text: (c: { what: string }) => `${c.what} was given away before, on some way at least`,
    help: () => 'take what is needed of it before: const len = skb.len',
  },
  'not-owned': {
    code: 2403,
    text: (c: { call: string }) => `${c.call} gives away what is not the program's`,
    help: () =>
      'only what the kernel gave to be kept: an argument that is owned, what an acquiring function or exchange() gave',
  },
  'may-sleep': {
    code: 2404,
    text: (c: { name: string; callback: string }) => `${c.name} may sleep, and ${c.callback} must not`,
    help: (c: { callback: string }) => `${c.callback}: sleepable(…), where the kernel lets that callback sleep`,
  },
  'never-sleeps': {
    code: 2405,
    text: (c: { name: string; others: readonly string[] }) => `the kernel calls ${c.name} where nothing may sleep`,
    help: (c: { others: readonly string[] }) =>
      c.others.length === 0 ? undefined : `these may: ${c.others.join(', ')}`,
  },
  'bad-name': { code: 2207, text: (c: { name: string; why: string }) => `${c.name}: ${c.why}` },
  recursion: { code: 2203, text: (c: { name: string }) => `${c.name} calls itself`, help: () => 'use a bounded loop' },
  'private-size': {
    code: 2301,
    text: (c: { name: string; size: number; limit: number }) =>
      `${c.name} has ${c.size} bytes, private state has room for ${c.limit}`,
    help: (c: { name: string }) => `narrower fields, or a map for what is more: skStorage<${c.name}>()`,
  },
  stack: {
    code: 2302,
    text: (c: { name: string; size: number }) => `${c.name} needs ${c.size} bytes of stack, of 512`,
    help: () => 'keep fewer values at a time',
  },
  'out-of-bounds': {
    code: 2304,
    text: (c: { index: string; length: number }) => `element ${c.index} of ${c.length}`,
    help: (c: { length: number }) => `0 to ${c.length - 1}`,
  },
  'unbounded-index': {
    code: 2305,
    text: (c: { index: string; length: number }) => `${c.index} may be more than ${c.length - 1}`,
    help: (c: { index: string; length: number }) =>
      isPowerOfTwo(c.length) ? `${c.index} & ${c.length - 1}` : `min(${c.index}, ${c.length - 1})`,
    mends: indexMends,
  },
  'unbounded-loop': {
    code: 2306,
    text: (c: { limit: string; instead: string }) =>
      `nothing says how often this runs${c.limit === '' ? '' : `: ${c.limit} may be anything`}`,
    help: (c: { instead: string }) => c.instead,
  },
  'too-many-rounds': {
    code: 2308,
    text: (c: { rounds: string }) => `${c.rounds} rounds, of which the verifier follows 500000 at most`,
    help: () => 'fewer, or loop(n, body), which it need not follow (5.17)',
  },
  'endless-loop': {
    code: 2307,
    text: (_: object) => 'this loop never ends',
    help: () => 'for (const i of range(64)) …, with a break',
  },
  'too-long': {
    code: 2310,
    text: (c: { name: string }) => `${c.name} is longer than what can be compiled`,
    help: () => 'noinline(f) for functions that are called often; loops in the place of repetition',
  },
  'too-large': {
    code: 2311,
    text: (c: { name: string; size: number; limit: number }) =>
      `${c.name} has ${c.size} bytes, there is room for ${c.limit}`,
  },
  'missing-return': {
    code: 2303,
    text: (c: { name: string }) => `${c.name} ends without a value`,
    help: () => 'a return at its end, for all ways through it',
  },
} as const

/** The least that a mandatory callback can be. */
const MANDATORY: Readonly<Record<string, string>> = {
  ssthresh: 'ssthresh(sk) { return max(tcp_sk(sk).snd_cwnd >> 1, 2) }',
  undo_cwnd: 'undo_cwnd(sk) { return max(tcp_sk(sk).snd_cwnd, tcp_sk(sk).prior_cwnd) }',
  cong_avoid: 'cong_avoid(sk, ack, acked) { tcp_slow_start(tcp_sk(sk), acked) }',
}

/** Of the first of those that are missing; of `cong_avoid or cong_control` the first. */
const leastCallback = (missing: string): string | undefined => MANDATORY[missing.replace(/[ ,].*/, '')]

const kernelsText = (ranges: string): string =>
  ranges
    .split(',')
    .map((range) =>
      range
        .replace(/^(.+)\.\.$/, '$1 and later')
        .replace(/^\.\.(.+)$/, 'up to $1')
        .replace('..', ' to '),
    )
    .join(', ')

function insteadOf(c: { readonly instead?: string }): string | undefined {
  return c.instead === '' ? undefined : c.instead
}

function hint(c: { readonly nearest?: readonly string[] }): string | undefined {
  return c.nearest === undefined || c.nearest.length === 0 ? undefined : `did you mean ${c.nearest.join(', ')}?`
}

type Table = typeof table
/** Names of diagnostics. */
export type DiagnosticName = keyof Table
type ContextOf<Name extends DiagnosticName> = Parameters<Table[Name]['text']>[0] & {
  readonly nearest?: readonly string[]
  readonly instead?: string
}

/** Thrown inside the compiler to leave a function or statement; caught where the next can be looked at. */
export class Mistake extends Error {
  /** Undefined: it has been told already, and what follows from it is not told. */
  readonly diagnostic: Diagnostic | undefined
  constructor(diagnostic?: Diagnostic) {
    super(diagnostic?.message)
    this.diagnostic = diagnostic
  }
}

/** A diagnostic of the table at a place. */
export function diagnose<Name extends DiagnosticName>(
  file: SourceFile,
  span: Span,
  name: Name,
  context: ContextOf<Name>,
): Diagnostic {
  const row: Row = table[name]
  const help = row.help?.(context as never) // the table pairs them
  const mends = row.mends?.(context as never, file.text.slice(span.start, span.end)) ?? [] // likewise
  const { line, column } = file.position(span.start)
  return {
    code: `TSCC${row.code}`,
    message: row.text(context as never), // likewise
    ...(help === undefined ? {} : { help }),
    file: file.name,
    span: { start: span.start, end: span.end },
    line,
    column,
    ...(mends.length === 0 ? {} : { mends }),
  }
}

interface Row {
  readonly code: number
  text(c: never): string
  help?(c: never): string | undefined
  mends?(c: never, marked: string): readonly Mend[]
}

/** Parts of a printed diagnostic. */
export type DiagnosticPart = 'place' | 'error' | 'mark' | 'help'

/** How to print a diagnostic. */
export interface DiagnosticTextOptions {
  /** Gives a part its colour, for terminals. Default: none. */
  readonly paint?: (part: DiagnosticPart, text: string) => string
}

/** `file:line:column error TSCC…`, the source line, a caret below what is meant, and help. */
export function diagnosticText(diagnostic: Diagnostic, source: string, options: DiagnosticTextOptions = {}): string {
  const { paint = (_, text) => text } = options
  const { file, line, column, code, message, help, span } = diagnostic
  const text = (source.split('\n')[line - 1] ?? '').replace(/\r$/, '')
  const marked = text.slice(column - 1, column - 1 + Math.max(1, span.end - span.start))
  // Tabs stay tabs, so that the caret is right however wide they are.
  const before = [...text.slice(0, column - 1)].map((one) => (one === '\t' ? one : ' '.repeat(cellsOf(one)))).join('')
  const cells = [...marked].reduce((sum, one) => sum + cellsOf(one), 0)
  return [
    `${paint('place', `${file}:${line}:${column}`)} ${paint('error', `error ${code}:`)} ${message}`,
    `  ${text}`,
    `  ${before}${paint('mark', '^'.repeat(Math.max(1, cells)))}`,
    ...(help === undefined ? [] : [`${paint('help', 'help:')} ${help}`]),
  ].join('\n')
}

/** Columns of a terminal that a character takes. */
function cellsOf(character: string): number {
  if (/^\p{Mn}$/u.test(character)) return 0
  return /^(?:[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation})$/u.test(
    character,
  )
    ? 2
    : 1
}

/** Names and permanent numbers of all diagnostics, by number. */
export const diagnosticCodes: readonly { readonly name: DiagnosticName; readonly code: string }[] = (
  Object.keys(table) as DiagnosticName[]
) // the table's own keys
  .map((name) => ({ name, code: `TSCC${table[name].code}` }))
  .sort((a, b) => (a.code < b.code ? -1 : 1))
