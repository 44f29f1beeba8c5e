// @ts-check
// node main.js [SECONDS]: reno and cubic, the kernel's own, over a path of 20 Mbit/s between two hosts in namespaces. As root.
import { canRunLab, defaultScenario, formatTable, parsePath, runLab } from '@tscc/lab'

const seconds = Number(process.argv[2] ?? 5)
const { ok, missing } = await canRunLab()
if (!ok) {
  for (const { what, mend } of missing) console.error(`${what}: ${mend}`)
  process.exit(1)
}
const algorithms = ['reno', 'cubic'].map((cc) => /** @type {const} */ ({ label: cc, cc, origin: 'native' }))
const path = parsePath('20mbit 20ms 1bdp')
const result = await runLab({ ...defaultScenario, path, duration: seconds * 1000, warmup: seconds * 300 }, algorithms)
console.log(formatTable(result))
