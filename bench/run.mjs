// `pnpm bench`: tscc beside libbpf on this machine, fresh processes in turn (A B A B …), medians and ratios.
import { execFileSync } from 'node:child_process'
import { cpus, release } from 'node:os'
import { fileURLToPath } from 'node:url'
import { benchArguments } from './arguments.mjs'
import { callbacksTable } from './callbacks-table.mjs'
import { compileTimeTable } from './compile-time-table.mjs'
import { editorRounds } from './editor.mjs'
import { buildPeers } from './peers.mjs'
import { median } from './statistics.mjs'
import { vmTable } from './vm-table.mjs'

const { options } = benchArguments(
  `usage: node bench/run.mjs [options]     (pnpm bench)

All that is compared with peers, one after the other: BTF and registration beside libbpf, compiled programs beside clang's,
compile times, throughput, the machine, the editor. Root; libbpf and clang where they are installed.

  --rounds N   fresh processes of each side [15]
  --json       figures as JSON on stdout
  --readme     put the tables of compiled programs into the README
  --help
`,
  { numbers: { rounds: 15 }, options: { json: { type: 'boolean' }, readme: { type: 'boolean' } } },
)
const { rounds } = options
const here = fileURLToPath(new URL('.', import.meta.url))

const jsonOf = (file, args) => JSON.parse(execFileSync(file, args, { encoding: 'utf8', cwd: here }))
const tscc = (what) => jsonOf(process.execPath, [`${here}cold.mjs`, what])
const say = (text) => {
  if (!options.json) process.stderr.write(`${text}\n`)
}

const peers = buildPeers()
const runs = []
for (let round = 0; round < rounds; round++) {
  say(`round ${round + 1} of ${rounds}`)
  runs.push({
    btf: tscc('btf'),
    register: tscc('register'),
    cached: tscc('cached'),
    ...(peers === undefined
      ? {}
      : { peerBtf: jsonOf(peers.peer, ['btf']), peerRegister: jsonOf(peers.peer, ['register', peers.objects.reno]) }),
  })
}
const loads = []
if (peers !== undefined)
  for (const [name, file] of Object.entries(peers.objects))
    for (let round = 0; round < rounds; round++) {
      say(`${name}.bpf.o, round ${round + 1} of ${rounds}`)
      const load = (...how) => jsonOf(process.execPath, [`${here}object-load.mjs`, file, ...how])
      loads.push({ name, anew: load(), peer: jsonOf(peers.peer, ['register', file]), kept: load('kept') })
    }
say('tsc --noEmit')
const checks = editorRounds(rounds)
const lookups = jsonOf(process.execPath, [`${here}map-lookup.mjs`])
const script = (name, ...args) =>
  jsonOf(process.execPath, [
    `${here}${name}.mjs`,
    '--json',
    ...(options.readme && name !== 'throughput' ? ['--readme'] : []),
    ...args,
  ])
say('compile time')
const compileTime = script('compile-time', '--rounds', String(rounds))
say('user-space machine')
const machineRows = jsonOf(process.execPath, [`${here}vm.mjs`, '--json', '--rounds', String(Math.min(9, rounds))])
const traffic = overVeth()

/** What takes traffic between namespaces; undefined, and why, where there can be none. */
function overVeth() {
  try {
    execFileSync('ip', ['-V'], { stdio: 'ignore' })
  } catch {
    process.stderr.write('no traffic: ip is not installed\n  (Debian: apt-get install iproute2)\n')
    return undefined
  }
  say('callbacks')
  const callbacks = script('callbacks', '--placements', String(6 * rounds))
  say('throughput')
  return { callbacks, throughput: script('throughput', '--rounds', String(2 * rounds)) }
}

const of = (pick) => median(runs.map(pick))
/** Medians of open, link, load, attach and bpf(2); of libbpf, load is link and load. */
const partsOf = (all) =>
  Object.fromEntries(Object.keys(all[0]).map((part) => [part, median(all.map((one) => one[part]))]))
const ratio = (a, b) => median(runs.map((run) => a(run) / b(run)))
const withPeer = (row, peer, pick) => (peers === undefined ? row : { ...row, peer: of(peer), ratio: ratio(pick, peer) })

