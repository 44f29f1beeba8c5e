// How long compiling takes: a cold `tscc build` beside a cold clang, in turn, and in a process that has compiled before.
import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { benchArguments } from './arguments.mjs'
import { compileTimeTable } from './compile-time-table.mjs'
import { clangCommand, hasClang, pairs } from './objects.mjs'
import { intoReadme } from './readme.mjs'
import { median } from './statistics.mjs'
import { ms } from './timed-kernel.mjs'

const { options, names } = benchArguments(
  `usage: node bench/compile-time.mjs [options] [FILE.bpf.ts=FILE.c...]

How long compiling takes: a cold \`tscc build\` beside a cold clang, in turn, and in a process that has compiled before.

  FILE.bpf.ts=FILE.c   one algorithm in both languages [bench/programs and bench/baseline, and what tscc ships]

  --rounds N           cold processes of each [15]
  --warm N             compilations before the measured ones in the warm process, and measured ones [30]
  --json               figures as JSON on stdout
  --readme             put the table into the README
  --help
`,
  {
    allowPositionals: true,
    numbers: { rounds: 15, warm: 30 },
    options: { json: { type: 'boolean', default: false }, readme: { type: 'boolean', default: false } },
  },
)
const here = fileURLToPath(new URL('.', import.meta.url))
const cache = fileURLToPath(new URL('../.cache/bench/', import.meta.url))
// As npm links it
const tscc = fileURLToPath(new URL('../apps/cli/bin/tscc.js', import.meta.url))
const clang = hasClang()
const { rounds } = options

// Where it is set, every Node reads those certificates first: what a machine's owner added to Node is not measured.
const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env

/** Milliseconds from the start of a process to its end. */
function timed([command, ...args]) {
  const started = ms()
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8', env })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
  return ms() - started
}

function cold({ algorithm, ours, c }) {
  const object = (of) => `${cache}cold-${of}-${algorithm}.bpf.o`
  const commands = {
    tscc: [tscc, 'build', ours, '-o', object('tscc')],
    ...(clang && c !== undefined
      ? { direct: clangCommand(c, object('direct')), core: clangCommand(c, object('core'), 'core') }
      : {}),
    node: [process.execPath, '-e', ''],
  }
  for (const command of Object.values(commands)) timed(command)
  const runs = Array.from({ length: rounds }, () =>
    Object.fromEntries(Object.entries(commands).map(([of, command]) => [of, timed(command)])),
  )
  const of = (key) => (key in commands ? median(runs.map((run) => run[key])) : undefined)
  const to = (key) => (key in commands ? median(runs.map((run) => run.tscc / run[key])) : undefined)
  return {
    ...{ algorithm, tscc: of('tscc'), node: of('node'), direct: of('direct'), core: of('core') },
    ...{ toDirect: to('direct'), toCore: to('core') },
  }
}

const compared = pairs(names).filter(({ ours }) => ours.endsWith('.ts'))
const rows = compared.map((one) => {
  if (!options.json) process.stderr.write(`compile ${one.algorithm}\n`)
  return cold(one)
})
const shipped = ['reno', 'vegas', 'cubic', 'dctcp', 'westwood', 'bbr'].map((name) => [
  `${name}, tscc's own`,
  fileURLToPath(new URL(`../packages/algos/src/${name}.bpf.ts`, import.meta.url)),
])
const files = [...compared.map(({ algorithm, ours }) => [algorithm, ours]), ...(names.length > 0 ? [] : shipped)]
const warm = JSON.parse(
  execFileSync(
    process.execPath,
    [`${here}warm-compile.mjs`, String(options.warm), ...files.map(([name, file]) => `${name}=${file}`)],
    { encoding: 'utf8' },
  ),
)
const result = { rounds, rows, warm }
if (options.readme) intoReadme('compile', compileTimeTable(result))
process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : `\n${compileTimeTable(result)}`)
