// Compiling in a process that has done so before: a JSON line of milliseconds by file, `{ wall, cpu }`, medians.
//   node warm-compile.mjs ROUNDS NAME=FILE.bpf.ts...
// `cpu` is the time of all threads of the process: of use where the machine has other things to do.
import { compileFile } from '@tscc/compiler/node'
import { writeObject } from '@tscc/object'
import { median } from './statistics.mjs'
import { ms } from './timed-kernel.mjs'

const rounds = Number(process.argv[2])
const files = process.argv.slice(3).map((text) => text.split('='))
const make = (file) => {
  const { object, diagnostics } = compileFile(file)
  if (object === undefined) throw new Error(`${file}: ${diagnostics[0]?.message}`)
  return writeObject(object)
}
const timed = (file) => {
  const before = process.cpuUsage()
  const started = ms()
  make(file)
  const wall = ms() - started
  const { user, system } = process.cpuUsage(before)
  return { wall, cpu: (user + system) / 1000 }
}
for (let round = 0; round < rounds; round++) for (const [, file] of files) make(file)
const all = files.map(([name, file]) => {
  const runs = Array.from({ length: rounds }, () => timed(file))
  return [name, { wall: median(runs.map(({ wall }) => wall)), cpu: median(runs.map(({ cpu }) => cpu)) }]
})
console.log(JSON.stringify(Object.fromEntries(all)))
