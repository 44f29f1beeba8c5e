import { linkStructOps } from '@tscc/struct-ops'
import { findStructOps, replaceStructOps } from '@tscc/struct-ops/kernel'
import type { Command } from 'commander'
import { algorithmSource, loadAlgorithm } from '../algorithm/load-algorithm.ts'
import type { CommandContext } from '../command-table.ts'
import { openHost } from '../host.ts'
import { examples } from '../output/examples.ts'

interface ReplaceOptions {
  readonly allowGap?: true
  readonly json?: true
}

/** `tscc replace`. */
export function defineReplace(command: Command, { output }: CommandContext): void {
  examples(
    command
      .description(
        'Put an algorithm in the place of a registered one, under its name and pins. There is no moment without it, and when the kernel refuses, the old one stays. Connections that use the old one keep it.',
      )
      .argument('<registered>', 'id or name, as tscc list shows them')
      .argument('<algorithm>', algorithmSource)
      .option('--allow-gap', 'on kernels before 6.4, which cannot replace: unregister, then register')
      .option('--json', 'print JSON')
      .action(async (idOrName: string, source: string, options: ReplaceOptions) => {
        const { spec } = await loadAlgorithm(source)
        const { kernel, resolver } = openHost('replace')
        const record = findStructOps(kernel, idOrName, { resolver })
        const linked = linkStructOps({ ...spec, name: record.name }, resolver)
        const id = replaceStructOps(kernel, record, linked, { allowGap: options.allowGap === true })
        resolver.save()
        if (options.json) output.json({ id, name: record.name, type: record.type, replaced: record.id })
        else {
          output.print(`${id}`)
          output.note(`replaced ${record.name}: id ${record.id} is now id ${id}`)
        }
      }),
    [
      ['tscc replace ts_reno ./my-reno.mjs', 'try a change on a live machine'],
      ['tscc replace ts_reno reno', 'and take it back'],
    ],
  )
}
