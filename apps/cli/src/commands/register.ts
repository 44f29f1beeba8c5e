import type { VariableValue } from '@tscc/object'
import {
  findStructOps,
  type RegistrableStructOps,
  type Registration,
  registerStructOps,
  unregisterStructOps,
} from '@tscc/struct-ops/kernel'
import type { Kernel } from '@tscc/syscall'
import { type Command, Option } from 'commander'
import { keepRegistered } from '../algorithm/keep-registered.ts'
import { loadSource, sourceText } from '../algorithm/load-source.ts'
import { onlyOne, openStructOps } from '../algorithm/open-struct-ops.ts'
import { btfSource } from '../btf/load-btf.ts'
import type { CommandContext } from '../command-table.ts'
import { openKernel, openResolver } from '../host.ts'
import { parseSetting } from '../option-parsers.ts'
import { examples } from '../output/examples.ts'
import { stopSignal, untilAborted } from '../stop-signal.ts'

interface RegisterOptions {
  readonly name?: string
  readonly only?: readonly string[]
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
      .option('--only <name...>', 'of a file with several algorithms: which (a .bpf.ts file: default all)')
      .addOption(
        new Option(
          '--set <name=value...>',
          'values of tunables and other variables, of a .bpf.ts or .bpf.o file',
        ).argParser(parseSetting),
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
        if (typeof options.pin === 'string') onlyOne(loaded, opened)
        const registrations = registerAll(kernel, opened.all)
        const pins = stop === undefined ? keepAll(kernel, registrations, options.pin) : []
        const rows = registrations.map(({ name, type, by, mapId: id, linkId, programs, dropped }, i) => {
          return { id, name, type, by, linkId, pin: pins[i], programs, dropped }
        })
        resolver.save()
        if (options.json) output.json(rows.length === 1 ? rows[0] : rows)
        else
          for (const { id, name, pin, dropped } of rows) {
            output.print(`${id}`)
            const where = pin === undefined ? (stop === undefined ? '' : ', until ^C') : `, pinned at ${pin}`
            output.note(`registered ${name} (id ${id})${where}`)
            for (const { callback, why } of dropped) output.note(`left out ${callback}: ${why}`)
          }
        if (stop !== undefined) {
          await untilAborted(stop)
          for (const registration of registrations) registration.close()
          for (const { id, name } of rows) output.note(`unregistered ${name} (id ${id})`)
        }
      }),
    [
      ['tscc register my_cc.bpf.ts', 'your own, in TypeScript'],
      ['tscc register my_cc.bpf.ts --set least=4', 'with another value of a tunable'],
      ['tscc register reno', "tscc's Reno as ts_reno"],
      ['tscc register reno.bpf.o --name my_reno', 'an object file, of tscc build or of clang'],
      ['sysctl -w net.ipv4.tcp_congestion_control=ts_reno', 'use it for new connections'],
      ['tscc register reno --hold', 'only until ^C'],
    ],
  )
}

/** All or none. */
function registerAll(kernel: Kernel, all: readonly RegistrableStructOps[]): readonly Registration[] {
  const registered: Registration[] = []
  try {
    for (const ops of all) registered.push(registerStructOps(kernel, ops))
    return registered
  } catch (error) {
    for (const registration of registered.reverse()) registration.close()
    throw error
  }
}

/** Pins of all, or none is left registered. */
function keepAll(
  kernel: Kernel,
  registrations: readonly Registration[],
  wanted: string | true | undefined,
): readonly (string | undefined)[] {
  const ids = registrations.map(({ mapId }) => mapId)
  const pins: (string | undefined)[] = []
  try {
    for (const registration of registrations) pins.push(keepRegistered(kernel, registration, wanted))
    return pins
  } catch (error) {
    // The one that failed is closed already.
    for (const registration of registrations.slice(pins.length + 1)) registration.close()
    for (const id of ids.slice(0, pins.length)) unregisterStructOps(kernel, findStructOps(kernel, `${id}`))
    throw error
  }
}
