import type { LabResult } from '@tscc/lab'
import { parseTime } from '@tscc/lab'
import { hostKernel } from '@tscc/syscall'
import { type Command, Option } from 'commander'
import type { CommandContext } from '../command-table.ts'
import { demoScenario, type Lack, runDemoLab, whatIsMissing } from '../demo/demo-lab.ts'
import { offlineListings, offlineSource } from '../demo/demo-offline.ts'
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
        "Measure tscc's Reno beside the kernel's own Reno, CUBIC and BBR on real traffic (about a minute, needs root). Where this machine cannot do that, show the kernel types and the programs that it can make of them, and what is missing.",
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
        if (missing.length > 0) printOffline(output, missing, options.json === true)
        else {
          checkWritable(options.html)
          const result = await runDemoLab(hostKernel(), options.duration, output)
          printLab(output, result, { plot: 'both', html: options.html, ...(options.json ? { json: true } : {}) })
          if (!options.json) printVerdict(output, result)
        }
      }),
    [
      ['sudo npx tscc demo', 'the whole comparison'],
      ['tscc demo', 'without root: types and programs, and what is missing'],
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
  const { bold, dim, yellow, cyan } = output.colors
  output.print(`${bold('What tscc makes of its Reno')}, linked against ${source.name}\n`)
  output.print(dim(`struct ${layout.type}: what a congestion control can implement there`))
  for (const signature of layout.callbacks) output.print(`  ${printable(signature)}`)
  for (const listing of listings) output.print(`\n${listingText(listing)}`)
  output.print(`\n${bold('Not done here')}: registering it, and measuring it on real traffic. Missing:`)
  for (const { what, mend } of missing) {
    output.print(`  ${yellow(printable(what))}`)
    output.print(`    ${cyan('help:')} ${printable(mend)}`)
  }
}
