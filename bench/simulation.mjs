// Speed of the simulator: events a second, real time, and memory.
import { algorithms } from '@tscc/algos'
import { bytecodeEntries, planSimulation, referenceEntry, renoReference, simulateRun } from '@tscc/sim'
import { benchArguments } from './arguments.mjs'

const { flows, seconds, rate } = benchArguments(
  `usage: node bench/simulation.mjs [options]

How fast the simulator is: events a second, seconds of a core, and memory as it goes on.

  --flows N     at once [100]
  --seconds S   of simulated time [60]
  --rate MBIT   of the path [100]
  --help
`,
  { numbers: { flows: 100, seconds: 60, rate: 100 } },
).options
const entries = [referenceEntry(renoReference, 'reno in TypeScript')]
for (const name of ['reno', 'cubic', 'bbr']) {
  const algorithm = algorithms.find((one) => one.name === name)
  entries.push(...bytecodeEntries(await algorithm.object(), { label: `${name}, bytecode` }))
}

console.log(`${flows} flows, ${seconds} s of ${rate} Mbit/s, 40 ms, 1 BDP`)
for (const entry of entries) {
  const plan = planSimulation({
    algorithms: [entry],
    path: `${rate}mbit 40ms 1bdp`,
    flows,
    duration: seconds * 1000,
    interval: 100,
  })
  const memory = []
  const start = process.cpuUsage()
  const {
    cost,
    link,
    flows: traces,
  } = simulateRun(plan, 0, {
    onProgress: (elapsed) => {
      if (elapsed % 10_000 === 0) memory.push(Math.round(process.memoryUsage().rss / 2 ** 20))
    },
  })
  const used = process.cpuUsage(start)
  const time = (used.user + used.system) / 1e6
  const goodput = (traces.reduce((sum, { bytesAcked }) => sum + bytesAcked.at(-1), 0) * 8) / seconds / 1e6
  console.log(
    `${entry.label}: ${time.toFixed(1)} s of one core, ${(cost.events / time / 1e6).toFixed(2)} million events/s (${cost.events}), ` +
      `${link.forwarded} packets, ${goodput.toFixed(1)} Mbit/s, memory each 10 s: ${memory.join(' ')} MB`,
  )
}
