import { algorithms } from '@tscc/algos'
import { findStructOps, isRegistered, type StructOpsRecord } from '@tscc/struct-ops/kernel'
import { type Kernel, openProgramById, programInfo } from '@tscc/syscall'
import { type Command, Option } from 'commander'
import { type AlgorithmView, viewAlgorithm } from '../algorithm/algorithm-view.ts'
import { isSource, loadSource, openTarget, sourceText } from '../algorithm/load-source.ts'
import { type ObjectView, viewObject } from '../algorithm/object-view.ts'
import { valueText } from '../algorithm/variables.ts'
import { btfSource, loadBtf } from '../btf/load-btf.ts'
import type { CommandContext } from '../command-table.ts'
import { openHost } from '../host.ts'
import { examples } from '../output/examples.ts'
import type { Output } from '../output/output.ts'
import { formatTable } from '../output/table.ts'

interface ShowOptions {
  readonly btf?: string
  readonly json?: true
}

/** `tscc show`. */
export function defineShow(command: Command, { output }: CommandContext): void {
  examples(
    command
      .description(
        'Show a registered struct_ops by id or name; or what linking makes of an algorithm on this kernel: signatures, offsets, left-out callbacks. Without an argument, list the algorithms that tscc ships.',
      )
      .argument('[what]', `id or name of a registered struct_ops; or ${sourceText}`)
      .addOption(new Option('--btf <file>', `for an algorithm: link against ${btfSource}`))
      .option('--json', 'print JSON')
      .action(async (what: string | undefined, options: ShowOptions) => {
        if (what === undefined) listAlgorithms(output, options.json === true)
        else if (isSource(what)) {
          const source = await loadSource(what)
          if ('object' in source) {
            const view = viewObject(source, openTarget('show', options.btf))
            if (options.json) output.json(view)
            else printObject(output, view)
            return
          }
          const view = viewAlgorithm(source, loadBtf(options.btf ?? 'vmlinux'))
          if (options.json) output.json(view)
          else printAlgorithm(output, view)
        } else {
          const { kernel, resolver } = openHost('show')
          const view = viewRecord(kernel, findStructOps(kernel, what, { resolver }))
          if (options.json) output.json(view)
          else printRecord(output, view)
        }
      }),
    [
      ['tscc show', 'what tscc ships'],
      ['tscc show reno', 'its callbacks and the offsets it was given on this kernel'],
      ['tscc show reno --btf vmlinux-6.1', 'and on another'],
      ['tscc show ts_reno', 'a registered one: programs, links, pins'],
      ['tscc show my_cc.bpf.ts', 'what your own consists of: programs, maps, variables'],
      ['tscc show prog.bpf.o', 'the same of an object file'],
    ],
  )
}

function listAlgorithms(output: Output, json: boolean): void {
  if (json) output.json(algorithms.map(({ name, about, source, ecn }) => ({ name, about, source, ecn })))
  else
    output.print(
      formatTable(
        output,
        ['name', 'what it does', 'from'],
        algorithms.map(({ name, about, source }) => [name, about, source]),
      ),
    )
}

function printObject(output: Output, view: ObjectView): void {
  const { bold, dim } = output.colors
  const { license, endian, programs, structOps, maps, variables, externs } = view
  output.print(`${bold(view.label)}: licence ${license === '' ? 'none' : license}, ${endian} endian\n`)
  const tables = [
    [
      'program',
      ['section', 'insns', 'relocations'],
      programs.map((one) => [one.name, one.section, one.instructions, one.relocations]),
    ],
    [
      'struct_ops',
      ['type', 'registers as', 'callbacks'],
      structOps.map((one) => [one.variable, one.type, one.name, one.callbacks.join(' ')]),
    ],
    [
      'map',
      ['type', 'key', 'value', 'entries'],
      maps.map((one) => [one.name, one.type, one.keySize, one.valueSize, one.maxEntries]),
    ],
    [
      'variable',
      ['kind', 'type', 'first value'],
      variables.map((one) => [one.name, one.kind, one.type, valueText(one.value)]),
    ],
    ['extern', ['kind', 'weak'], externs.map((one) => [one.name, one.kind, one.weak ? 'yes' : 'no'])],
  ] as const
  output.print(
    tables
      .filter(([, , rows]) => rows.length > 0)
      .map(([what, columns, rows]) => formatTable(output, [what, ...columns], rows))
      .join('\n\n'),
  )
  for (const { structOps: of, callback, why } of view.dropped) output.print(dim(`left out ${of}.${callback}: ${why}`))
  output.note(`tscc explain ${view.path} says what it becomes on this kernel`)
}

function printAlgorithm(output: Output, view: AlgorithmView): void {
  const { bold, dim } = output.colors
  output.print(`${bold(view.label)}${view.about === undefined ? '' : `: ${view.about}`}`)
  if (view.source !== undefined) output.print(dim(view.source))
  output.print(`\n${view.type}, registers as ${view.name}; ${view.valueSize} bytes\n`)
  output.print(
    formatTable(
      output,
      ['callback', 'insns', 'signature on this kernel'],
      view.callbacks.map((callback) => [callback.name, callback.instructions, callback.signature]),
    ),
  )
  for (const { callback, why } of view.dropped) output.print(`left out ${callback}: ${why}`)
  for (const [title, rows] of [
    ['field', view.fields.map(({ field, offset, size }) => [field, offset, size])],
    ['constant', view.constants.map(({ name, value }) => [name, value])],
    ['kernel function', view.kfuncs.map(({ name, id }) => [name, id ?? 'absent: replaced'])],
  ] as const)
    if (rows.length > 0)
      output.print(`\n${formatTable(output, [title, ...(title === 'field' ? ['offset', 'size'] : ['value'])], rows)}`)
}

type RecordView = ReturnType<typeof viewRecord>

interface ProgramView {
  readonly callback: string
  readonly id: number
  readonly tag?: string
  readonly instructions?: number
  readonly machineCodeBytes?: number
  /** Where statistics were on. */
  readonly runs?: bigint
  readonly runTimeNs?: bigint | undefined
}

function viewRecord(kernel: Kernel, record: StructOpsRecord) {
  const programs = Object.entries(record.programs).map(([callback, id]): ProgramView => {
    using program = openProgramById(kernel, id)
    if (program === undefined) return { callback, id }
    const { tag, xlated_prog_len, jited_prog_len, run_cnt, run_time_ns } = programInfo(kernel, program.fd)
    const runs = run_cnt === undefined || run_cnt === 0n ? {} : { runs: run_cnt, runTimeNs: run_time_ns }
    return { callback, id, tag, instructions: xlated_prog_len / 8, machineCodeBytes: jited_prog_len, ...runs }
  })
  return { ...record, registered: isRegistered(record), programs }
}

function printRecord(output: Output, view: RecordView): void {
  const { bold } = output.colors
  const rows = [
    ['id', `${view.id}`],
    ['type', view.type],
    ['state', view.registered ? 'registered' : view.state],
    ['links', view.linkIds.join(' ') || (view.by === 'map' ? 'none: registered by map update' : 'none')],
    ['pinned at', view.pins.join(' ') || 'nowhere known'],
  ]
  output.print(bold(view.name))
  output.print(formatTable(output, ['', ''], rows).trimStart())
  output.print(
    `\n${formatTable(
      output,
      ['callback', 'program', 'insns', 'machine code', 'tag'],
      view.programs.map((program) => [
        program.callback,
        program.id,
        program.instructions ?? 0,
        program.machineCodeBytes ?? 0,
        program.tag ?? '',
      ]),
    )}`,
  )
}
