import { parsePath, parseTime, pathGrammar } from '@tscc/lab'
import { type Command, Option } from 'commander'
import type { CommandContext } from '../command-table.ts'
import { checkWritable } from '../files.ts'
import { openKernel } from '../host.ts'
import { type LabOptions, labRequests, labScenario } from '../lab/lab-options.ts'
import { loadQdisc } from '../lab/load-qdisc.ts'
import { printLab, runLabHere } from '../lab/run-lab-here.ts'
import { asUsage, wholeNumber } from '../option-parsers.ts'
import { examples } from '../output/examples.ts'

/** `tscc lab`. */
export function defineLab(command: Command, context: CommandContext): void {
  const time = (field: string): ((text: string) => number) => asUsage((text) => parseTime(text, field))
  const checked = (key: 'rate' | 'rtt' | 'buffer' | 'loss' | 'ecn') =>
    asUsage((text) => {
      parsePath('', { [key]: text })
      return text
    })
  const path = asUsage((text) => {
    parsePath(text)
    return text
  })
  examples(
    command
      .description(
        "Run real TCP between network namespaces over one bottleneck, once for each algorithm, and compare. An algorithm is a TypeScript file (.bpf.ts), an object file, one of tscc's, or a module (registered under a name of its own for the time of the run), else one that the kernel has; kernel:NAME is always the kernel's own. Needs root.",
      )
      .argument('<algorithm...>', 'names or files, such as my_cc.bpf.ts reno kernel:reno cubic')
      .addOption(
        new Option('--path <path>', `${pathGrammar}: the time is the round trip, in any order of words`)
          .argParser(path)
          .default('50mbit 40ms 1bdp'),
      )
      .addOption(new Option('--rate <rate>', 'bottleneck, such as 20mbit').argParser(checked('rate')))
      .addOption(new Option('--rtt <time>', 'round trip of the empty path, such as 40ms').argParser(checked('rtt')))
      .addOption(new Option('--buffer <size>', 'drop-tail buffer: 1bdp, 100kB, 50pkt').argParser(checked('buffer')))
      .addOption(new Option('--loss <share>', 'random loss, such as 0.1%').argParser(checked('loss')))
      .addOption(new Option('--ecn <size>', 'mark CE above this queue, such as 30kB').argParser(checked('ecn')))
      .addOption(
        new Option('--duration <time>', 'each run sends this long').argParser(time('duration')).default(10_000, '10s'),
      )
      .addOption(new Option('--repeat <n>', 'runs of each, interleaved').argParser(wholeNumber).default(1))
      .addOption(new Option('--flows <n>', 'flows of each at once').argParser(wholeNumber).default(1))
      .option('--share', 'all algorithms at once on the path, instead of one after another')
      .addOption(new Option('--interval <time>', 'between samples').argParser(time('interval')).default(10, '10ms'))
      .addOption(
        new Option('--warmup <time>', 'left out of the figures (default: 2s, or less of a short run)').argParser(
          time('warmup'),
        ),
      )
      .addOption(new Option('--link <kind>', 'what makes the path').choices(['auto', 'netem', 'user']).default('auto'))
      .addOption(
        new Option(
          '--qdisc <file>',
          'a Qdisc_ops program (.bpf.ts or .bpf.o) that makes the path, by its tunables rate, delay, loss and buffer (Linux 6.17)',
        ).conflicts('link'),
      )
      .addOption(new Option('--seed <n>', 'of the random losses').argParser(wholeNumber).default(1))
      .addOption(
        new Option('--plot <metric>', 'plot in the terminal').choices(['cwnd', 'rtt', 'both', 'none']).default('both'),
      )
      .option('--html <file>', 'write a report')
      .option('--csv <file>', 'write every sample')
      .option('--json', 'print everything measured as JSON')
      .action(async (names: readonly string[], options: LabOptions) => {
        const scenario = labScenario(options)
        for (const path of [options.html, options.csv]) if (path !== undefined) checkWritable(path)
        const kernel = openKernel('lab')
        const requests = await labRequests(kernel, names)
        const qdisc = options.qdisc === undefined ? undefined : await loadQdisc(options.qdisc)
        const result = await runLabHere(kernel, scenario, requests, context.output, qdisc)
        printLab(context.output, result, options)
      }),
    [
      ['tscc lab reno kernel:reno cubic bbr', "tscc's Reno beside the kernel's algorithms"],
      ["tscc lab reno cubic --path '100mbit 40ms 0.5bdp'", 'a shallow buffer'],
      ["tscc lab cubic bbr --path '20mbit 20ms 0.1%' --repeat 5", 'random loss, medians of five runs'],
      ["tscc lab dctcp reno --path '20mbit 10ms 100kB ecn 30kB'", 'CE marks above 30 kB of queue'],
      ["tscc lab reno cubic --path '10mbit 20ms 1%' --qdisc my_qdisc.bpf.ts", 'over a queueing discipline of your own'],
      ['tscc lab reno cubic --share --flows 4', 'do they share fairly?'],
      ['tscc lab my_cc.bpf.ts cubic --html report.html', 'your own, with a report'],
    ],
  )
}
