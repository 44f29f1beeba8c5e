// Running the suite of twins: in a guest for each kernel and algorithm, or on this machine's own kernel.
import { spawn, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { release } from 'node:os'
import { join } from 'node:path'
import { openGuest } from './matrix.mjs'
import { checksOf } from './results.mjs'
import { collectTwins, withMoreRuns } from './twins-collect.mjs'
import { lengthOf, planOf } from './twins-plan.mjs'

const root = join(import.meta.dirname, '../../..')
const suite = join(import.meta.dirname, '../suites/twins.suite.mjs')

/**
 * Objects of the algorithms in `folder`: copied, or made by `tscc build`. Those that tscc has not are left out where that is
 * allowed, with the reason as a comparison that was not made.
 */
export function buildTwins(algorithms, folder, { optional }) {
  const built = []
  const missing = []
  for (const algorithm of algorithms) {
    const { name, source } = algorithm
    const why = buildOne(source, join(folder, `${name}.bpf.o`))
    if (why === undefined) built.push(algorithm)
    else if (optional) missing.push({ kernel: 'all', name, path: 'all', status: 'left out', why })
    else throw new Error(`${name}: tscc build ${source}: ${why}`)
  }
  return { built, missing }
}

/** Why there is no object of it; undefined where there is one. */
function buildOne(source, file) {
  if (source.endsWith('.o')) {
    copyFileSync(source, file)
    return undefined
  }
  const tscc = join(root, 'node_modules/.bin/tscc')
  const { status, stderr, error } = spawnSync(tscc, ['build', source, '-o', file], { encoding: 'utf8' })
  if (status === 0) return undefined
  const [first = ''] = (error?.message ?? stderr).trim().split('\n')
  return first.replace(/^error: /, '')
}

/** Rounds of a path that was apart, in its second guest. */
const roundsAgain = 3

/**
 * A function that runs one algorithm in a guest of one kernel, and gives comparisons. Paths that are apart run again in a
 * second guest, and all runs are judged: a sawtooth more or less in a short run moves its means by more than twins may differ.
 */
export function guestTwins(one, algorithm, options) {
  return async () => {
    const first = await oneGuest(one, algorithm, options)
    const apart = first.filter(({ verdict }) => verdict?.ok === false)
    if (apart.length === 0) return first
    const pathNames = apart.map(({ path }) => path)
    options.say(`${apart[0].kernel}: ${algorithm.name}: apart, and so again: ${pathNames.join(', ')}`)
    const rounds = Math.max(roundsAgain, options.rounds)
    const second = await oneGuest(one, algorithm, { ...options, pathNames, rounds })
    return first.map((row) => {
      const more = second.find(({ path }) => path === row.path)
      return more === undefined ? row : withMoreRuns(row, more)
    })
  }
}

async function oneGuest(one, algorithm, { folder, signal, say, ...options }) {
  const plan = planOf([algorithm], { ...options, onHost: false })
  const timeout = options.timeout ?? 120 + 5 * lengthOf(plan)
  const home = join(folder, `${one.kernel.release}-${algorithm.name}`)
  mkdirSync(home, { recursive: true })
  writeFileSync(join(home, 'plan.json'), JSON.stringify(plan))
  const files = ['plan.json', `${algorithm.name}.bpf.o`].map((name) => ({
    from: join(name === 'plan.json' ? home : folder, name),
    to: `job/twins/${name}`,
  }))
  const emulation = { accel: 'tcg', icount: true, memory: 1024, timeout, signal }
  const guest = await openGuest(one, { ...emulation, files, say: () => undefined })
  const kernel = guest.release.replace(/-(?:cloud-)?(?:amd64|arm64)$/, '')
  const ended = await guest.boot('node suites/twins.suite.mjs', progress(`${kernel}: `, say))
  if (ended.code !== 0) say(`${kernel}: ${algorithm.name}: ${ended.stderr.trim().slice(-2000)}`)
  return collectTwins(checksOf('twins', ended), { kernel, plan })
}

/** The same on this machine. */
export async function hostTwins(algorithms, { folder, say, signal, ...options }) {
  const plan = planOf(algorithms, { ...options, onHost: true })
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan))
  const tell = progress('host: ', say)
  const out = { stdout: [], stderr: [] }
  const child = spawn(process.execPath, [suite], {
    env: { ...process.env, TSCC_TWINS: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
  })
  for (const name of ['stdout', 'stderr'])
    child[name].on('data', (bytes) => {
      out[name].push(bytes)
      tell(name, bytes)
    })
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status) => resolve(status ?? 1))
  })
  const text = (name) => Buffer.concat(out[name]).toString('utf8')
  const ended = { code, timedOut: false, stdout: text('stdout'), stderr: text('stderr'), console: '', qemu: '' }
  return collectTwins(checksOf('twins', ended), { kernel: `${release()} (host)`, plan })
}

/** Says each check as it comes. */
function progress(prefix, say) {
  const state = { rest: '' }
  return (stream, bytes) => {
    if (stream !== 'stdout') return
    const lines = (state.rest + bytes.toString('utf8')).split('\n')
    state.rest = lines.pop() ?? ''
    for (const line of lines) {
      const [, name, status] = /^\{"name":"([^"]*)","status":"(\w+)"/.exec(line) ?? []
      if (name !== undefined) say(`${prefix}${name}: ${status === 'pass' ? 'measured' : status}`)
    }
  }
}
