import type { SourceFile } from './source-file.ts'

/** Where in the source: UTF-16 offsets, the end exclusive. */
export interface Span {
  readonly start: number
  readonly end: number
  /** Of steps: the file, since a program is put together from several. */
  readonly file?: SourceFile
}

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
}

/** What can be said of a program: number, message, and what to write instead. */
const table = {
  syntax: { code: 1001, text: (c: { why: string }) => c.why },
  'not-in-language': {
    code: 1002,
    text: (c: { what: string }) => `${c.what} is not in the language`,
    help: (c: { instead?: string }) => c.instead,
  },
  'no-struct-ops': {
    code: 1003,
    text: (_: object) => 'the module exports no struct_ops',
    help: () => "export default structOps<tcp_congestion_ops>({ name: 'my_cc', … })",
  },
  'unknown-name': { code: 2001, text: (c: { name: string }) => `there is no ${c.name}`, help: hint },
  'unknown-field': {
    code: 2002,
    text: (c: { type: string; field: string }) => `${c.type} has no field ${c.field}`,
    help: hint,
  },
  'unknown-type': { code: 2003, text: (c: { name: string }) => `there is no type ${c.name}`, help: hint },
  'unknown-callback': {
    code: 2004,
    text: (c: { type: string; name: string }) => `${c.type} has no callback ${c.name}`,
    help: hint,
  },
  'not-a-value': { code: 2005, text: (c: { what: string }) => `${c.what} is no value` },
  'unknown-import': {
    code: 2006,
    text: (c: { name: string; from: string }) => `${c.from} exports no ${c.name}`,
    help: hint,
  },
  'no-module': { code: 2007, text: (c: { from: string; why: string }) => `${c.from}: ${c.why}` },
  'contains-itself': { code: 2009, text: (c: { name: string }) => `${c.name} would contain itself` },
  duplicate: { code: 2008, text: (c: { name: string }) => `${c.name} is there twice` },
  'wrong-type': { code: 2101, text: (c: { want: string; found: string }) => `expected ${c.want}, found ${c.found}` },
  'mixed-signs': {
    code: 2102,
    text: (c: { left: string; right: string; operator: string }) =>
      `${c.left} ${c.operator} ${c.right} mixes signed and unsigned`,
    help: (c: { operator: string }) =>
      `say which is meant: u32(a) ${c.operator} u32(b), or s32(a) ${c.operator} s32(b)`,
  },
  narrowing: {
    code: 2103,
    text: (c: { from: string; to: string }) => `${c.from} does not fit ${c.to}`,
    help: (c: { to: string }) => `cut it on purpose: ${c.to}(…)`,
  },
  'literal-range': { code: 2104, text: (c: { value: string; type: string }) => `${c.value} does not fit ${c.type}` },
  'division-by-zero': { code: 2105, text: (_: object) => 'division by zero' },
  'needs-type': { code: 2106, text: (c: { what: string }) => `${c.what} needs a type` },
  'may-be-null': {
    code: 2107,
    text: (c: { what: string }) => `${c.what} may be null`,
    help: (c: { what: string }) => `if (${c.what} === null) return`,
  },
  'needs-value': {
    code: 2108,
    text: (c: { name: string; type: string }) => `${c.name}, a ${c.type}, needs a value`,
  },
  arguments: {
    code: 2201,
    text: (c: { name: string; want: number; found: number }) => `${c.name} takes ${c.want} arguments, not ${c.found}`,
  },
  'not-assignable': { code: 2202, text: (c: { what: string }) => `${c.what} cannot be assigned to` },
  'not-writable': { code: 2204, text: (c: { why: string }) => c.why },
  'not-everywhere': {
    code: 2205,
    text: (c: { what: string; kernels: string }) => `${c.what} is only on ${kernelsText(c.kernels)}`,
    help: (c: { what: string }) =>
      `ask first: if (${/^\w+$/.test(c.what) && !/[A-Z]/.test(c.what) ? `hasKfunc(${c.what})` : 'exists(…)'}) { … }`,
  },
  'missing-callback': {
    code: 2206,
    text: (c: { type: string; missing: string }) => `${c.type} needs ${c.missing}`,
  },
  'bad-name': { code: 2207, text: (c: { name: string; why: string }) => `${c.name}: ${c.why}` },
  recursion: { code: 2203, text: (c: { name: string }) => `${c.name} calls itself`, help: () => 'use a bounded loop' },
  'private-size': {
    code: 2301,
    text: (c: { name: string; size: number; limit: number }) =>
      `${c.name} has ${c.size} bytes, private state has room for ${c.limit}`,
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
      (c.length & (c.length - 1)) === 0 ? `${c.index} & ${c.length - 1}` : `min(${c.index}, ${c.length - 1})`,
  },
  'unbounded-loop': {
    code: 2306,
    text: (c: { limit: string }) => `nothing says how often this runs: ${c.limit} may be anything`,
    help: (c: { limit: string }) => `range(min(${c.limit}, 64)), or loop(${c.limit}, body)`,
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
  'missing-return': { code: 2303, text: (c: { name: string }) => `${c.name} ends without a value` },
} as const

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
  readonly diagnostic: Diagnostic
  constructor(diagnostic: Diagnostic) {
    super(diagnostic.message)
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
  const row: { code: number; text(c: never): string; help?(c: never): string | undefined } = table[name]
  const help = row.help?.(context as never) // the table pairs them
  const { line, column } = file.position(span.start)
  return {
    code: `TSCC${row.code}`,
    message: row.text(context as never), // likewise
    ...(help === undefined ? {} : { help }),
    file: file.name,
    span: { start: span.start, end: span.end },
    line,
    column,
  }
}

/** `file:line:column error TSCC…`, the source line, a caret, and help. */
export function diagnosticText(diagnostic: Diagnostic, source: string): string {
  const text = source.split('\n')[diagnostic.line - 1] ?? ''
  const width = Math.max(1, Math.min(diagnostic.span.end - diagnostic.span.start, text.length - diagnostic.column + 1))
  const lines = [
    `${diagnostic.file}:${diagnostic.line}:${diagnostic.column} error ${diagnostic.code}: ${diagnostic.message}`,
    `  ${text}`,
    `  ${' '.repeat(diagnostic.column - 1)}${'^'.repeat(width)}`,
  ]
  return [...lines, ...(diagnostic.help === undefined ? [] : [`help: ${diagnostic.help}`])].join('\n')
}
