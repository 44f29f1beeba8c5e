import { type Command, Option } from 'commander'
import { isBpfModulePath, moduleOf, tryCompile } from '../algorithm/compile-source.ts'
import { loadSource, sourceText } from '../algorithm/load-source.ts'
import { btfSource } from '../btf/load-btf.ts'
import { checkSource, type ProgramCheck, type SourceCheck } from '../check/check-source.ts'
import { watchFiles } from '../check/watch.ts'
import { cliErrors } from '../cli-errors.ts'
import type { CommandContext } from '../command-table.ts'
import { examples } from '../output/examples.ts'
import type { Output } from '../output/output.ts'
import { describeError, reportError } from '../output/report-error.ts'
import { formatTable } from '../output/table.ts'
import { stopSignal } from '../stop-signal.ts'

interface CheckOptions {
  readonly btf?: string
  readonly watch?: true
  readonly json?: true
}

/** `tscc check`. */
export function defineCheck(command: Command, { output, fail }: CommandContext): void {
  examples(
    command
      .description(
        "Compile, link, and have the kernel's verifier look at every program, of any type; nothing is registered or attached. With --btf nothing is verified: only linking is tried, against another kernel.",
      )
      .argument('<source...>', sourceText)
      .addOption(new Option('--btf <file>', `link only, against ${btfSource}`))
      .option('-w, --watch', 'again whenever a file changes, until ^C')
      .option('--json', 'print JSON; with --watch a document for each time')
      .action(async (sources: readonly string[], options: CheckOptions) => {
        const verbose = command.optsWithGlobals().verbose === true
        if (options.watch !== true) {
          const { failed } = await checkAll(output, sources, options, verbose)
          if (failed > 0) fail()
          return
        }
        const stop = stopSignal()
        try {
          await watchFiles(stop, sources.filter(isFile), async () => {
            const { failed, files } = await checkAll(output, sources, options, verbose)
            output.note(
              `${failed === 0 ? 'all is well' : `${failed} of ${sources.length} failed`}; watching for changes, ^C ends`,
            )
            return files
          })
        } finally {
          stop.release()
        }
      }),
    [
      ['tscc check my_cc.bpf.ts', 'your own, on the running kernel'],
      ['tscc check my_cc.bpf.ts --watch', 'at every save'],
      ['tscc check prog.bpf.o', 'every program of an object, of whatever type'],
      ['tscc check my_cc.bpf.ts --btf vmlinux-6.1', 'does it link to another kernel?'],
    ],
  )
}

const isFile = (source: string): boolean => /[./\\]/.test(source)

/** Every source, one after the other, whatever becomes of those before it. */
async function checkAll(
  output: Output,
  sources: readonly string[],
  options: CheckOptions,
  verbose: boolean,
): Promise<{ readonly failed: number; readonly files: readonly string[] }> {
  const results: (Readonly<Record<string, unknown>> & { readonly ok: boolean })[] = []
  const files: string[] = []
  for (const text of sources) {
    try {
      const found = await checkOne(text, options.btf, (path) => files.push(path))
      results.push({ source: text, ok: true, verified: options.btf === undefined, ...found })
      if (!options.json) printCheck(output, text, found, options.btf)
    } catch (error) {
      results.push({ source: text, ok: false, error: describeError(error) })
      if (options.json) continue
      output.note(`${output.errorColors.red('failed')} ${text}`)
      reportError(output, error, { json: false, verbose })
    }
  }
  if (options.json) output.json(results)
  return { failed: results.filter(({ ok }) => !ok).length, files }
}

/** Check a source, and tell the files that it is made of, also where there are mistakes in them. */
async function checkOne(text: string, btf: string | undefined, onFile: (path: string) => void): Promise<SourceCheck> {
  if (!isBpfModulePath(text)) return checkSource(await loadSource(text), btf)
  const { compiled, diagnostics } = await tryCompile(text)
  compiled.files.forEach(onFile)
  if (compiled.object === undefined) throw cliErrors.make('diagnostics', { path: text, diagnostics })
  return checkSource(moduleOf(text, compiled, compiled.object), btf)
}

function printCheck(output: Output, text: string, found: SourceCheck, btf: string | undefined): void {
  const { green, dim } = output.colors
  output.print(`${green('ok')} ${text}: ${btf === undefined ? 'the verifier accepts it' : `links to ${btf}`}`)
  const columns = figures.filter(([key]) => found.programs.some((program) => program[key] !== undefined))
  output.print(
    formatTable(
      output,
      ['program', 'section', 'insns', ...columns.map(([, title]) => title)],
      found.programs.map((one) => [
        one.name,
        one.section,
        one.instructions,
        ...columns.map(([key]) => one[key] ?? '-'),
      ]),
    ),
  )
  for (const { callback, why } of found.dropped) output.print(dim(`left out ${callback}: ${why}`))
}

/** What the kernel tells, and what it is called. */
const figures: readonly (readonly [key: keyof Omit<ProgramCheck, 'name' | 'section'>, title: string])[] = [
  ['xlated', 'xlated'],
  ['jited', 'jited B'],
  ['stack', 'stack B'],
  ['processed', 'verified'],
  ['states', 'states'],
]
