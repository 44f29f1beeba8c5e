import { setTimeout as sleep } from 'node:timers/promises'
import { compareArms } from '@tscc/sock-ops'
import { openSocketDiag } from '@tscc/syscall/netlink'
import { type Command, InvalidArgumentError } from 'commander'
import type { CommandContext } from '../command-table.ts'
import { openKernel } from '../host.ts'
import { wholeNumber } from '../option-parsers.ts'
import { examples } from '../output/examples.ts'
import type { Output } from '../output/output.ts'
import { formatTable } from '../output/table.ts'
import { ratioText } from '../policy/rules-table.ts'
import { stopSignal } from '../stop-signal.ts'
import { activities, armOfSample, type Sample, secondsBetween, takeSample, topRows } from '../top/samples.ts'

interface TopOptions {
  readonly interval: number
  readonly count?: number
  readonly once?: true
  readonly compare?: readonly string[]
  readonly json?: true
}

/** `tscc top`. */
export function defineTop(command: Command, { output }: CommandContext): void {
  examples(
    command
      .description(
        "Live connections of this network namespace by congestion control, from the kernel's socket diagnostics: how many there are and send, what they get through, RTT, window, retransmits. Takes no privileges.",
      )
      .option('--interval <seconds>', 'time between two samples', seconds, 2)
      .option('--count <n>', 'end after so many tables', wholeNumber)
      .option('--once', 'one table: --count 1')
      .option(
        '--compare <a,b>',
        'two congestion controls, connection by connection, with 95 % confidence intervals',
        pairOf,
      )
      .option('--json', 'print JSON, a document for each interval')
      .action(async (options: TopOptions) => {
        openKernel('top')
        await watch(output, options)
      }),
    [
      ['tscc top', 'until ^C'],
      ['tscc top --once --interval 10 --json', 'ten seconds, for programs'],
      ['tscc top --compare ts_vegas,cubic', 'how two compare on the traffic of this machine'],
    ],
  )
}

function seconds(text: string): number {
  const value = Number(text)
  if (!/^[\d.]+$/.test(text) || !(value >= 0.1 && value <= 3600))
    throw new InvalidArgumentError('expected 0.1 to 3600 seconds')
  return value
}

function pairOf(text: string): readonly string[] {
  const names = text.split(',')
  if (names.length !== 2 || names.includes('')) throw new InvalidArgumentError('expected two names: A,B')
  return names
}

async function watch(output: Output, options: TopOptions): Promise<void> {
  const stop = stopSignal()
  using netlink = openSocketDiag()
  const count = options.once ? 1 : (options.count ?? Number.POSITIVE_INFINITY)
  try {
    let before = takeSample(netlink)
    for (let shown = 0; shown < count; shown++) {
      await sleep(1000 * options.interval, undefined, { signal: stop }).catch(() => undefined)
      if (stop.aborted) return
      const after = takeSample(netlink)
      show(output, before, after, options)
      before = after
    }
  } finally {
    stop.release()
  }
}

function show(output: Output, before: Sample, after: Sample, options: TopOptions): void {
  const done = activities(before, after)
  const duration = secondsBetween(before, after)
  const rows = topRows(done, duration)
  const [a, b] = options.compare ?? []
  const arms = a === undefined || b === undefined ? undefined : [armOfSample(done, a), armOfSample(done, b)]
  const [first, second] = arms ?? []
  const comparison = first === undefined || second === undefined ? undefined : compareArms(first, second)
  if (options.json) {
    const times = { time: new Date().toISOString(), seconds: duration }
    output.json({ ...times, rows, ...(comparison === undefined ? {} : { compare: { a, b, ...comparison } }) })
    return
  }
  const redraws = output.interactive && options.once !== true
  if (redraws) output.write('\x1b[H\x1b[J')
  const number = (value: number | undefined, digits: number): number | string =>
    value === undefined ? '-' : Number(value.toFixed(digits))
  if (rows.length === 0) output.note('no connections')
  else
    output.print(
      formatTable(
        output,
        ['congestion control', 'connections', 'sending', 'goodput Mbit/s', 'RTT ms', 'cwnd', 'retrans %', 'retrans'],
        rows.map((row) => [
          row.cc,
          row.connections,
          row.sending,
          number(row.goodputMbps, 2),
          number(row.rttMs, 2),
          number(row.cwnd, 0),
          number(row.retransPercent, 2),
          row.retransmits,
        ]),
      ),
    )
  if (comparison !== undefined)
    output.print(
      `${a} to ${b}, ${first?.counted ?? 0} and ${second?.counted ?? 0} connections that sent: rtt ${ratioText(comparison.rtt)} · rate ${ratioText(comparison.rate)} · retrans ${ratioText(comparison.retransmits)}`,
    )
}
