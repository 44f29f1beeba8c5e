import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import tab from '@bomb.sh/tab/commander'
import type { Command } from 'commander'
import { examples } from './output/examples.ts'

/** A word that completes an argument. */
export interface CompletionWord {
  readonly value: string
  readonly about: string
}

/** Arguments that are completed with words (by their name), and all others with files. */
const worded: ReadonlySet<string> = new Set(['algorithm', 'what', 'registered'])
/** Arguments that have neither. */
const free: ReadonlySet<string> = new Set(['name', 'struct', 'shell', 'args'])

/**
 * Add `completion SHELL`, and the hidden `complete` that its scripts call. `words` are the names of algorithms and of
 * what is registered.
 */
export function addCompletion(program: Command, words: readonly CompletionWord[]): Command {
  const root = tab(program, { completionCommandName: 'completion' })
  const command = program.commands.find((candidate) => candidate.name() === 'completion')
  if (command !== undefined)
    examples(
      command
        .summary('completion for bash, zsh, fish and PowerShell')
        .helpGroup('Start here:')
        .description('Print a completion script: <Tab> then completes commands, options, algorithms and files.'),
      [
        ['source <(tscc completion bash)', 'bash: for this shell; put it into ~/.bashrc to keep it'],
        ['source <(tscc completion zsh)', 'zsh, after compinit'],
        ['tscc completion fish | source', 'fish'],
        ['tscc completion powershell | Out-String | Invoke-Expression', 'PowerShell'],
      ],
    )
  for (const [name, completed] of root.commands) {
    completed.description =
      program.commands.find((candidate) => candidate.name() === name)?.summary() ?? completed.description
    for (const argument of completed.arguments.values()) {
      if (argument.handler !== undefined || free.has(argument.name)) continue
      argument.handler = (complete) => {
        if (worded.has(argument.name)) for (const { value, about } of words) complete(value, about)
        const word = process.argv.at(-1) ?? ''
        const wantsFiles = worded.has(argument.name) ? /[./]/.test(word) : true
        if (wantsFiles) for (const file of filesLike(word)) complete(file, '')
      }
    }
  }
  return program
}

/** Files that a word could become; folders end with a slash. */
function filesLike(word: string): readonly string[] {
  const folder = word.endsWith('/') ? word : dirname(word)
  try {
    return readdirSync(folder === '' ? '.' : folder, { withFileTypes: true })
      .filter((entry) => !entry.name.startsWith('.'))
      .map((entry) => {
        const path = word.includes('/') ? join(folder, entry.name) : entry.name
        const written = word.startsWith('./') ? `./${path}` : path
        return entry.isDirectory() ? `${written}/` : written
      })
  } catch {
    return []
  }
}
