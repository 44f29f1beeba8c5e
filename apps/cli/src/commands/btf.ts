import { Argument, type Command, Option } from 'commander'
import { btfSource } from '../btf/load-btf.ts'
import type { CommandContext } from '../command-table.ts'
import { examples } from '../output/examples.ts'
import { runBtfDiff } from './btf-diff.ts'
import { dumpFormats, runBtfDump } from './btf-dump.ts'
import { runBtfFind } from './btf-find.ts'
import { runBtfLayout } from './btf-layout.ts'

/** `tscc btf …`. */
export function defineBtf(btf: Command, context: CommandContext): void {
  const file = (): Option => new Option('--btf <file>', btfSource).default('vmlinux')
  const base = (): Option => new Option('--base <file>', 'the BTF that a split BTF was made against')
  const json = (): Option => new Option('--json', 'print JSON')

  examples(
    btf
      .command('dump')
      .description('Print every type of a BTF.')
      .addArgument(new Argument('<file>', btfSource))
      .addOption(new Option('--format <format>', 'what to print').choices(dumpFormats).default('raw'))
      .option('--root <name...>', 'for c and ts: only these types and what they need')
      .addOption(base())
      .addOption(json().implies({ format: 'json' }))
      .action((source, options) => runBtfDump(source, options, context)),
    [
      ['tscc btf dump vmlinux | head', "the kernel's types, one a line, as bpftool prints them"],
      ['tscc btf dump vmlinux --format c > vmlinux.h', 'a C header'],
      ['tscc btf dump prog.bpf.o --format json', 'the types of an object file'],
      ['tscc btf dump tcp_bbr', 'what a loaded module adds'],
    ],
  )
  examples(
    btf
      .command('find')
      .description('Look types up by name; * and ? match any text and any character.')
      .argument('<name...>', 'names or patterns')
      .addOption(file())
      .addOption(base())
      .addOption(json())
      .action((names, options) => runBtfFind(names, options, context)),
    [
      ['tscc btf find tcp_sock sock', 'ids, kinds and sizes'],
      ["tscc btf find 'bpf_struct_ops_*'", 'every type with such a name'],
    ],
  )
  examples(
    btf
      .command('layout')
      .description('Offsets, sizes and types of the members of a struct, union or enum; anonymous ones are flattened.')
      .argument('<struct>', 'name of the type')
      .addOption(file())
      .addOption(base())
      .addOption(json())
      .action((name, options) => runBtfLayout(name, options, context)),
    [
      ['tscc btf layout tcp_sock', 'on the running kernel'],
      ['tscc btf layout tcp_congestion_ops --btf old.btf', 'on another'],
    ],
  )
  examples(
    btf
      .command('diff')
      .description('What differs between the structs, unions and enums of two BTFs. Status 1 when something does.')
      .addArgument(new Argument('<a>', btfSource))
      .addArgument(new Argument('<b>', btfSource))
      .option('--root <name...>', 'only these types')
      .addOption(json())
      .action((a, b, options) => runBtfDiff([a, b], options, context)),
    [['tscc btf diff 6.1.btf vmlinux --root tcp_sock', 'what moved in tcp_sock since 6.1']],
  )
}
