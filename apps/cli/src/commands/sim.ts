import { resolve } from 'node:path'
import { parseTime, renderSvg } from '@tscc/experiment'
import { defaultKernel, kernelReleases, parseSimPath, simPathGrammar } from '@tscc/sim'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { sourceText } from '../algorithm/load-source.ts'
import type { CommandContext } from '../command-table.ts'
import { checkWritable, writeResult } from '../files.ts'
import { printLab } from '../lab/run-lab-here.ts'
import { asUsage, wholeNumber } from '../option-parsers.ts'
import { examples } from '../output/examples.ts'
import { checkComparable, compareNative, printComparison } from '../sim/compare-native.ts'
import { runSim } from '../sim/run-sim.ts'
import { type SimOptions, simJob } from '../sim/sim-options.ts'
import { simProgress } from '../sim/sim-progress.ts'
import { stopSignal } from '../stop-signal.ts'

/** `50kB` and the like, as bytes. */
function bytes(text: string): number {
  const units: Readonly<Record<string, number>> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, KiB: 1024, MiB: 1024 ** 2 }
  const match = /^(\d{1,12}(?:\.\d{1,6})?)([A-Za-z]{1,3})$/.exec(text)
  const unit = match?.[2] !== undefined && Object.hasOwn(units, match[2]) ? units[match[2]] : undefined
  if (match === null || unit === undefined) throw new InvalidArgumentError('expected a size such as 50kB')
  return Math.round(Number(match[1]) * unit)
}

/** `tscc sim`. */
export function defineSim(command: Command, { output }: CommandContext): void {
  const time = (field: string): ((text: string) => number) => asUsage((text) => parseTime(text, field))
  const path = asUsage((text) => {
    parseSimPath(text)
    return text
  })
  examples(
    command
      .description(
        `Simulate TCP flows over one bottleneck, once for each algorithm, and compare: the very bytecode, on sockets laid out as a kernel's. An algorithm is ${sourceText}. Needs no privileges and no Linux; the same seed gives the same result.`,
      )
      .argument('<algorithm...>', 'names or files, such as my_cc.bpf.ts reno cubic')
      .addOption(
        new Option('--path <path>', `${simPathGrammar}: the first time is the round trip`)
          .argParser(path)
          .default('50mbit 40ms 1bdp'),
      )
      .option('--trace <file>', "opportunities to send, in mahimahi's format, in place of the rate")
      .addOption(
        new Option('--duration <time>', 'each run sends this long').argParser(time('duration')).default(10_000, '10s'),
      )
      .addOption(new Option('--flows <n>', 'flows of each at once').argParser(wholeNumber).default(1))
      .addOption(
        new Option('--seeds <n>', 'runs of each, with seeds that follow each other').argParser(wholeNumber).default(1),
      )
      .addOption(new Option('--seed <n>', 'of the first run').argParser(wholeNumber).default(1))
      .option('--share', 'all algorithms at once on the path, instead of one after another')
      .addOption(
        new Option('--stagger <time>', 'between the starts of flows').argParser(time('stagger')).default(0, '0ms'),
      )
      .addOption(new Option('--size <bytes>', 'of each flow, such as 50kB (default: without end)').argParser(bytes))
      .addOption(new Option('--on <time>', 'flows send for so long, then pause').argParser(time('on')))
      .addOption(new Option('--off <time>', 'how long they pause (default: as long)').argParser(time('off')))
      .option('--fq', 'every socket is paced, as with an fq qdisc')
      .addOption(
        new Option('--tso <segments>', 'most segments of one packet of the host (default: 1)').argParser(wholeNumber),
      )
      .addOption(new Option('--interval <time>', 'between samples').argParser(time('interval')).default(10, '10ms'))
      .addOption(
        new Option('--warmup <time>', 'left out of the figures (default: 2s, or less of a short run)').argParser(
          time('warmup'),
        ),
      )
      .addOption(
        new Option('--kernel <release>', `whose types programs are linked to (default: ${defaultKernel})`).choices([
          ...kernelReleases,
        ]),
      )
      .option('--btf <file>', 'BTF of a kernel instead, or vmlinux for the running one')
      .addOption(new Option('--jobs <n>', 'threads (default: one for each CPU)').argParser(wholeNumber))
      .addOption(
        new Option('--plot <metric>', 'plot in the terminal').choices(['cwnd', 'rtt', 'both', 'none']).default('both'),
      )
      .option('--html <file>', 'write a report')
      .option('--svg <file>', 'write a plot of the windows')
      .option('--csv <file>', 'write every sample')
      .addOption(
        new Option('--compare <with>', 'then measure the same on the running kernel, as lab does; needs root').choices([
          'native',
        ]),
      )
      .option('--json', 'print everything as JSON')
      .action(async (names: readonly string[], options: SimOptions) => {
        const files = [options.html, options.csv, options.svg].filter((file) => file !== undefined)
        for (const file of files) checkWritable(file)
        if (options.compare !== undefined) checkComparable(options)
        const job = await simJob(names, options)
        const signal = stopSignal()
        const progress = simProgress(output)
        try {
          const jobs = options.jobs === undefined ? {} : { jobs: options.jobs }
          const result = await runSim(job, { ...jobs, signal, onProgress: progress.show })
          progress.end()
          if (options.svg !== undefined) writeResult(options.svg, renderSvg(result, 'cwnd'))
          const native = options.compare === undefined ? undefined : await compareNative(result, output)
          if (options.json && native !== undefined) output.json({ ...result, native })
          else printLab(output, result, options)
          if (!options.json && native !== undefined) printComparison(output, native)
          if (options.svg !== undefined && !options.json) output.note(`wrote ${resolve(options.svg)}`)
        } finally {
          progress.end()
          signal.release()
        }
      }),
    [
      ['tscc sim reno cubic bbr', "tscc's own, on 50 Mbit/s and 40 ms"],
      ["tscc sim my_cc.bpf.ts cubic --path '100mbit 40ms 0.5bdp'", 'your own, with a shallow buffer'],
      ["tscc sim cubic bbr --path '20mbit 20ms 0.1%' --seeds 10", 'random loss, medians of ten runs'],
      ["tscc sim dctcp reno --path '20mbit 10ms 100kB ecn 30kB'", 'CE marks above 30 kB of queue'],
      ['sudo tscc sim reno cubic --compare native', "beside the running kernel's own"],
      ['tscc sim reno cubic --share --flows 4', 'do they share fairly?'],
      [
        "tscc sim reno --path '20mbit 40ms 4bdp codel' --kernel 5.10 --html report.html",
        'CoDel, an older kernel, a report',
      ],
    ],
  )
}
