// The kernel matrix: node conformance/kernels/run.mjs --help
import { copyFileSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArguments, usage } from './lib/arguments.mjs'
import { archiveOf, prepareKernel } from './lib/debian-kernels.mjs'
import { guestBase } from './lib/guest-base.mjs'
import { guestPackages } from './lib/guest-packages.mjs'
import { jobArchive } from './lib/job.mjs'
import { kvmWorks } from './lib/kvm.mjs'
import { bootGuest } from './lib/qemu.mjs'
import { allPassed, checksOf, renderMarkdown, renderText, tableOf } from './lib/results.mjs'
import { pickKernel } from './lib/wanted-kernels.mjs'

const allSuites = readdirSync(join(import.meta.dirname, 'suites'))
  .flatMap((name) => /^([a-z-]+)\.suite\.mjs$/.exec(name)?.[1] ?? [])
  .sort()

const stop = new AbortController()
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => stop.abort(new Error(`stopped by ${name}`)))

process.exitCode = await main()

async function main() {
  try {
    const options = parseArguments(process.argv.slice(2))
    const unknown = options.suites?.find((name) => !allSuites.includes(name))
    if (unknown !== undefined) throw new Error(`--suite: ${unknown}: expected one of ${allSuites.join(', ')}`)
    if (options.help) {
      process.stdout.write(`${usage}\nSuites: ${allSuites.join(', ')}\n`)
      return 0
    }
    return await runMatrix(options)
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    return stop.signal.aborted ? 130 : 2
  }
}

function say(text) {
  process.stderr.write(`${text}\n`)
}

async function runMatrix(options) {
  const chosen = choose(options)
  if (options.list) return list(chosen)
  if (options.btf !== undefined) return await writeBtf(chosen, options.btf)
  const accel = await accelerator(options.accel, chosen)
  say(accel.why)
  const suites = options.suites ?? allSuites
  const results = []
  for (const one of chosen) {
    if (one.kernel === undefined) {
      say(`${one.wanted.text}: not in the archive`)
      results.push({ wanted: one.wanted.text, machine: one.wanted.machine, state: 'not in the archive' })
      continue
    }
    const guest = await guestOf(one, { ...options, accel })
    if (options.run !== undefined) {
      results.push({ code: await runCommand(guest, options.run) })
      continue
    }
    results.push(await runSuites(one, guest, suites))
  }
  if (options.run !== undefined) return results.find(({ code }) => code !== 0)?.code ?? 0
  report(results, options)
  return allPassed(results) ? 0 : 1
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
    console.log(
      `${wanted.text.padEnd(14)} ${kernel === undefined ? 'not in the archive' : `${kernel.release}: ${from}${modules}`}`,
    )
  }
  const others = new Set(
    chosen.flatMap(({ archive }) => archive.kernels.map((one) => `${archive.machine}/${one.release}`)),
  )
  console.log(`\nall: ${[...others].join(' ')}`)
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

/** `kvm` or `tcg` for guests of this machine's kind, and why. */
async function accelerator(wanted, chosen) {
  if (wanted !== 'auto') return { accel: wanted, why: `${wanted}, as wanted` }
  const one = chosen.find(({ kernel, archive }) => kernel !== undefined && archive.machine === 'amd64')
  if (one === undefined) return { accel: 'tcg', why: 'software emulation (TCG) of another machine' }
  const { works, why } = await kvmWorks(async (timeout) => {
    const parts = [await guestBase('amd64'), jobArchive('true')]
    const { image } = await prepareKernel(one.archive, one.kernel)
    return await bootGuest({ machine: 'amd64', accel: 'kvm', image, parts, memory: 1024, timeout, signal: stop.signal })
  })
  return works
    ? { accel: 'kvm', why: 'KVM' }
    : { accel: 'tcg', why: `software emulation (TCG), since KVM does not work: ${why}` }
}

/** Everything of one guest but its job: `boot(command)`. */
async function guestOf({ archive, kernel, wanted }, options) {
  const { machine } = archive
  const started = performance.now()
  const prepared = await prepareKernel(archive, kernel)
  const parts = [await guestBase(machine), prepared.modules, await guestPackages(machine)]
  const seconds = (performance.now() - started) / 1000
  const accel = machine === 'amd64' ? options.accel.accel : 'tcg'
  const names = kernel.packages.map((one) => `${one.Package} ${one.Version}`).join(', ')
  say(`${wanted.text}: ${kernel.release} (${names}); ${accel === 'kvm' ? 'KVM' : 'TCG'}`)
  if (options.timings) say(`  prepared in ${seconds.toFixed(1)} s`)
  const { memory, timeout, icount } = options
  const emulation = { machine, accel, image: prepared.image, memory, timeout, icount, signal: stop.signal }
  return {
    release: kernel.release,
    machine,
    async boot(command, onOutput) {
      const guest = await bootGuest({
        ...emulation,
        parts: [...parts, jobArchive(command, options.files)],
        onOutput(stream, bytes) {
          if (stream === 'console' && options.console) process.stderr.write(bytes)
          onOutput?.(stream, bytes)
        },
      })
      if (options.timings) sayTimings(guest.seconds)
      return guest
    },
  }
}

function sayTimings({ initramfs, qemu, up, end }) {
  const job = up === undefined || end === undefined ? '?' : (end - up).toFixed(1)
  say(
    `  initramfs ${initramfs.toFixed(1)} s, QEMU ${qemu.toFixed(1)} s (in the guest: up after ${up ?? '?'} s, the job ${job} s)`,
  )
}

async function runCommand(guest, command) {
  const {
    code,
    timedOut,
    console: printed,
    qemu,
  } = await guest.boot(command, (stream, bytes) => {
    if (stream === 'stdout') process.stdout.write(bytes)
    if (stream === 'stderr') process.stderr.write(bytes)
  })
  if (code !== undefined) return code
  say(
    `${timedOut ? 'took more than its time' : 'the guest died'}\n${`${printed}${qemu}`.split('\n').slice(-20).join('\n')}`,
  )
  return 1
}

async function runSuites({ wanted }, guest, suites) {
  const checks = []
  for (const suite of suites) {
    const ended = await guest.boot(`node suites/${suite}.suite.mjs`, (stream, bytes) => {
      if (stream === 'stderr') process.stderr.write(bytes)
    })
    const found = checksOf(suite, ended)
    checks.push(...found.map((check) => ({ suite, ...check })))
    const booted = ended.seconds.up !== undefined
    const failed = found.filter((check) => check.status === 'fail')
    say(`  ${suite}: ${booted ? `${found.length - failed.length} of ${found.length} did not fail` : 'not bootable'}`)
    for (const check of failed) say(`  FAIL ${check.name}: ${check.why}`)
    if (!booted) return { wanted: wanted.text, ...named(guest), state: 'not bootable', checks }
  }
  return { wanted: wanted.text, ...named(guest), state: 'ran', checks }
}

function named({ release, machine }) {
  return { release, machine }
}

function report(results, { json, markdown }) {
  const table = tableOf(results)
  if (json) console.log(JSON.stringify(results, null, 2))
  else process.stdout.write(`\n${renderText(table)}`)
  if (markdown !== undefined) writeFileSync(markdown, renderMarkdown(table))
  const checks = results.flatMap((one) => one.checks ?? [])
  const failed = checks.filter((check) => check.status === 'fail').length
  if (!json) console.log(`\n${checks.filter((check) => check.status === 'pass').length} passed, ${failed} failed`)
}
