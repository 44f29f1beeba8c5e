import { isRegistered, listStructOps } from '@tscc/struct-ops/kernel'
import type { Command } from 'commander'
import type { CommandContext } from '../command-table.ts'
import { openHost } from '../host.ts'
import { examples } from '../output/examples.ts'
import { formatTable } from '../output/table.ts'

interface ListOptions {
  readonly all?: true
  readonly json?: true
}

/** `tscc list`. */
export function defineList(command: Command, { output }: CommandContext): void {
  examples(
    command
      .description('List the struct_ops that are registered through BPF, whoever registered them.')
      .option('-a, --all', 'also maps that wait for a link, and those that linger until their last socket closes')
      .option('--json', 'print JSON')
      .action((options: ListOptions) => {
        const { kernel, resolver } = openHost('list')
        const records = listStructOps(kernel, { resolver }).filter((record) => options.all || isRegistered(record))
        resolver.save()
        if (options.json) {
          output.json(records.map((record) => ({ ...record, registered: isRegistered(record) })))
          return
        }
        if (records.length === 0) output.note('nothing is registered through BPF')
        else
          output.print(
            formatTable(
              output,
              ['id', 'name', 'type', 'state', 'link', 'programs', 'pinned at'],
              records.map((record) => [
                record.id,
                record.name,
                record.type,
                isRegistered(record) ? 'registered' : record.state,
                record.linkIds.join(' ') || (record.by === 'map' ? 'by map' : '-'),
                Object.keys(record.programs).length,
                record.pins.join(' ') || '-',
              ]),
            ),
          )
      }),
    [
      ['tscc list', 'what is registered'],
      ['tscc list --json', 'the same for programs'],
    ],
  )
}
