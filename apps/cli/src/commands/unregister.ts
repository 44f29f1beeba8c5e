import { findStructOps, unregisterStructOps } from '@tscc/struct-ops/kernel'
import type { Command } from 'commander'
import type { CommandContext } from '../command-table.ts'
import { openHost } from '../host.ts'
import { examples } from '../output/examples.ts'

/** `tscc unregister`. */
export function defineUnregister(command: Command, { output }: CommandContext): void {
  examples(
    command
      .description('Take a registration away, with its pins. Sockets that use the algorithm keep it until they close.')
      .argument('<registered>', 'id or name, as tscc list shows them')
      .option('--json', 'print JSON')
      .action((idOrName: string, options: { readonly json?: true }) => {
        const { kernel, resolver } = openHost('unregister')
        const record = findStructOps(kernel, idOrName, { resolver })
        unregisterStructOps(kernel, record)
        if (options.json) output.json({ id: record.id, name: record.name, type: record.type, pins: record.pins })
        else output.note(`unregistered ${record.name} (id ${record.id})`)
      }),
    [
      ['tscc unregister ts_reno', 'by name'],
      ['tscc unregister 42', 'by id: names need not be unique'],
    ],
  )
}
