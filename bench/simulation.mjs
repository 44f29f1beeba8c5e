// Speed of the simulator: node bench/simulation.mjs [FLOWS] [SECONDS] [MBIT]. Events a second, real time, and memory.
import { algorithms } from '@tscc/algos'
import { bytecodeEntries, planSimulation, referenceEntry, renoReference, simulateRun } from '@tscc/sim'

const [flows = 100, seconds = 60, rate = 100] = process.argv.slice(2).map(Number)
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
