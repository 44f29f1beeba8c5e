import { writeObject } from '@tscc/object'
import { specToObject } from '@tscc/struct-ops/object'
import { type Command, Option } from 'commander'
import { algorithmSource, loadAlgorithm } from '../algorithm/load-algorithm.ts'
import { cliErrors } from '../cli-errors.ts'
import type { CommandContext } from '../command-table.ts'
import { checkWritable, writeResult } from '../files.ts'
import { examples } from '../output/examples.ts'

interface BuildOptions {
  readonly output?: string
  readonly name?: string
  readonly section: '.struct_ops' | '.struct_ops.link'
  readonly endian: 'little' | 'big'
  readonly json?: true
}

/** `tscc build`. */
export function defineBuild(command: Command, { output }: CommandContext): void {
  examples(
    command
      .description(
        'Make an object file of an algorithm: one for every kernel from 5.10 on, which tscc, bpftool and libbpf load. Needs no kernel and no compiler; the same input gives the same bytes.',
      )
      .argument('<algorithm>', algorithmSource)
      .option('-o, --output <file>', 'where to write it; - for standard output (default: NAME.bpf.o)')
      .option('--name <name>', "the kernel's name for it, at most 15 characters")
      .addOption(
        new Option('--section <name>', 'how others register it: by map update, or (libbpf 1.2 and later) by a link')
          .choices(['.struct_ops', '.struct_ops.link'])
          .default('.struct_ops'),
      )
      .addOption(new Option('--endian <order>', 'byte order').choices(['little', 'big']).default('little'))
      .option('--json', 'print JSON: the file, its size, programs and relocations')
      .action(async (source: string, options: BuildOptions) => {
        const { spec } = await loadAlgorithm(source)
        const name = options.name ?? spec.name
        const file = options.output ?? `${name}.bpf.o`
        if (file === '-' && process.stdout.isTTY)
          throw cliErrors.make('usage', {
            message: 'an object is bytes, and standard output is a terminal',
            command: 'tscc build',
            hint: 'name a file (-o reno.bpf.o)',
          })
        if (file !== '-') checkWritable(file)
        const { section, endian } = options
        const object = specToObject({ ...spec, name }, { section, endian })
        const bytes = writeObject(object)
        writeResult(file, bytes)
        const programs = object.functions.map((one) => ({
          name: one.name,
          section: one.section,
          instructions: one.code.length / 8,
          relocations: one.relocations.length + one.coreRelocations.length,
        }))
        if (options.json && file !== '-') output.json({ file, bytes: bytes.length, name, programs })
        else {
          const total = (key: 'instructions' | 'relocations') => programs.reduce((sum, one) => sum + one[key], 0)
          output.note(
            `${file}: ${bytes.length} bytes, ${programs.length} programs, ${total('instructions')} instructions, ${total('relocations')} relocations`,
          )
        }
      }),
    [
      ['tscc build reno -o reno.bpf.o', "tscc's Reno as an object"],
      ['bpftool struct_ops register reno.bpf.o', 'which others load too'],
      ['tscc build ./my-cc.mjs --name my_cc', 'your own'],
    ],
  )
}
