import type { VariableValue } from '@tscc/object'
import { registerStructOps } from '@tscc/struct-ops/kernel'
import { type Command, Option } from 'commander'
import { keepRegistered } from '../algorithm/keep-registered.ts'
import { loadSource, sourceText } from '../algorithm/load-source.ts'
import { openStructOps } from '../algorithm/open-struct-ops.ts'
import { btfSource } from '../btf/load-btf.ts'
import type { CommandContext } from '../command-table.ts'
import { openKernel, openResolver } from '../host.ts'
import { parseSetting } from '../option-parsers.ts'
import { examples } from '../output/examples.ts'
import { stopSignal, untilAborted } from '../stop-signal.ts'

interface RegisterOptions {
  readonly name?: string
  readonly value?: string
  readonly set?: Readonly<Record<string, VariableValue>>
  readonly pin?: string | true
  readonly hold?: true
  readonly btf?: string
  readonly json?: true
}

/** `tscc register`. */
export function defineRegister(command: Command, { output }: CommandContext): void {
  examples(
    command
      .description(
        'Load an algorithm into the kernel and print its id. It stays registered after this process, pinned in a BPF file system (kernels before 6.4 need no pin), unless --hold is given.',
      )
      .argument('<algorithm>', sourceText)
      .option('--name <name>', "the kernel's name for it, at most 15 characters")
      .option('--value <variable>', 'of an object with several struct_ops values: which one')
      .addOption(
        new Option('--set <name=value...>', 'initial values of variables in an object').argParser(parseSetting),
      )
      .addOption(new Option('--pin [path]', 'where to pin it (default: /sys/fs/bpf/tscc/NAME)').conflicts('hold'))
      .option('--hold', 'keep it registered only while this process runs; ^C unregisters')
      .addOption(new Option('--btf <file>', `link against a file instead of the running kernel: ${btfSource}`))
      .option('--json', 'print JSON')
      .action(async (source: string, options: RegisterOptions) => {
        const loaded = await loadSource(source)
        const kernel = openKernel('register')
        const resolver = openResolver(options.btf)
        const target = options.btf === undefined ? undefined : { btf: resolver.btf() }
        using opened = await openStructOps(kernel, loaded, { resolver: () => resolver, target }, options)
        const stop = options.hold === true ? stopSignal() : undefined
        const registration = registerStructOps(kernel, opened.ops)
        const { name, type, by, mapId: id, linkId, programs, dropped } = registration
        const pin = stop === undefined ? keepRegistered(kernel, registration, options.pin) : undefined
        resolver.save()
        if (options.json) output.json({ id, name, type, by, linkId, pin, programs, dropped })
        else {
          output.print(`${id}`)
          const where = pin === undefined ? (stop === undefined ? '' : ', until ^C') : `, pinned at ${pin}`
          output.note(`registered ${name} (id ${id})${where}`)
          for (const { callback, why } of dropped) output.note(`left out ${callback}: ${why}`)
        }
        if (stop !== undefined) {
          await untilAborted(stop)
          registration.close()
          output.note(`unregistered ${name} (id ${id})`)
        }
      }),
    [
      ['tscc register reno', "tscc's Reno as ts_reno"],
      ['tscc register ./my-cc.mjs --name my_cc', 'your own'],
      ['tscc register reno.bpf.o', 'an object file, of tscc build or of clang'],
      ['tscc register reno.bpf.o --set least=4', 'with another value of its variable'],
      ['sysctl -w net.ipv4.tcp_congestion_control=ts_reno', 'use it for new connections'],
      ['tscc register reno --hold', 'only until ^C'],
    ],
  )
}
