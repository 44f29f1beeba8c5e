import { parseBtf } from '@tscc/btf'
import type { PassName } from '@tscc/compiler'
import { nearestNames } from '@tscc/core'
import { type BpfObject, writeObject } from '@tscc/object'
import { renameObject, specToObject } from '@tscc/struct-ops/object'
import { type Command, Option } from 'commander'
import { compileSource, isCompiled, type LoadedModule } from '../algorithm/compile-source.ts'
import { algorithmSource, loadAlgorithm } from '../algorithm/load-algorithm.ts'
import { objectListing } from '../algorithm/object-listing.ts'
import { declarations } from '../btf/declarations.ts'
import { cliErrors } from '../cli-errors.ts'
import type { CommandContext } from '../command-table.ts'
import { checkWritable, writeResult } from '../files.ts'
import { examples } from '../output/examples.ts'

interface BuildOptions {
  readonly output?: string
  readonly emit?: 'ir' | 'asm' | 'btf'
  readonly without?: readonly string[]
  readonly cpu?: 'v1' | 'v2' | 'v3' | 'v4'
  readonly name?: string
  readonly section: '.struct_ops' | '.struct_ops.link'
  readonly endian: 'little' | 'big'
  readonly json?: true
}

/** What was built. */
interface Built {
  readonly object: BpfObject
  /** Where it goes unless the user says so. */
  readonly file: string
  readonly name: string
  /** Of a `*.bpf.ts` file. */
  readonly module?: LoadedModule
}

/** `tscc build`. */
export function defineBuild(command: Command, { output }: CommandContext): void {
  examples(
    command
      .description(
        'Compile a TypeScript file to an object file: one for every kernel from 5.10 on, which tscc, bpftool and libbpf load. Needs no kernel and no other compiler; the same input gives the same bytes.',
      )
      .argument('<algorithm>', `a TypeScript file (.bpf.ts), ${algorithmSource}`)
      .option('-o, --output <file>', 'where to write it; - for standard output (default: NAME.bpf.o)')
      .addOption(
        new Option('--emit <what>', 'text instead of an object, to standard output unless -o is given').choices([
          'ir',
          'asm',
          'btf',
        ]),
      )
      .option('--without <pass...>', 'leave out passes of the compiler')
      .addOption(
        new Option(
          '--cpu <level>',
          'instructions that may be used: v3 (default) is for 5.10 on, v4 for 6.6 on',
        ).choices(['v1', 'v2', 'v3', 'v4']),
      )
      .option('--name <name>', "the kernel's name for it, at most 15 characters")
      .addOption(
        new Option('--section <name>', 'how others register it: by map update, or (libbpf 1.2 and later) by a link')
          .choices(['.struct_ops', '.struct_ops.link'])
          .default('.struct_ops'),
      )
      .addOption(new Option('--endian <order>', 'byte order').choices(['little', 'big']).default('little'))
      .option('--json', 'print JSON: the file, its size, programs and relocations')
      .action(async (source: string, options: BuildOptions) => {
        const built = await build(source, options)
        if (options.emit !== undefined) {
          const text = await emitted(options.emit, built)
          if (options.output === undefined || options.output === '-') output.print(text)
          else writeResult(options.output, `${text}\n`)
          return
        }
        const { object, name } = built
        const file = options.output ?? built.file
        if (file === '-' && process.stdout.isTTY)
          throw usage('an object is bytes, and standard output is a terminal', 'name a file (-o reno.bpf.o)')
        if (file !== '-') checkWritable(file)
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
      ['tscc build my_cc.bpf.ts', 'your own, to my_cc.bpf.o'],
      ['tscc build my_cc.bpf.ts --emit asm', 'its instructions, with source lines and field names'],
      ['tscc build my_cc.bpf.ts --emit ir --without fold', "the compiler's steps, without one of its passes"],
      ['bpftool struct_ops register my_cc.bpf.o', 'others load it too'],
      ['tscc build reno -o reno.bpf.o', "tscc's Reno as an object"],
    ],
  )
}

const usage = (message: string, hint: string): Error =>
  cliErrors.make('usage', { message, command: 'tscc build', hint })

async function build(source: string, options: BuildOptions): Promise<Built> {
  const { section, endian, without = [], cpu } = options
  if (!isCompiled(source)) {
    if (without.length > 0 || cpu !== undefined)
      throw usage('only a .bpf.ts file goes through the compiler', 'leave out --without and --cpu')
    const { spec } = await loadAlgorithm(source)
    const name = options.name ?? spec.name
    return { name, file: `${name}.bpf.o`, object: specToObject({ ...spec, name }, { section, endian }) }
  }
  if (section !== '.struct_ops' || endian !== 'little')
    throw usage('--section and --endian are not for .bpf.ts files', 'leave them out')
  const module = await compileSource(source, { without: await passes(without), ...(cpu === undefined ? {} : { cpu }) })
  const names = module.compiled.module?.ops.map((ops) => ops.name) ?? []
  if (options.name !== undefined && names.length > 1)
    throw usage(`${source} has several algorithms (${names.join(', ')})`, 'leave out --name')
  const object = options.name === undefined ? module.object : renameObject(module.object, options.name)
  return { name: options.name ?? names.join(', '), file: `${module.label}.bpf.o`, object, module }
}

/** Names of passes, checked: what is left out by a wrong name would be left in. */
async function passes(names: readonly string[]): Promise<readonly PassName[]> {
  if (names.length === 0) return []
  const { passNames } = await import('@tscc/compiler')
  return names.map((name) => {
    const pass = passNames.find((one) => one === name)
    if (pass !== undefined) return pass
    const near = nearestNames(name, passNames)
    throw usage(
      `there is no pass ${name}`,
      near.length === 0 ? `passes: ${passNames.join(', ')}` : `did you mean ${near.join(', ')}?`,
    )
  })
}

async function emitted(what: 'ir' | 'asm' | 'btf', { object, module }: Built): Promise<string> {
  if (what === 'asm') return objectListing(object)
  if (what === 'btf')
    return object.btf === undefined ? '' : declarations(parseBtf(object.btf, { pointerSize: 8 }), 'c', {}).trimEnd()
  if (module === undefined) throw usage('only a .bpf.ts file has an IR', '--emit asm shows its instructions')
  const { irText } = await import('@tscc/compiler')
  return module.compiled.functions.map(({ ir }) => irText(ir)).join('\n\n')
}
