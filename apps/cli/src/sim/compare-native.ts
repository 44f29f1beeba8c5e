import { canRunLab, formatTable, hasCongestionControl, type LabResult, type SummaryRow } from '@tscc/lab'
import type { SimResult } from '@tscc/sim'
import type { Kernel } from '@tscc/syscall'
import { cliErrors } from '../cli-errors.ts'
import { openKernel } from '../host.ts'
import { runLabHere } from '../lab/run-lab-here.ts'
import type { Output } from '../output/output.ts'
import type { SimOptions } from './sim-options.ts'

/** What the running kernel did on the same path, and how far the simulator is from it. */
export interface NativeComparison {
  readonly result: LabResult
  /** By label of the simulation, as shares of the kernel's figures; the queue is what its mean adds to the empty path. */
  readonly gaps: readonly {
    readonly label: string
    readonly goodput: number
    readonly queue: number
    readonly cwnd: number
  }[]
}

/** Throws `cli/usage` where the lab cannot make such a path. */
export function checkComparable(options: SimOptions): void {
  const only = [
    [options.trace, '--trace'],
    [options.size, '--size'],
    [options.on, '--on'],
    [options.fq, '--fq'],
    [options.tso, '--tso'],
  ] as const
  const found = only.find(([value]) => value !== undefined)?.[1]
  const word = /\b(?:codel|fq|fq_codel|jitter|reorder|bursts)\b/.exec(options.path)?.[0]
  const what = found ?? word
  if (what === undefined) return
  throw cliErrors.make('usage', {
    message: `--compare native: the lab has no ${what}`,
    command: 'tscc sim',
    hint: 'leave it out to compare',
  })
}

/** Measure the kernel's own algorithms of the same names; undefined where this machine cannot, which is noted. */
export async function compareNative(simulated: SimResult, output: Output): Promise<NativeComparison | undefined> {
  const { missing } = await canRunLab()
  const [first] = missing
  if (first !== undefined) {
    output.note(`not compared: this process lacks ${missing.map(({ what }) => what).join(', ')}; ${first.mend}`)
    return undefined
  }
  const kernel = openKernel('lab')
  const names = simulated.algorithms.map(({ label }) => label).filter((name) => isNative(kernel, name))
  if (names.length === 0) {
    output.note('not compared: this kernel has none of these algorithms')
    return undefined
  }
  const requests = names.map((cc) => ({ kind: 'kernel', label: `kernel:${cc}`, cc }) as const)
  const result = await runLabHere(kernel, { ...simulated.scenario, link: 'user' }, requests, output)
  return { result, gaps: names.flatMap((name) => gapOf(simulated, result, name)) }
}

function isNative(kernel: Kernel, name: string): boolean {
  return /^[a-z0-9_]{1,15}$/.test(name) && hasCongestionControl(kernel, name)
}

function gapOf(simulated: SimResult, measured: LabResult, name: string): NativeComparison['gaps'] {
  const [sim, real] = [simulated.summary, measured.summary].map((rows, n) =>
    rows.find(({ label }) => label === (n === 0 ? name : `kernel:${name}`)),
  )
  if (sim === undefined || real === undefined) return []
  const apart = (of: (row: SummaryRow) => number): number => of(sim) / of(real) - 1
  const empty = 2 * simulated.scenario.path.delay
  return [
    {
      label: name,
      goodput: apart(({ goodput }) => goodput),
      queue: apart(({ rttMean }) => rttMean - empty),
      cwnd: apart(({ cwndMean }) => cwndMean),
    },
  ]
}

/** The kernel's table, and a line for each algorithm. */
export function printComparison(output: Output, { result, gaps }: NativeComparison): void {
  const percent = (share: number): string => `${share < 0 ? '' : '+'}${(share * 100).toFixed(1)} %`
  output.print(`\n${formatTable(result, { color: output.colors.isColorSupported })}\n`)
  for (const { label, goodput, queue, cwnd } of gaps)
    output.print(
      `${label}: the simulator's goodput is ${percent(goodput)} of the kernel's, mean queueing delay ${percent(queue)}, mean cwnd ${percent(cwnd)}`,
    )
}
