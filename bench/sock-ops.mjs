// What sock_ops programs cost: a lookup of what is kept of a connection, by its socket and by its addresses, an event of the
// tuning program, and one of the policy that chooses congestion controls.
//
// By the kernel's run-time statistics, the candidates in turn in every round, medians over rounds; loading them anew
// between rounds moves where the JIT puts them.
import { fileURLToPath } from 'node:url'
import { loadLive } from '@tscc/compiler/live'
import { applyPolicy, clearPolicy, createTuning } from '@tscc/sock-ops'
import { enableStats, hostKernel, openCgroup, openProgramById, programInfo, queryPrograms } from '@tscc/syscall'
import { benchArguments } from './arguments.mjs'
import { inOwnCgroup, loopback, pingPong } from './own-cgroup.mjs'
import { median, quantile } from './statistics.mjs'

const { options } = benchArguments(
  `usage: node bench/sock-ops.mjs [options]

What sock_ops programs cost: lookups of what is kept of a connection, an event of the tuning program, and one of the policy
that chooses congestion controls. Root.

  --rounds N   programs are loaded anew for each [9]
  --json       figures as JSON on stdout
  --help
`,
  { numbers: { rounds: 9 }, options: { json: { type: 'boolean', default: false } } },
)
const { rounds } = options
const kernel = hostKernel()
const LOOKUPS = 64
const SAMPLES = 2000
const CONNECTIONS = 200

/** What a program did while something ran: runs and nanoseconds. */
function counted(id, run) {
  const program = openProgramById(kernel, id)
  try {
    const before = programInfo(kernel, program.fd)
    run()
    const after = programInfo(kernel, program.fd)
    return { runs: Number(after.run_cnt - before.run_cnt), ns: Number(after.run_time_ns - before.run_time_ns) }
  } finally {
    program.close()
  }
}

/** Nanoseconds per run of each program, in one round: loaded afresh, `others` connections known beside the one. */
function lookupRound(cgroup, others) {
  const live = loadLive(fileURLToPath(new URL('programs/sock-storage.bpf.ts', import.meta.url)))
  const net = loopback()
  const found = {}
  try {
    for (let i = 0; i < others; i++)
      live.exports.byAddress.set({ remote: i, local: i ^ 0x7f, remote_port: i << 16, local_port: 80 }, { rtt: i })
    for (const name of ['none', 'storage', 'tuples']) {
      const link = live.exports[name].attach({ cgroup })
      const pair = net.connect()
      pingPong(pair, 200)
      const { runs, ns } = counted(link.programId, () => pingPong(pair, SAMPLES))
      found[name] = { perRun: ns / runs, runs }
      pair.close()
      link.close()
    }
  } finally {
    net.close()
    live.close()
  }
  const perLookup = (name) => (found[name].perRun - found.none.perRun) / LOOKUPS
  return { storage: perLookup('storage'), tuples: perLookup('tuples'), floor: found.none.perRun }
}

const ruleOf = (i) => ({ to: `10.${i >> 8}.${i & 255}.0/24`, initialWindow: 10 })
const many = Array.from({ length: 1000 }, (_, i) => ruleOf(i))
const full = {
  to: '127.0.0.0/8',
  initialWindow: 20,
  clamp: 500,
  rtoMinMs: 20,
  delackMaxMs: 20,
  sendBuffer: 100_000,
  cc: 'reno',
}

/** Rules to be measured, by what they are. */
const tunings = {
  'an empty program': undefined,
  'no rules': [],
  'a rule for others': [ruleOf(1)],
  'one rule, initial window': [{ to: '127.0.0.0/8', initialWindow: 20 }],
  'one rule, seven options': [full],
  '1001 rules, seven options': [...many, full],
  '1001 rules and a port': [...many, full, { to: '127.0.0.0/8', port: 9, clamp: 9 }],
}

/** Nanoseconds per event and connection, in one round. */
function tuningRound(cgroup) {
  const net = loopback()
  const found = {}
  const live = loadLive(fileURLToPath(new URL('programs/sock-storage.bpf.ts', import.meta.url)))
  try {
    for (const [name, rules] of Object.entries(tunings)) {
      const tuning = rules === undefined ? undefined : createTuning({ rules })
      const link = (tuning ?? live.exports.empty).attach({ cgroup })
      net.connect().close()
      const { runs, ns } = counted(link.programId, () => {
        for (let i = 0; i < CONNECTIONS; i++) net.connect().close()
      })
      found[name] = { perEvent: ns / runs, events: runs / CONNECTIONS, perConnection: ns / CONNECTIONS }
      if (tuning === undefined) link.close()
      else tuning.close()
    }
  } finally {
    net.close()
    live.close()
  }
  return found
}

