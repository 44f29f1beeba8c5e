import {
  type Btf,
  enumValues,
  extractBtf,
  findType,
  nameOf,
  structOpsNames,
  structOpsStubs,
  typesOfKind,
} from '@tscc/btf'
import { tcpConstants, tcpRoots } from '@tscc/vmlinux/header'
import { type Command, Option } from 'commander'
import { declarations } from '../btf/declarations.ts'
import { btfSource, loadBtf } from '../btf/load-btf.ts'
import type { CommandContext } from '../command-table.ts'
import { writeResult } from '../files.ts'
import { wholeNumber } from '../option-parsers.ts'
import { examples } from '../output/examples.ts'

interface TypesOptions {
  readonly btf: string
  readonly root?: readonly string[]
  readonly depth?: number
  readonly output?: string
  readonly standalone?: true
  readonly json?: true
}

/** `tscc types`. */
export function defineTypes(command: Command, { output }: CommandContext): void {
  examples(
    command
      .description('Print TypeScript declarations of kernel types, by default those that congestion control touches.')
      .addOption(new Option('--btf <file>', btfSource).default('vmlinux'))
      .option('--root <name...>', 'these types and what they need')
      .addOption(new Option('--depth <n>', 'how many pointers to follow from the roots').argParser(wholeNumber))
      .option('-o, --output <file>', 'write to a file')
      .option('--standalone', 'write out the integer types too, instead of importing them from @tscc/bpf')
      .option('--json', 'print JSON: the declarations as one string, and the roots')
      .action((options: TypesOptions) => {
        const btf = loadBtf(options.btf)
        const roots = options.root ?? tcpRoots.filter((name) => findType(btf, name) !== undefined)
        const unnamed = options.root === undefined ? unnamedEnums(btf) : []
        const prelude = options.standalone ? undefined : '@tscc/bpf'
        const text = declarations(btf, 'ts', { roots: [...roots, ...unnamed], depth: options.depth, prelude })
        if (options.output !== undefined) writeResult(options.output, text)
        const cut = options.output === undefined ? undefined : writeCut(btf, roots, options)
        if (options.json)
          output.json({
            roots,
            ...(options.output === undefined ? { text } : { file: options.output }),
            ...(cut === undefined ? {} : { btf: cut }),
          })
        else if (options.output === undefined) output.write(text)
        else if (cut !== undefined) output.note(`${cut}: the same as BTF, which the compiler reads`)
      }),
    [
      ['tscc types -o kernel.d.ts', 'tcp_sock and its kin on the running kernel'],
      ['tscc types --btf vmlinux-6.1 --root tcp_sock', 'of another kernel'],
      ['tscc types --root task_struct --depth 1', 'any type, and the structs that its pointers lead to'],
      ['tscc types --root hid_bpf_ops -o hid.d.ts', 'another struct_ops type; hid.btf beside it is for the compiler'],
      ['tscc types --standalone', 'without an import from @tscc/bpf'],
    ],
  )
}

/** A program of another struct_ops type needs its header: what was declared as BTF, beside the declarations. */
function writeCut(btf: Btf, roots: readonly string[], { output, depth = 1 }: TypesOptions): string | undefined {
  const known = structOpsNames(btf)
  const types = roots.filter((root) => root !== 'tcp_congestion_ops' && known.includes(root))
  if (types.length === 0 || output === undefined || output === '-') return undefined
  const path = `${output.replace(/(?:\.d)?(?:\.[cm]?[jt]s)?$/, '')}.btf`
  const values = types.flatMap((type) => [`bpf_struct_ops_${type}`, ...structOpsStubs(btf, type)])
  // Arguments are a pointer further away from their type than from their callback
  writeResult(path, extractBtf(btf, [...roots, ...values], { depth: depth + 1 }))
  return path
}

/** Enums without a name whose constants congestion control and sock_ops programs use. */
function unnamedEnums(btf: Btf): readonly number[] {
  const wanted = new Set(tcpConstants)
  return typesOfKind(btf, 'enum').filter(
    (id) => nameOf(btf, id) === '' && enumValues(btf, id).some((value) => wanted.has(value.name)),
  )
}
