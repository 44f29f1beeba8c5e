import type { LabResult } from '@tscc/lab'
import { parseTime } from '@tscc/lab'
import type { SimResult } from '@tscc/sim'
import { hostKernel } from '@tscc/syscall'
import { type Command, Option } from 'commander'
import { cliErrors } from '../cli-errors.ts'
import type { CommandContext } from '../command-table.ts'
import { demoScenario, type Lack, runDemoLab, whatIsMissing } from '../demo/demo-lab.ts'
import { offlineListings, offlineSource } from '../demo/demo-offline.ts'
import { runDemoSim } from '../demo/demo-sim.ts'
import { checkWritable } from '../files.ts'
import { printLab } from '../lab/run-lab-here.ts'
import { asUsage } from '../option-parsers.ts'
import { examples } from '../output/examples.ts'
import type { Output } from '../output/output.ts'
import { printable } from '../output/printable.ts'
import { listingText } from './disasm.ts'

interface DemoOptions {
  readonly html: string
  readonly duration: number
  readonly json?: true
}

/** `tscc demo`: the whole story where the machine can, else the part of it that it can. */
export function defineDemo(command: Command, { output }: CommandContext): void {
  examples(
    command
      .description(
        "Measure tscc's Reno beside the kernel's own Reno, CUBIC and BBR on real traffic (about a minute, needs root). Where this machine cannot do that, simulate the comparison, and say what is missing.",
      )
      .option('--html <file>', 'where the report goes', 'lab-report.html')
      .addOption(
        new Option('--duration <time>', 'each of eight runs sends this long')
          .argParser(asUsage((text) => parseTime(text, 'duration')))
          .default(demoScenario.duration, '6s'),
      )
      .option('--json', 'print JSON')
      .action(async (options: DemoOptions) => {
        const missing = await whatIsMissing()
        if (missing.length > 0) await printWithout(output, missing, options)
        else {
          checkWritable(options.html)
          const result = await runDemoLab(hostKernel(), options.duration, output)
          printLab(output, result, { plot: 'both', html: options.html, ...(options.json ? { json: true } : {}) })
          if (!options.json) printVerdict(output, result)
        }
      }),
    [
      ['sudo npx tscc demo', 'the whole comparison'],
      ['tscc demo', 'without root: simulated, and what is missing'],
    ],
  )
}

/** How near tscc's Reno came to the kernel's, which runs the same algorithm. */
function printVerdict(output: Output, { summary }: LabResult): void {
  const [ours, native] = ['reno', 'kernel:reno'].map((label) => summary.find((row) => row.label === label))
  if (ours === undefined || native === undefined || native.goodput === 0 || native.cwndMean === 0) return
  const percent = (a: number, b: number): string => `${(Math.abs(a / b - 1) * 100).toFixed(1)} %`
  output.print(
    `\ntscc's Reno and the kernel's: goodput differs by ${percent(ours.goodput, native.goodput)}, mean cwnd by ${percent(ours.cwndMean, native.cwndMean)}.`,
  )
}

/** Without privileges: the comparison is simulated; where not even that goes, what linking makes of Reno. */
async function printWithout(output: Output, missing: readonly Lack[], options: DemoOptions): Promise<void> {
  const json = options.json === true
  const result = await simulated(output, options.duration)
  if (result === undefined) {
    printOffline(output, missing, json)
    return
  }
  if (json) {
    output.json({ measured: false, missing, simulated: result })
    return
  }
  const { bold } = output.colors
  output.print(
    `${bold('Simulated')}: the very bytecode of tscc's algorithms, without root, kernel or Linux (tscc sim)\n`,
  )
  printLab(output, result, { plot: 'both', ...writable(output, options.html) })
  output.print(
    `\n${bold('What a privileged run adds')}: registering them in the running kernel, and the same comparison on real TCP traffic, beside the kernel's own. Missing:`,
  )
  printLacks(output, missing)
}

/** Who may do little may have no place for a report either: that is no failure. */
function writable(output: Output, html: string): { readonly html?: string } {
  try {
    checkWritable(html)
    return { html }
  } catch (error) {
    if (!cliErrors.is(error, 'cli/file')) throw error
    output.note(`no report: ${error.message}`)
    return {}
  }
}

/** Undefined where programs cannot be compiled here. */
async function simulated(output: Output, duration: number): Promise<SimResult | undefined> {
  try {
    return await runDemoSim(duration, output)
  } catch (error) {
    if (!cliErrors.is(error, 'cli/no-parser')) throw error
    output.note(error.message)
    return undefined
  }
}

function printOffline(output: Output, missing: readonly Lack[], json: boolean): void {
  const source = offlineSource()
  const { layout, listings } = offlineListings(source)
  if (json) {
    output.json({
      measured: false,
      missing,
      btf: source.name,
      layout,
      programs: listings.map(({ title, insns }) => ({ title, instructions: insns.length })),
    })
    return
  }
  const { bold, dim } = output.colors
  output.print(`${bold('What tscc makes of its Reno')}, linked against ${source.name}\n`)
  output.print(dim(`struct ${layout.type}: what a congestion control can implement there`))
  for (const signature of layout.callbacks) output.print(`  ${printable(signature)}`)
  for (const listing of listings) output.print(`\n${listingText(listing)}`)
  output.print(`\n${bold('Not done here')}: registering it, and measuring it on real traffic. Missing:`)
  printLacks(output, missing)
}

function printLacks(output: Output, missing: readonly Lack[]): void {
  const { yellow, cyan } = output.colors
  for (const { what, mend } of missing) {
    output.print(`  ${yellow(printable(what))}`)
    output.print(`    ${cyan('help:')} ${printable(mend)}`)
  }
}
