import { explainLink, type LinkExplanation, linkObject, type VariableValue, withVariables } from '@tscc/object'
import { type Command, Option } from 'commander'
import { loadSource, objectOf, openTarget, sourceText } from '../algorithm/load-source.ts'
import { type ObjectVariableView, valueText, variableViews } from '../algorithm/variables.ts'
import { btfSource } from '../btf/load-btf.ts'
import type { CommandContext } from '../command-table.ts'
import { parseSetting } from '../option-parsers.ts'
import { examples } from '../output/examples.ts'
import type { Output } from '../output/output.ts'
import { formatTable } from '../output/table.ts'

interface ExplainOptions {
  readonly btf?: string
  readonly all?: true
  readonly set?: Readonly<Record<string, VariableValue>>
  readonly json?: true
}

/** `tscc explain`. */
export function defineExplain(command: Command, { output }: CommandContext): void {
  examples(
    command
      .description(
        'Say what linking resolves to what on this kernel: fields, types, constants, callback arguments, kernel functions, and what the kernel lacks. Loads nothing and needs no privileges.',
      )
      .argument('<source>', sourceText)
      .addOption(new Option('--btf <file>', `explain another kernel: ${btfSource}`))
      .addOption(new Option('--set <name=value...>', 'with other values of tunables').argParser(parseSetting))
      .option('-a, --all', 'every place in the code, not each thing once')
      .option('--json', 'print JSON: every place')
      .action(async (text: string, options: ExplainOptions) => {
        const object = withVariables(objectOf(await loadSource(text)), options.set ?? {})
        const linked = linkObject(object, openTarget('explain', options.btf), {
          untold: options.btf === undefined ? 'error' : 'zero',
        })
        const rows = explainLink(linked)
        const variables = variableViews(object)
        const programs = linked.programs.map(({ name, section, code }) => ({
          name,
          section,
          instructions: code.length / 8,
        }))
        if (options.json) {
          output.json({ programs, resolved: rows, variables })
          return
        }
        printRows(output, options.all ? rows : once(rows), options.all === true)
        printVariables(output, variables)
        const count = (what: (row: LinkExplanation) => boolean): number => rows.filter(what).length
        output.note(
          `${programs.length} programs, ${rows.length} things resolved, ${count((row) => row.to === undefined && !row.note?.startsWith('not known'))} of them absent on this kernel`,
        )
      }),
    [
      ['tscc explain my_cc.bpf.ts', 'your own on the running kernel: offsets, arguments, tunables'],
      ['tscc explain my_cc.bpf.ts --set least=4', 'with another value of a tunable'],
      ['tscc explain reno.bpf.o --btf vmlinux-6.1', 'of an object, on another'],
      ['tscc explain prog.bpf.o --all', 'every instruction that was changed'],
    ],
  )
}

function printVariables(output: Output, variables: readonly ObjectVariableView[]): void {
  if (variables.length === 0) return
  const rows = variables.map(({ name, kind, type, value }) => [name, kind, type, valueText(value)])
  output.print(`\n${formatTable(output, ['variable', 'kind', 'type', 'first value'], rows)}`)
}

/** The same thing asked for at several places is one. */
function once(rows: readonly LinkExplanation[]): readonly LinkExplanation[] {
  const seen = new Set<string>()
  return rows.filter(({ function: f, at: _, ...rest }) => {
    const key = JSON.stringify(rest.kind === 'argument' || rest.kind === 'attach' ? { f, ...rest } : rest)
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

function printRows(output: Output, rows: readonly LinkExplanation[], places: boolean): void {
  const { yellow } = output.colors
  output.print(
    formatTable(
      output,
      [...(places ? ['function', 'slot'] : []), 'what', 'of', 'object', 'kernel', ''],
      rows.map((row) => [
        ...(places ? [row.function, row.at ?? ''] : []),
        row.kind,
        row.subject,
        row.from ?? '',
        row.to === undefined
          ? yellow(row.note?.startsWith('not known') ? 'unknown' : 'absent')
          : row.module === undefined
            ? row.to
            : `${row.to} of ${row.module}`,
        (row.note ?? '').replace(/^(?:absent|not known): /, ''),
      ]),
    ),
  )
}
