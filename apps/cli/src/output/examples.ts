import type { Command } from 'commander'

/** The end of a command's help: command lines that work. */
export function examples(command: Command, lines: readonly (readonly [line: string, about: string])[]): Command {
  const width = Math.max(...lines.map(([line]) => line.length))
  const text = lines.map(([line, about]) => `  ${line.padEnd(width)}  ${about}`).join('\n')
  return command.addHelpText('after', `\nExamples:\n${text}`)
}
