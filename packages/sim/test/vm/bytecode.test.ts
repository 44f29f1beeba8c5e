import { readFileSync } from 'node:fs'
import { algorithms } from '@tscc/algos'
import { compile } from '@tscc/compiler'
import { type BpfObject, readObject } from '@tscc/object'
import { expect, test } from 'vitest'
import {
  bytecodeEntries,
  kernelReleases,
  referenceEntry,
  renoReference,
  type SimSpec,
  simErrors,
  simulate,
} from '../../src/index.ts'

async function objectOf(name: string): Promise<BpfObject> {
  const found = algorithms.find((one) => one.name === name)
  if (found?.kind !== 'language') throw new Error(`${name}: is not in the language`)
  return found.object()
}

function compiled(text: string): BpfObject {
  const { object, diagnostics } = compile(text, { fileName: 'test.bpf.ts' })
  if (object === undefined) throw new Error(JSON.stringify(diagnostics))
  return object
}

const short: Omit<SimSpec, 'algorithms'> = { path: '10mbit 20ms 1bdp 0.2%', duration: 3000, warmup: 500, interval: 20 }

test.each(kernelReleases)("Reno's bytecode, linked to Linux %s, does what plain TypeScript does", async (kernel) => {
  const object = await objectOf('reno')
  const of = (entry: SimSpec['algorithms'][number]) => simulate({ ...short, algorithms: [entry] }).runs
  const bytecode = of(bytecodeEntries(object, { kernel, label: 'reno' })[0] ?? referenceEntry(renoReference))
  expect(bytecode).toEqual(of(referenceEntry(renoReference)))
})

test.each(kernelReleases)("clang's object, with a field and a kfunc that no kernel has, runs on Linux %s", (kernel) => {
  const file = new URL('../../../../conformance/kernels/suites/objects/c_reno.bpf.o', import.meta.url)
  const entries = bytecodeEntries(readObject(new Uint8Array(readFileSync(file))), { kernel, label: 'c_reno' })
  const { summary } = simulate({ ...short, path: '10mbit 20ms 1bdp', duration: 1500, algorithms: entries })
  expect(summary[0]?.utilisation).toBeGreaterThan(0.8)
})

test.each(['cubic', 'vegas', 'westwood', 'bbr', 'dctcp'])(
  '%s fills the path, and each run of a seed is the same',
  async (name) => {
    const entries = bytecodeEntries(await objectOf(name), { label: name })
    const run = () => simulate({ ...short, path: '10mbit 20ms 1bdp ecn 10kB', algorithms: entries })
    const result = run()
    expect(result.summary[0]?.utilisation).toBeGreaterThan(0.75)
    expect(JSON.stringify(run())).toBe(JSON.stringify(result))
  },
)

test('both engines of the machine give the same run', async () => {
  const object = await objectOf('cubic')
  const run = (engine: 'jit' | 'interpreter') =>
    simulate({ ...short, duration: 1000, warmup: 100, algorithms: bytecodeEntries(object, { engine, label: 'cubic' }) })
  expect(run('interpreter')).toEqual(run('jit'))
})

test('DCTCP counts marks at both ends: it keeps the queue at the threshold', async () => {
  const result = simulate({
    algorithms: bytecodeEntries(await objectOf('dctcp'), { label: 'dctcp' }),
    path: '10mbit 20ms 4bdp ecn 20kB',
    duration: 5000,
  })
  const flow = result.runs[0]?.flows[0]
  expect(result.runs[0]?.link?.droppedFull).toBe(0)
  expect(flow?.deliveredCe.at(-1)).toBeGreaterThan(50)
  // 20 kB are 16 ms at this rate; two segments are acknowledged at once.
  expect(result.summary[0]?.queueMean).toBeGreaterThan(8)
  expect(result.summary[0]?.queueMean).toBeLessThan(20)
  expect(result.summary[0]?.utilisation).toBeGreaterThan(0.94)
})

test('what programs write is taken over, what they read is what the kernel has', () => {
  const object = compiled(`
import { structOps, tcp_sk, inet_csk } from '@tscc/bpf'
import type { tcp_congestion_ops } from '@tscc/vmlinux'
export default structOps<tcp_congestion_ops>({
  name: 'probe',
  init(sk) {
    const tp = tcp_sk(sk)
    tp.snd_cwnd = 20
    sk.sk_pacing_rate = 125000
    sk.sk_pacing_status = 1
  },
  ssthresh(sk) { return 7 },
  cong_control(sk, rs) {
    const tp = tcp_sk(sk)
    if (tp.mss_cache === 1448 && tp.srtt_us > 8 * 19000 && rs.delivered > 0 && inet_csk(sk).icsk_ca_state === 0) tp.snd_ssthresh = 77
  },
  undo_cwnd(sk) { return tcp_sk(sk).snd_cwnd },
})`)
  const result = simulate({
    algorithms: bytecodeEntries(object),
    path: '10mbit 20ms 1bdp',
    duration: 2000,
    warmup: 1000,
  })
  const flow = result.runs[0]?.flows[0]
  expect(flow?.cwnd.every((cwnd) => cwnd === 20)).toBe(true)
  expect(flow?.ssthresh.at(-1)).toBe(77)
  // Paced at 1 Mbit/s of data
  expect(result.summary[0]?.goodput).toBeGreaterThan(0.97e6)
  expect(result.summary[0]?.goodput).toBeLessThan(1.01e6)
})

test('objects without a congestion control, and unknown kernels, are typed errors', async () => {
  const object = await objectOf('reno')
  expect(() => bytecodeEntries(object, { kernel: '2.6' })).toThrow(
    expect.objectContaining({ code: 'sim/kernel', message: expect.stringContaining('2.6, must be one of 5.10') }),
  )
  expect(() => bytecodeEntries({ ...object, structOps: [] })).toThrow(
    expect.objectContaining({ code: 'sim/no-algorithm' }),
  )
  expect(simErrors.is(new Error('x'), 'sim/kernel')).toBe(false)
})

test('what the kernel would not let a program write is a typed error, kernel by kernel', async () => {
  const bbr = await objectOf('bbr')
  const run = (object: BpfObject, kernel: string) => () =>
    simulate({ ...short, duration: 300, warmup: 50, algorithms: bytecodeEntries(object, { kernel }) })
  expect(run(bbr, '6.1')).not.toThrow()
  expect(run(bbr, '5.10')).toThrow(
    expect.objectContaining({
      code: 'sim/write',
      message: expect.stringMatching(/sk_pacing_(rate|status), which Linux 5\.10 does not/),
    }),
  )
  const file = new URL('../../../../conformance/kernels/suites/objects/c_reno.bpf.o', import.meta.url)
  expect(run(readObject(new Uint8Array(readFileSync(file))), '5.10')).not.toThrow()
})