const folder = `/sys/fs/bpf/tscc-bench-${process.pid}`
const elsewhere = (i) => ({ name: `r${i}`, use: 'reno', to: [`10.${i >> 8}.${i & 255}.0/24`] })
const everything = { name: 'all', use: 'reno', to: ['127.0.0.0/8'] }

/** Policies to be measured, by what they are. */
const policies = {
  'one rule, for others': [elsewhere(1)],
  'one rule that chooses': [everything],
  'one rule, half of them': [{ ...everything, percent: 50 }],
  '64 rules, the last chooses': [...Array.from({ length: 63 }, (_, i) => elsewhere(i)), everything],
}

/** Nanoseconds per event and connection of the policy, in one round. */
function policyRound(cgroup) {
  const net = loopback()
  const found = {}
  try {
    for (const [name, rules] of Object.entries(policies)) {
      applyPolicy(
        rules.map((rule) => ({ ...rule, cgroup })),
        { kernel, folder },
      )
      const [id] = attachedTo(cgroup)
      net.connect().close()
      const { runs, ns } = counted(id, () => {
        for (let i = 0; i < CONNECTIONS; i++) net.connect().close()
      })
      found[name] = { perEvent: ns / runs, events: runs / CONNECTIONS, perConnection: ns / CONNECTIONS }
      clearPolicy({ kernel, folder })
    }
  } finally {
    clearPolicy({ kernel, folder })
    net.close()
  }
  return found
}

function attachedTo(cgroup) {
  const directory = openCgroup(kernel, cgroup)
  try {
    return queryPrograms(kernel, { targetFd: directory.fd, attachType: 'BPF_CGROUP_SOCK_OPS' }).programIds
  } finally {
    directory.close()
  }
}

const spread = (numbers) => ({ median: median(numbers), from: quantile(numbers, 0.25), to: quantile(numbers, 0.75) })

const rowsOf = (names, rounds) =>
  names.map((name) => ({
    name,
    events: rounds[0][name].events,
    perEvent: spread(rounds.map((row) => row[name].perEvent)),
    perConnection: spread(rounds.map((row) => row[name].perConnection)),
  }))

const stats = enableStats(kernel)
const result = inOwnCgroup((cgroup) => {
  const lookups = { 1: [], 10000: [] }
  const events = []
  const choices = []
  for (let round = 0; round < rounds; round++) {
    for (const others of Object.keys(lookups)) lookups[others].push(lookupRound(cgroup, Number(others)))
    events.push(tuningRound(cgroup))
    choices.push(policyRound(cgroup))
  }
  return {
    lookups: Object.entries(lookups).map(([others, rows]) => ({
      others: Number(others),
      storage: spread(rows.map((row) => row.storage)),
      tuples: spread(rows.map((row) => row.tuples)),
      ratio: spread(rows.map((row) => row.storage / row.tuples)),
      floor: spread(rows.map((row) => row.floor)),
    })),
    events: rowsOf(Object.keys(tunings), events),
    policies: rowsOf(Object.keys(policies), choices),
  }
})
stats.close()

const text = ({ median: middle, from, to }, digits = 1) =>
  `${middle.toFixed(digits)} (${from.toFixed(digits)}–${to.toFixed(digits)})`
if (options.json) console.log(JSON.stringify(result))
else {
  console.log('| connections | socket storage, ns | hash table by addresses, ns | storage / hash |\n|---|---|---|---|')
  for (const { others, storage, tuples, ratio } of result.lookups)
    console.log(`| ${others + 1} | ${text(storage)} | ${text(tuples)} | ${text(ratio, 2)} |`)
  for (const [what, rows] of [
    ['tuning', result.events],
    ['policy', result.policies],
  ]) {
    console.log(`\n| ${what} | events of a connection | ns per event | ns per connection |\n|---|---|---|---|`)
    for (const { name, events, perEvent, perConnection } of rows)
      console.log(`| ${name} | ${events.toFixed(1)} | ${text(perEvent, 0)} | ${text(perConnection, 0)} |`)
  }
}
