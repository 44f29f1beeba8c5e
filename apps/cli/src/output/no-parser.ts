import { cliErrors } from '../cli-errors.ts'

/**
 * An error as it was, or in our words where it is that oxc-parser found no native part: its own message tells of a fault in npm,
 * whatever the reason, and has what came of all that it tried as causes, of which the deepest was first.
 */
export function asNoParser(error: unknown): unknown {
  if (!(error instanceof Error) || !error.message.includes('native binding')) return error
  const reasons = causesOf(error).map(({ message }) => message.split('\n', 1)[0] ?? '')
  const failed = reasons.findLast((reason) => !reason.startsWith(ABSENT))
  const absent = reasons.findLast((reason) => reason.startsWith(`${ABSENT} '@oxc-parser/`))
  const why = failed ?? absent
  return why === undefined ? error : cliErrors.make('no-parser', { why }, error)
}

const ABSENT = 'Cannot find module'

function causesOf(error: Error): readonly Error[] {
  return error.cause instanceof Error ? [error.cause, ...causesOf(error.cause)] : []
}
