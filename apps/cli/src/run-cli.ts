import { CommanderError } from 'commander'
import { cliErrors } from './cli-errors.ts'
import { asNoParser } from './output/no-parser.ts'
import { processOutput } from './output/output.ts'
import { exitStatus, reportError } from './output/report-error.ts'
import { buildProgram, commandLine } from './program.ts'

/** Run one command line (without node and script); the result is the exit status: 0 done, 1 failed, 2 wrong usage. */
export async function runCli(args: readonly string[]): Promise<number> {
  const output = processOutput()
  const json = args.includes('--json')
  const { DEBUG } = process.env
  const verbose = args.includes('--verbose') || (DEBUG !== undefined && DEBUG !== '')
  const status = { code: 0 }
  const fail = (): void => {
    status.code = 1
  }
  const program = await buildProgram(args, { output, fail })
  try {
    await program.parseAsync([...args], { from: 'user' })
    return status.code
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    const shown = error instanceof CommanderError ? usageError(error, commandLine(program, args)) : asNoParser(error)
    if (shown !== undefined) reportError(output, shown, { json, verbose })
    return error instanceof CommanderError ? 2 : exitStatus(error)
  }
}

/** Commander's words in ours; undefined where it printed the help instead. */
function usageError(error: CommanderError, command: string): Error | undefined {
  if (error.code === 'commander.help') return undefined
  const [message = '', hint = ''] = error.message.replace(/^error: /, '').split('\n')
  return cliErrors.make('usage', {
    message: message.charAt(0).toLowerCase() + message.slice(1),
    command,
    hint: hint.replace(/^\(Did (.*)\)$/, 'did $1'),
  })
}
