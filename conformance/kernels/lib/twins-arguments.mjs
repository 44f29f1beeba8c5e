import { parseArgs } from 'node:util'
import { paths, twins } from './twins-plan.mjs'
import { parseWanted } from './wanted-kernels.mjs'

const defaultKernels = ['6.1', '6.12', 'newest']

export const usage = `usage: node conformance/kernels/twins.mjs [options] [NAME=SOURCE[@TWIN]...]

Runs each algorithm and its native twin in turn over the same paths, on real kernels under QEMU where time is the number
of executed instructions, and says whether they are equal: goodput within 3 %, mean cwnd and RTT within 5 %, retransmits
of the same order, DCTCP's queue and alpha within 10 %.

  NAME=SOURCE[@TWIN]  an algorithm: an object file (*.bpf.o), or what \`tscc build\` takes. Its twin is the kernel's NAME,
                      or TWIN; default: what tscc has of ${Object.keys(twins).join(', ')}

  --kernels A,B       kernels as for run.mjs, or host: this machine's, whose link is the lab's and whose time is the
                      clock's [${defaultKernels.join(',')}]
  --algorithms A,B    only these
  --paths A,B         only these of ${Object.keys(paths).join(', ')}
  --duration SECONDS  of each run [12]
  --rounds N          measured runs of each on each path, beside one that is not; more where losses are random [2]
  --jobs N            guests at the same time [one for each CPU of this machine, at most 4]
  --timeout SECONDS   for one algorithm on one kernel [five times what it sends, and two minutes]
  -o, --output FILE   write the report (HTML) to this file
  --json              the figures and verdicts as JSON on stdout, instead of the table
  --help

Exit code: 0 all equal, 1 some apart or failed, 2 wrong usage or a tool that is missing.
`

/** The command line as data; throws an Error with one line for what is wrong. */
export function parseTwinArguments(argv, cpus) {
  const { values, positionals } = parseArgs({
    args: argv,
    strict: true,
    allowPositionals: true,
    options: {
      kernels: { type: 'string', default: defaultKernels.join(',') },
      algorithms: { type: 'string' },
      paths: { type: 'string', default: Object.keys(paths).join(',') },
      duration: { type: 'string', default: '12' },
      rounds: { type: 'string', default: '2' },
      jobs: { type: 'string', default: `${Math.min(4, cpus)}` },
      timeout: { type: 'string' },
      output: { type: 'string', short: 'o' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  const list = (text) => text.split(',').filter((one) => one !== '')
  const kernels = list(values.kernels)
  const pathNames = list(values.paths)
  const unknown = pathNames.find((name) => !Object.hasOwn(paths, name))
  if (unknown !== undefined) throw new Error(`--paths: ${unknown}: expected one of ${Object.keys(paths).join(', ')}`)
  return {
    help: values.help,
    json: values.json,
    output: values.output,
    host: kernels.includes('host'),
    wanted: kernels.filter((name) => name !== 'host').map(parseWanted),
    pathNames,
    duration: 1000 * number('--duration', values.duration, 1, 600),
    rounds: number('--rounds', values.rounds, 1, 100),
    jobs: number('--jobs', values.jobs, 1, 64),
    ...(values.timeout === undefined ? {} : { timeout: number('--timeout', values.timeout, 1, 86400) }),
    ...chosenAlgorithms(positionals.map(parseAlgorithm), values.algorithms && list(values.algorithms)),
  }
}

/** Those that were named, or all that have a twin; `optional`: tscc need not have all of them. */
function chosenAlgorithms(named, only) {
  const all = named.length > 0 ? named : Object.keys(twins).map((name) => parseAlgorithm(`${name}=${name}`))
  const unknown = only?.find((name) => !all.some((one) => one.name === name))
  if (unknown !== undefined)
    throw new Error(`--algorithms: ${unknown}: expected one of ${all.map(({ name }) => name).join(', ')}`)
  return {
    optional: named.length === 0 && only === undefined,
    algorithms: only === undefined ? all : all.filter(({ name }) => only.includes(name)),
  }
}

/** `reno=reno.bpf.o`, `mine=./mine.bpf.o@reno`. */
export function parseAlgorithm(text) {
  const [, name, source, twin] = /^([A-Za-z0-9_+-]{1,32})=(.+?)(?:@([a-z0-9_]+))?$/.exec(text) ?? []
  if (name === undefined) throw new Error(`${text}: expected NAME=SOURCE or NAME=SOURCE@TWIN, such as reno=reno.bpf.o`)
  const known = Object.hasOwn(twins, name) ? twins[name] : undefined
  const of = twin ?? known?.twin ?? name
  // What the twin needs, ours does
  return { name, source, twin: of, feature: Object.values(twins).find((one) => one.twin === of)?.feature }
}

function number(name, text, least, most) {
  const value = Number(text)
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new Error(`${name}: ${text}: expected a whole number from ${least} to ${most}`)
}
