// The kernel matrix: node conformance/kernels/run.mjs --help
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArguments, usage } from './lib/arguments.mjs'
import { removeUnused } from './lib/cache.mjs'
import { archiveOf, prepareKernel } from './lib/debian-kernels.mjs'
import { accelerator, openGuest, runSome, runSuites } from './lib/matrix.mjs'
import { allPassed, renderMarkdown, renderText, tableOf } from './lib/results.mjs'
import { pickKernel } from './lib/wanted-kernels.mjs'

/** Suites with a command of their own. */
const others = ['twins']

const allSuites = readdirSync(join(import.meta.dirname, 'suites'))
  .flatMap((name) => /^([a-z-]+)\.suite\.mjs$/.exec(name)?.[1] ?? [])
  .filter((name) => !others.includes(name))
  .sort()

const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => stop.abort(new Error(`stopped by ${name}`)))

process.exitCode = await main()

async function main() {
  try {
    const options = parseArguments(process.argv.slice(2))
    const other = options.suites?.find((name) => others.includes(name))
    if (other !== undefined) throw new Error(`--suite: ${other}: run node conformance/kernels/${other}.mjs`)
    const unknown = options.suites?.find((name) => !allSuites.includes(name))
    if (unknown !== undefined) throw new Error(`--suite: ${unknown}: expected one of ${allSuites.join(', ')}`)
    if (options.help) {
      process.stdout.write(`${usage}\nSuites: ${allSuites.join(', ')}\n`)
      return 0
    }
    const chosen = choose(options)
    if (options.list) return list(chosen)
    if (options.btf !== undefined) return await writeBtf(chosen, options.btf)
    return await runMatrix(chosen, options)
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    return stop.signal.aborted ? 130 : 2
  }
}

function say(text) {
  process.stderr.write(`${text}\n`)
}

/** The kernels that are meant, with the archive of each. */
function choose({ wanted, update }) {
  const archives = new Map()
  for (const { machine } of wanted)
    if (!archives.has(machine)) archives.set(machine, archiveOf(machine, { now: update, say }))
  const picked = wanted.map((one) => {
    const archive = archives.get(one.machine)
    return { wanted: one, archive, kernel: pickKernel(one, archive.kernels) }
  })
  // `newest` may be of a series that is wanted anyway
  return picked.filter(
    ({ kernel }, i) => kernel === undefined || picked.findIndex((one) => one.kernel === kernel) === i,
  )
}

function list(chosen) {
  for (const { wanted, kernel } of chosen) {
    const from = kernel?.packages.map((one) => `${one.Package} ${one.Version}`).join(', ')
    const modules = kernel?.modules === false ? ' (without modules, which the archive no longer has)' : ''
    const found = kernel === undefined ? 'not in the archive' : `${kernel.release}: ${from}${modules}`
    console.log(`${wanted.text.padEnd(14)} ${found}`)
  }
  const archives = new Set(chosen.map(({ archive }) => archive))
  for (const { machine, kernels } of archives)
    console.log(`\nall of ${machine}: ${kernels.map((one) => one.release).join(' ')}`)
  return 0
}

async function writeBtf(chosen, folder) {
  mkdirSync(folder, { recursive: true })
  for (const { archive, kernel } of chosen) {
    if (kernel === undefined) continue
    const { btf, release } = await prepareKernel(archive, kernel)
    const path = join(folder, `${release}.btf`)
    copyFileSync(btf, path)
    console.log(`${path} ${statSync(path).size} bytes`)
  }
  return 0
}

async function runMatrix(chosen, options) {
  const { accel, why } = await accelerator(options.accel, chosen, stop.signal)
  say(why)
  const suites = options.suites ?? allSuites
  removeUnused()
  const folder = mkdtempSync(join(tmpdir(), 'tscc-artifacts-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const { makeArtifacts } = await import('./lib/artifacts.mjs')
  const files = [...(await makeArtifacts(folder)), ...options.files]
  // One after the other, since they share the cache; what is there already takes no time
  const jobs = []
  for (const one of chosen) jobs.push(await jobOf(one, suites, { ...options, files, accel, signal: stop.signal, say }))
  const results = await runSome(jobs, options.run === undefined ? options.jobs : 1)
  if (options.run !== undefined) return results.find(({ code }) => code !== 0)?.code ?? 0
  report(results, options)
  return allPassed(results) ? 0 : 1
}

/** A function that boots one kernel and says how it went. */
async function jobOf(one, suites, options) {
  const { wanted, kernel } = one
  const about = { wanted: wanted.text, machine: wanted.machine }
  if (kernel === undefined) {
    say(`${wanted.text}: not in the archive`)
    return () => ({ ...about, state: 'not in the archive', code: 0 })
  }
  try {
    const guest = await openGuest(one, options)
    return () => (options.run === undefined ? runSuites(guest, suites, say) : runCommand(guest, options.run))
  } catch (error) {
    if (stop.signal.aborted || chosenAlone(options)) throw error
    // The others can still run
    const why = error instanceof Error ? error.message : String(error)
    say(`${wanted.text}: ${why}`)
    const check = { name: 'the kernel is fetched and unpacked', status: 'fail', why }
    return () => ({ ...about, release: kernel.release, state: 'not bootable', checks: [check], code: 1 })
  }
}

function chosenAlone({ wanted }) {
  return wanted.length === 1
}

async function runCommand(guest, command) {
  const ended = await guest.boot(command, (stream, bytes) => {
    if (stream === 'stdout') process.stdout.write(bytes)
    if (stream === 'stderr') process.stderr.write(bytes)
  })
  if (ended.code !== undefined) return { code: ended.code }
  const last = `${ended.console}${ended.qemu}`.split('\n').slice(-20).join('\n')
  say(`${guest.wanted}: ${ended.timedOut ? 'took more than its time' : 'the guest died'}\n${last}`)
  return { code: 1 }
}

function report(results, { json, markdown }) {
  const table = tableOf(results)
  if (markdown !== undefined) writeFileSync(markdown, renderMarkdown(table))
  if (json) {
    console.log(JSON.stringify(results, null, 2))
    return
  }
  const checks = results.flatMap((one) => one.checks ?? [])
  const count = (status) => checks.filter((check) => check.status === status).length
  process.stdout.write(`\n${renderText(table)}\n${count('pass')} passed, ${count('fail')} failed\n`)
}
