import { Command } from 'commander'
import { type CommandContext, commandTable } from './command-table.ts'
import { addCompletion } from './completion.ts'
import { packageVersion } from './package-version.ts'

/** All of these need every command's options. */
const needAll = new Set(['complete', 'completion'])

/**
 * The whole command line. A command's module is loaded only when its name is among the arguments: what stands for the
 * others is enough for the list of commands.
 */
export async function buildProgram(args: readonly string[], context: CommandContext): Promise<Command> {
  const program = new Command('tscc')
    .description('Write, test and ship TCP congestion control for Linux: BPF programs without clang.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .option('--verbose', 'show stack traces and verifier logs with errors')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.output.write(text),
      writeErr: (text) => context.output.note(text.trimEnd()),
      outputError: () => {},
    })
    .configureHelp({
      showGlobalOptions: true,
      subcommandTerm: (command) => command.name(),
      styleTitle: (text) => context.output.colors.bold(text),
    })
    .addHelpCommand(new Command('help').argument('[command]').summary('help for a command').helpGroup('Start here:'))
    .addHelpText('after', '\nExit status: 0 done, 1 failed, 2 wrong usage. Every command has --help with examples.')
  const all = args.some((arg) => needAll.has(arg))
  for (const row of commandTable) {
    const command = program.command(row.name).summary(row.summary).helpGroup(row.group)
    if (all || args.includes(row.name)) (await row.load())(command.description(row.summary), context)
  }
  const words = args.includes('complete') ? (await import('./completion-words.ts')).completionWords() : []
  return addCompletion(program, words)
}

/** The deepest command that the arguments name, as one would type it: for the hint of a usage error. */
export function commandLine(program: Command, args: readonly string[]): string {
  const words = [program.name()]
  let at = program
  for (const arg of args) {
    const next = at.commands.find((command) => command.name() === arg)
    if (next === undefined) continue
    words.push(arg)
    at = next
  }
  return words.join(' ')
}
