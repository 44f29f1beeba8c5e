// What two namespaces move over a veth pair as fast as this machine can, with ours and with the kernel's own, in turn.
//   node bench/throughput.mjs [--rounds N] [--seconds S] [--json] [NAME=OBJECT...]     NAME: of the kernel's own
//
// The machine's speed drifts by more than any algorithm costs: so each round has its own ratio, every second one in the other
// order, and the median of these is what counts.
import { parseArgs } from 'node:util'
import { hostKernel } from '@tscc/syscall'
import { openObject, ourObject } from './objects.mjs'
import { median, quantile } from './statistics.mjs'
import { openVeth } from './veth.mjs'

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '40' },
    seconds: { type: 'string', default: '0.25' },
    json: { type: 'boolean', default: false },
  },
})
const rounds = Number(options.rounds)
const seconds = Number(options.seconds)
const kernel = hostKernel()

/** Those whose speed is promised, or those that are named. */
const wanted =
  positionals.length > 0
    ? positionals.map((text) => ({ name: text.replace(/=.*/, ''), source: text.replace(/^[^=]*=/, '') }))
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
