import { applyPolicy, policyRules } from '@tscc/sock-ops'
import { type Command, InvalidArgumentError } from 'commander'
import type { CommandContext } from '../command-table.ts'
import { readInput } from '../files.ts'
import { openKernel } from '../host.ts'
import { examples } from '../output/examples.ts'
import { needCongestionControls } from '../policy/available.ts'
import { pinsOption } from '../policy/rule-options.ts'
import { parseRules } from '../policy/rules-file.ts'
import { rulesSchema } from '../policy/rules-schema.ts'
import { printRules } from '../policy/rules-table.ts'

interface ApplyOptions {
  readonly check?: true
  readonly schema?: true
  readonly pins: string
  readonly json?: true
}

/** `tscc apply`. */
export function defineApply(command: Command, { output }: CommandContext): void {
  examples(
    command
      .description(
        'Put the rules of a YAML file in force, in the place of all rules there are: at one moment, for new connections. Killed at any point it leaves the old rules or the new ones. Rules that stay keep their figures; the same file again changes nothing.',
      )
      .argument('[file]', 'rules, as --schema says; - for stdin')
      .option('--check', 'read and check the file, change nothing')
      .option('--schema', 'print the JSON Schema of rules files, for editors')
      .addOption(pinsOption())
      .option('--json', 'print JSON')
      .action((file: string | undefined, options: ApplyOptions) => {
        if (options.schema) {
          output.json(rulesSchema)
          return
        }
        if (file === undefined) throw new InvalidArgumentError('a file is missing: tscc apply rules.yaml')
        const rules = parseRules(file, new TextDecoder().decode(readInput(file)))
        if (options.check) {
          if (options.json) output.json({ rules })
          else output.note(`${file}: ${rules.length} rules, nothing wrong`)
          return
        }
        const kernel = openKernel('apply')
        needCongestionControls(
          kernel,
          rules.map(({ use }) => use),
        )
        const where = { kernel, folder: options.pins }
        const applied = applyPolicy(rules, where)
        if (options.json) {
          output.json({ ...applied, rules: policyRules(where) })
          return
        }
        for (const kind of ['added', 'changed', 'removed', 'kept'] as const)
          if (applied[kind].length > 0) output.note(`${kind}: ${applied[kind].join(', ')}`)
        printRules(output, policyRules(where))
      }),
    [
      ['tscc apply rules.yaml', 'the whole policy of this machine'],
      ['tscc apply --check rules.yaml', 'in a test, without privileges'],
      ['tscc apply --schema > rules.schema.json', 'for completion in an editor'],
    ],
  )
}
