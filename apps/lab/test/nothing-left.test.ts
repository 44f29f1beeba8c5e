import { spawn, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { freshDist } from '../../../tools/fresh-dist.ts'
import { canRunLab } from '../src/can-run-lab.ts'
import { runExperiment } from '../src/experiment.ts'
import { labProcesses, scenario, whyNoNetwork } from './real-network.ts'

const reno = { label: 'reno', cc: 'reno', origin: 'native' } as const
const compiled = fileURLToPath(new URL('../dist/index.js', import.meta.url))

/** A program that runs an experiment of 20 s and says when the first run has begun. */
const program = `
  const { runExperiment } = await import(${JSON.stringify(compiled)})
  await runExperiment(${JSON.stringify(scenario({ duration: 20_000 }))}, [${JSON.stringify(reno)}], {
    onProgress: (one) => { if (one.kind === 'run' && one.elapsed > 300) console.log('running') },
  })`

/** Every network namespace that some process is in. */
function namespaces(): ReadonlySet<string> {
  const found = new Set<string>()
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    try {
      found.add(readlinkSync(`/proc/${pid}/ns/net`))
    } catch {} // it ended meanwhile
  return found
}

function machine(): unknown {
  const sysctls = ['tcp_ecn', 'tcp_rmem', 'tcp_wmem', 'tcp_no_metrics_save', 'ip_forward']
  return [
    readdirSync('/sys/class/net'),
    Object.keys(networkInterfaces()),
    sysctls.map((name) => readFileSync(`/proc/sys/net/ipv4/${name}`, 'utf8')),
  ]
}

async function until(what: () => boolean, ms: number): Promise<number> {
  const start = performance.now()
  while (!what() && performance.now() - start < ms) await sleep(20)
  return performance.now() - start
}

describe.skipIf(whyNoNetwork() !== '')('nothing is left', { timeout: 60_000 }, () => {
  beforeAll(freshDist, 120_000)

  test.each(['SIGKILL', 'SIGTERM'] as const)('of an experiment whose program ends by %s', async (signal) => {
    const before = machine()
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise((resolve) => child.stdout.once('data', resolve))
    const pid = child.pid ?? 0
    const processes = labProcesses(pid)
    expect(processes).toHaveLength(3)
    const made = processes.map((one) => readlinkSync(`/proc/${one}/ns/net`))
    expect(new Set([...made, readlinkSync('/proc/self/ns/net')]).size).toBe(4)
    expect(machine()).toEqual(before) // while it runs, too
    child.kill(signal)
    const alive = () => labProcesses().filter((one) => processes.includes(one))
    const ms = await until(() => alive().length === 0 && made.every((one) => !namespaces().has(one)), 2000)
    expect(alive()).toEqual([])
    expect(made.filter((one) => namespaces().has(one))).toEqual([])
    expect(ms).toBeLessThan(2000)
    expect(machine()).toEqual(before)
  })

  test('of an experiment that its caller aborts, at once', async () => {
    const abort = new AbortController()
    const before = machine()
    const started = performance.now()
    const running = runExperiment(scenario({ duration: 60_000 }), [reno], {
      signal: abort.signal,
      onProgress: (one) => {
        if (one.kind === 'run' && one.elapsed > 300) abort.abort()
      },
    })
    await expect(running).rejects.toMatchObject({ code: 'lab/aborted' })
    // Long before the experiment would have ended, however busy the machine is.
    expect(performance.now() - started).toBeLessThan(25_000)
    expect(labProcesses(process.pid)).toEqual([])
    expect(machine()).toEqual(before)
    await expect(runExperiment(scenario(), [reno], { signal: abort.signal })).rejects.toMatchObject({
      code: 'lab/aborted',
    })
  })

  test('of an experiment one of whose processes dies, and the error says which', async () => {
    const running = runExperiment(scenario({ duration: 60_000 }), [reno], {
      onProgress: (one) => {
        const [victim] = one.kind === 'run' && one.elapsed > 300 ? labProcesses(process.pid) : []
        if (victim !== undefined) process.kill(victim, 'SIGSEGV')
      },
    })
    await expect(running).rejects.toMatchObject({ code: 'lab/host-died', message: expect.stringContaining('SIGSEGV') })
    expect(labProcesses(process.pid)).toEqual([])
  })

  test('this machine can run the lab', async () => {
    expect(await canRunLab()).toEqual({ ok: true, missing: [] })
  })

  test.each(['sys_admin', 'net_admin', 'net_raw'])('without CAP_%s the error names it', (capability) => {
    const check = `
      const { canRunLab, runExperiment } = await import(${JSON.stringify(compiled)})
      const { missing } = await canRunLab()
      const error = await runExperiment(${JSON.stringify(scenario())}, [${JSON.stringify(reno)}]).catch((one) => one)
      console.log(JSON.stringify({ missing, code: error.code, message: error.message }))`
    const { stdout, error } = spawnSync(
      'setpriv',
      [`--bounding-set=-${capability}`, process.execPath, '--input-type=module', '-e', check],
      { encoding: 'utf8' },
    )
    if (error !== undefined) return console.warn(`skipped: no setpriv on this machine (${error.message})`)
    const found = JSON.parse(stdout)
    expect(found.code).toBe('lab/missing-privilege')
    expect(found.message).toContain(`CAP_${capability.toUpperCase()}`)
    expect(found.missing).toHaveLength(1)
    expect(found.missing[0].what).toContain(`CAP_${capability.toUpperCase()}`)
  })
})
