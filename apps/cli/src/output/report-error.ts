import { isTsccError } from '@tscc/core'
import { cliErrors } from '../cli-errors.ts'
import { mendsFor } from './mends.ts'
import { jsonValue, type Output } from './output.ts'
import { printable } from './printable.ts'

/** What an error ends as: the same facts for people and for programs. */
interface ErrorReport {
  readonly code: string
  readonly message: string
  readonly help: readonly string[]
  readonly context?: unknown
}

/** How to show errors. */
export interface ReportOptions {
  readonly json: boolean
  /** With stack traces, causes and verifier logs. */
  readonly verbose: boolean
}

/** What a user can only have caused by the command line's own values. */
const usageCodes: ReadonlySet<string> = new Set([
  'cli/usage',
  'experiment/scenario',
  'lab/scenario',
  'sim/path',
  'sim/trace',
])

/** Exit status of a failure: 2 for wrong usage, 1 for everything else. */
export function exitStatus(error: unknown): number {
  return isTsccError(error) && usageCodes.has(error.code) ? 2 : 1
}

/** `error: …` and `help: …` lines on stderr, or one JSON document there. */
export function reportError(output: Output, error: unknown, options: ReportOptions): void {
  const report = describeError(error)
  if (options.json) {
    output.note(JSON.stringify({ error: report }, jsonValue))
    return
  }
  const { red, cyan, dim } = output.errorColors
  const frames = framesOf(error)
  for (const frame of frames) output.note(colored(printable(frame), output.errorColors))
  if (frames.length === 0) output.note(`${red('error:')} ${printable(report.message)}`)
  else if (frames.length > 1) output.note(`${red('error:')} ${frames.length} errors`)
  for (const line of report.help) output.note(`${cyan('help:')} ${printable(line)}`)
  // A mistake in a program has no more to it than its place.
  if (options.verbose && !cliErrors.is(error, 'cli/diagnostics'))
    for (const line of details(error)) output.note(dim(printable(line)))
}

/** Texts that show places in sources. */
function framesOf(error: unknown): readonly string[] {
  if (cliErrors.is(error, 'cli/diagnostics')) return error.context.diagnostics.map(({ text }) => text)
  return cliErrors.is(error, 'cli/rejected') ? [error.context.text] : []
}

function colored(frame: string, { bold, red, cyan }: Output['errorColors']): string {
  return frame
    .split('\n')
    .map((line, i) => {
      if (i === 0) return bold(line.replace(/ error(?= TSCC|:)/, () => ` ${red('error')}`))
      return /^ +\^+$/.test(line) ? red(line) : line.replace(/^help:/, () => cyan('help:'))
    })
    .join('\n')
}

/** An error as data: its code, its message, and what to do about it. */
export function describeError(error: unknown): ErrorReport {
  if (cliErrors.is(error, 'cli/usage')) {
    const { command, hint } = error.context
    return { code: error.code, message: error.message, help: [hint, `${command} --help`].filter((line) => line !== '') }
  }
  if (isTsccError(error))
    return {
      code: error.code,
      message: error.message,
      help: mendsFor(error.code, error.context),
      context: error.context,
    }
  const message = error instanceof Error ? error.message : String(error)
  return { code: 'cli/internal', message, help: ['this is a bug of tscc; --verbose shows where'] }
}

/** The verifier's log if there is one, then stacks down the causes. */
function details(error: unknown): readonly string[] {
  const lines: string[] = []
  for (let at = error; at instanceof Error; at = at.cause) {
    const context: unknown = isTsccError(at) ? at.context : undefined
    if (typeof context === 'object' && context !== null && 'log' in context && lines.length === 0)
      lines.push(String(context.log).trimEnd())
    lines.push(at.stack ?? at.message)
  }
  return lines
}