const openAndFind = (run) => run.btf.open + run.btf.find
const peerOpenAndFind = (run) => run.peerBtf.open + run.peerBtf.find
const rows = [
  withPeer(
    { what: 'open vmlinux BTF, find ten types', unit: 'ms', tscc: of(openAndFind), limit: 0.5 },
    peerOpenAndFind,
    openAndFind,
  ),
  withPeer(
    { what: 'BTF to registered (Reno), cold', unit: 'ms', tscc: of((run) => run.register.register), limit: 1 },
    (run) => run.peerRegister.first.all,
    (run) => run.register.register,
  ),
  withPeer(
    { what: 'the same in a new process, resolved before', unit: 'ms', tscc: of((run) => run.cached.first), limit: 1 },
    (run) => run.peerRegister.first.all,
    (run) => run.cached.first,
  ),
  {
    what: 'a second registration, beside its bare bpf(2) calls',
    unit: 'ms',
    tscc: of((run) => run.cached.second),
    peer: of((run) => run.cached.bare),
    ratio: ratio(
      (run) => run.cached.second,
      (run) => run.cached.bare,
    ),
    limit: 2,
  },
  withPeer(
    { what: 'peak memory, BTF to registered', unit: 'MB', tscc: of((run) => run.register.peakKb) / 1024 },
    (run) => run.peerRegister.peakKb / 1024,
    (run) => run.register.peakKb / 1024,
  ),
  {
    what: 'map lookup, beside the bare koffi call',
    unit: 'ns',
    tscc: median(lookups.map((row) => row.tscc)),
    peer: median(lookups.map((row) => row.bare)),
    ratio: median(lookups.map((row) => row.tscc / row.bare)),
    limit: 1.2,
  },
  ...Object.keys(peers?.objects ?? {}).flatMap((name) => {
    const of = loads.filter((one) => one.name === name)
    const row = (what, pick, peer) => ({
      what: `${name}.bpf.o: ${what}`,
      unit: 'ms',
      tscc: median(of.map((one) => pick(one).all)),
      peer: median(of.map((one) => peer(one).all)),
      ratio: median(of.map((one) => pick(one).all / peer(one).all)),
      limit: 1,
      parts: { tscc: partsOf(of.map(pick)), peer: partsOf(of.map(peer)) },
    })
    const first = (one) => one.peer.first
    const second = (one) => one.peer.second
    return [
      row('open, link, load, attach, in a new process', (one) => one.kept.first, first),
      row('the same where the kernel never saw it linked', (one) => one.anew.first, first),
      row('again in the same process', (one) => one.anew.second, second),
    ]
  }),
  ...['reno', 'vegas'].map((name) => ({
    what: `tsc --noEmit on ${name}.bpf.ts, beside an empty project`,
    unit: 'ms',
    tscc: median(checks.map((one) => one[name])),
    peer: median(checks.map((one) => one.empty)),
    ratio: median(checks.map((one) => one[name] / one.empty)),
  })),
  ...(traffic?.throughput.rows ?? []).map(({ name, tscc, native, ratio }) => ({
    what: `${name} over veth at full speed, beside the kernel's own`,
    unit: 'Gbit/s',
    ...{ tscc: tscc / 1e9, peer: native / 1e9, ratio: ratio.median, least: 0.99 },
  })),
  { what: 'array element through a mapped view', unit: 'ns', tscc: median(lookups.map((row) => row.view)) },
]

if (options.json) {
  const machine = { kernel: release(), cpu: cpus()[0]?.model, node: process.version }
  process.stdout.write(
    `${JSON.stringify({ machine, rounds, rows, compileTime, vm: machineRows, ...traffic }, null, 2)}\n`,
  )
} else {
  const number = (value) => (value === undefined ? '' : value.toFixed(value < 10 ? 2 : 1))
  process.stdout.write(
    `Linux ${release()}, ${cpus()[0]?.model}, Node ${process.version}; medians of ${rounds} fresh processes in turn\n\n`,
  )
  process.stdout.write('| what | tscc | peer | ratio | wanted |\n|---|---:|---:|---:|---:|\n')
  for (const row of rows) {
    const peer = row.peer === undefined ? '' : `${number(row.peer)} ${row.unit}`
    const wanted = row.limit !== undefined ? `≤ ${row.limit}` : row.least !== undefined ? `≥ ${row.least}` : ''
    process.stdout.write(
      `| ${row.what} | ${number(row.tscc)} ${row.unit} | ${peer} | ${number(row.ratio)} | ${wanted} |\n`,
    )
  }
  process.stdout.write('\n| its parts, ms | of | open | link | load | attach | of all that in bpf(2) |\n')
  process.stdout.write('|---|---|---:|---:|---:|---:|---:|\n')
  for (const { what, parts } of rows)
    for (const [side, { open, link, load, attach, bpf }] of Object.entries(parts ?? {})) {
      const shown = [open, link, load, attach, bpf].map(number)
      process.stdout.write(`| ${what} | ${side === 'tscc' ? 'tscc' : 'libbpf'} | ${shown.join(' | ')} |\n`)
    }
  process.stdout.write(`\n${compileTimeTable(compileTime)}`)
  process.stdout.write(`\n${vmTable(machineRows)}`)
  if (traffic !== undefined) process.stdout.write(`\n${callbacksTable(traffic.callbacks)}`)
}
