import { findStructOps, replaceStructOps } from '@tscc/struct-ops/kernel'
import type { Command } from 'commander'
import { loadSource, sourceText } from '../algorithm/load-source.ts'
import { onlyOne, openStructOps } from '../algorithm/open-struct-ops.ts'
import type { CommandContext } from '../command-table.ts'
import { openHost } from '../host.ts'
import { examples } from '../output/examples.ts'

interface ReplaceOptions {
  readonly allowGap?: true
  readonly only?: string
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
      .argument('<algorithm>', sourceText)
      .option('--only <name>', 'of a file with several algorithms: which one')
      .option('--allow-gap', 'on kernels before 6.4, which cannot replace: unregister, then register')
      .option('--json', 'print JSON')
      .action(async (idOrName: string, source: string, options: ReplaceOptions) => {
        const loaded = await loadSource(source)
        const { kernel, resolver } = openHost('replace')
        const record = findStructOps(kernel, idOrName, { resolver })
        const sides = { resolver: () => resolver, target: undefined }
        using opened = await openStructOps(kernel, loaded, sides, {
          name: record.name,
          only: options.only === undefined ? undefined : [options.only],
        })
        const id = replaceStructOps(kernel, record, onlyOne(loaded, opened), { allowGap: options.allowGap === true })
        resolver.save()
        if (options.json) output.json({ id, name: record.name, type: record.type, replaced: record.id })
        else {
          output.print(`${id}`)
          output.note(`replaced ${record.name}: id ${record.id} is now id ${id}`)
        }
      }),
    [
      ['tscc replace my_cc my_cc.bpf.ts', 'try a change on a live machine'],
      ['tscc replace ts_reno reno', 'and take it back'],
    ],
  )
}
