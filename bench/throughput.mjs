// What two namespaces move over a veth pair as fast as this machine can, with ours and with the kernel's own, in turn.
//
// The machine's speed drifts by more than any algorithm costs: so each round has its own ratio, every second one in the other
// order, and the median of these is what counts.
import { hostKernel } from '@tscc/syscall'
import { benchArguments } from './arguments.mjs'
import { openObject, ourObject } from './objects.mjs'
import { median, quantile } from './statistics.mjs'
import { openVeth } from './veth.mjs'

const { options, names } = benchArguments(
  `usage: node bench/throughput.mjs [options] [NAME=OBJECT...]

What two namespaces move over a veth pair as fast as this machine can, with ours and with the kernel's own, in turn. Root.

  NAME=OBJECT   an object beside the kernel's NAME [reno and cubic of tscc]

  --rounds N    of both sides [40]
  --seconds S   of traffic for each [0.25]
  --json        figures as JSON on stdout
  --help
`,
  {
    allowPositionals: true,
    numbers: { rounds: 40, seconds: 0.25 },
    options: { json: { type: 'boolean', default: false } },
  },
)
const { rounds, seconds } = options
const kernel = hostKernel()

/** Those whose speed is promised, or those that are named. */
const wanted =
  names.length > 0
    ? names.map((text) => ({ name: text.replace(/=.*/, ''), source: text.replace(/^[^=]*=/, '') }))
    : ['reno', 'cubic'].map((name) => ({ name, source: name }))

async function compare({ name, file }) {
  const cc = `t${process.pid}_${name}`.slice(0, 15)
  const ours = await openObject(kernel, file, cc)
  const veth = await openVeth()
  try {
    const rates = { tscc: [], native: [] }
    const sides = [
      ['tscc', cc],
      ['native', name],
    ]
    await veth.send({ cc: name, seconds })
    for (let round = 0; round < rounds; round++) {
      if (!options.json) process.stderr.write(`${name}, round ${round + 1} of ${rounds}\n`)
      for (const [side, used] of round % 2 === 0 ? sides : sides.toReversed())
        rates[side].push((await veth.send({ cc: used, seconds })).rate)
    }
    const ratios = rates.tscc.map((rate, i) => rate / rates.native[i])
    return {
      ...{ name, tscc: median(rates.tscc), native: median(rates.native) },
      ratio: { median: median(ratios), low: quantile(ratios, 0.25), high: quantile(ratios, 0.75) },
    }
  } finally {
    veth.close()
    ours.close()
  }
}

const rows = []
for (const { name, source } of wanted) {
  const file = ourObject(name, source)
  if (file !== undefined) rows.push(await compare({ name, file }))
}

if (options.json) process.stdout.write(`${JSON.stringify({ rounds, seconds, rows }, null, 2)}\n`)
else {
  process.stdout.write(
    `\nGbit/s over a veth pair, medians of ${rounds} rounds of ${seconds} s (quartiles of the ratio)\n\n`,
  )
  process.stdout.write('| algorithm | tscc | the kernel’s | ratio | wanted |\n|---|---:|---:|---:|---:|\n')
  for (const { name, tscc, native, ratio } of rows) {
    const spread = `${ratio.median.toFixed(3)} (${ratio.low.toFixed(3)}–${ratio.high.toFixed(3)})`
    process.stdout.write(
      `| ${name} | ${(tscc / 1e9).toFixed(1)} | ${(native / 1e9).toFixed(1)} | ${spread} | ≥ 0.99 |\n`,
    )
  }
}
