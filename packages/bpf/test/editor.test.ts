import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { declareTs, parseBtf } from '@tscc/btf'
import { describe, expect, it } from 'vitest'
import { declarationsOf, typeCheck } from './tsc.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Lines of a file that say which error they are. */
function marksIn(path: string): readonly { readonly line: number; readonly code: string; readonly part: string }[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((text, i) => {
      const [, code = '', part = ''] = /\/\/ error (TS\d+): (.+)$/.exec(text) ?? []
      return code === '' ? [] : [{ line: i + 1, code, part }]
    })
}

describe('what the editor says', () => {
  it.each([
    '../../compiler/test/programs/reno.bpf.ts',
    '../../compiler/test/programs/vegas.bpf.ts',
    './programs/timers.bpf.ts',
    './programs/tour.bpf.ts',
    '../../../examples/struct-ops/bpf-dummy-ops/dummy.bpf.ts',
    '../../../examples/struct-ops/io-uring-ops/pool.bpf.ts',
    '../../../examples/struct-ops/qdisc-ops/fifo.bpf.ts',
    '../../../examples/struct-ops/qdisc-ops/netem.bpf.ts',
    '../../../examples/struct-ops/sched-ext-ops/fifo.bpf.ts',
    '../../../examples/struct-ops/sched-ext-ops/vtime.bpf.ts',
  ])('nothing of %s', async (path) => {
    expect(await typeCheck([here(path)])).toEqual([])
  })

  it.each([false, true])('each mistake at its line, and nothing else (exact optional: %s)', async (exact) => {
    const path = here('./programs/mistakes.bpf.ts')
    const marks = marksIn(path)
    const complaints = await typeCheck([path], {}, { exactOptionalPropertyTypes: exact })
    expect(complaints.map(({ line, code }) => ({ line, code }))).toEqual(
      marks.map(({ line, code }) => ({ line, code })),
    )
    for (const [i, { part }] of marks.entries()) expect(complaints[i]?.text).toContain(part)
    expect(marks.length).toBeGreaterThan(34)
  })

  it('the kernel names of types, where a hover asks', async () => {
    const text = await declarationsOf(`
      import { inet_csk, max, min, structOps, tcp_sk, u16 } from '@tscc/bpf'
      import type { sock, tcp_congestion_ops } from '@tscc/vmlinux'
      declare const sk: sock
      export const tp = tcp_sk(sk)
      export const cwnd = tp.snd_cwnd
      export const bytes = tp.bytes_acked
      export const state = inet_csk(sk).icsk_ca_state
      export const left = max(tp.snd_cwnd, 2)
      export const right = min(2, tp.snd_cwnd)
      export const wide = max(tp.bytes_acked, tp.snd_cwnd)
      export const narrow = u16(cwnd)
      export const sum = cwnd + 1
      export default structOps<tcp_congestion_ops>({
        name: 'x', ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {},
      })
    `)
    expect(text).toContain('const tp: import("@tscc/vmlinux").tcp_sock')
    for (const [name, type] of [
      ['cwnd', 'u32'],
      ['bytes', 'u64'],
      ['state', 'u8'],
      ['left', 'u32'],
      ['right', 'u32'],
      ['wide', 'u64'],
      ['narrow', 'u16'],
    ])
      expect(text).toMatch(new RegExp(`const ${name}: (?:import\\("@tscc/bpf"\\)\\.)?${type};`))
    expect(text).toContain('const sum: number')
  })

  it('what parameters of callbacks are, in both shapes of cong_control', async () => {
    const use = (parameters: string, body: string): string => `
      import { type s32, structOps, tcp_sk, type u32 } from '@tscc/bpf'
      import type { rate_sample, tcp_congestion_ops } from '@tscc/vmlinux'
      export default structOps<tcp_congestion_ops>({
        name: 'x', ssthresh: () => 2, undo_cwnd: () => 2,
        cong_control(${parameters}) { ${body} },
      })`
    const old = use('sk, rs', 'const sample: rate_sample = rs; tcp_sk(sk).snd_cwnd = sample.acked_sacked')
    const now = use(
      'sk, ack, flag, rs',
      'const a: u32 = ack; const f: s32 = flag; tcp_sk(sk).snd_cwnd = a + f + rs.losses',
    )
    expect(await typeCheck([], { 'old.bpf.ts': old, 'now.bpf.ts': now })).toEqual([])
    const wrong = use('sk, ack, flag, rs', 'rs.lost')
    expect(await typeCheck([], { 'wrong.bpf.ts': wrong })).toMatchObject([{ code: 'TS2339' }])
  })

  it('the handles of user space, of the same exports', async () => {
    const app = `
      import cc, { alpha, flows, losses, events } from './cc.bpf.ts'
      alpha.value = 4
      const seen: number = losses.value
      for (const [key, flow] of flows.entries()) console.log(key.daddr + flow.bytes)
      const one = flows.get({ daddr: 1 })
      if (one !== undefined) flows.set({ daddr: 2 }, { bytes: one.bytes })
      for await (const event of events) console.log(event.cwnd, seen, flows.size)
      using link = cc.attach()
      console.log(link.name)
      declare const console: { log(...rest: unknown[]): void }`
    const cc = `
      import { global, hash, ringbuf, structOps, tunable, type u32, type u64 } from '@tscc/bpf'
      import type { tcp_congestion_ops } from '@tscc/vmlinux'
      export const alpha = tunable<u32>(2)
      export const losses = global<u64>(0)
      export const flows = hash<{ daddr: u32 }, { bytes: u64 }>(16)
      export const events = ringbuf<{ cwnd: u32 }>(4096)
      export default structOps<tcp_congestion_ops>({ name: 'x', ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })`
    expect(await typeCheck([], { 'app.ts': app, 'cc.bpf.ts': cc })).toEqual([])
  })

  it('nothing of types that `tscc types` wrote for one kernel', async () => {
    const btf = parseBtf(readFileSync(here('../../struct-ops/fixtures/tcp-6.18.btf')))
    const roots = [
      'tcp_congestion_ops',
      'tcp_sock',
      'inet_connection_sock',
      'sock',
      'rate_sample',
      'tcp_ca_state',
      'tcp_ca_event',
    ]
    const vegas = readFileSync(here('../../compiler/test/programs/vegas.bpf.ts'), 'utf8')
    const texts = {
      'vmlinux.d.ts': declareTs(btf, { roots, prelude: '@tscc/bpf' }),
      'vegas.bpf.ts': vegas.replace("'@tscc/vmlinux'", "'./vmlinux.js'"),
    }
    expect(await typeCheck([], texts, { skipLibCheck: false })).toEqual([])
  })

  it('callbacks and data of any struct_ops type', async () => {
    const text = (members: string): string => `
      import { type Opaque, type ReadonlyKernelArray, type s32, type s8, structOps, type u32 } from '@tscc/bpf'
      interface my_ops extends Opaque<'my_ops'> {
        readonly enqueue: (packet: Opaque<'sk_buff'>, flags: u32) => s32
        readonly reset: () => void
        readonly id: ReadonlyKernelArray<s8, 16>
        readonly timeout_ms: u32
        readonly owner: Opaque<'module'>
      }
      export default structOps<my_ops>({ ${members} })`
    const good = text("id: 'mine', timeout_ms: 5, enqueue(packet, flags) { return flags > 1 && packet ? 1 : 0 }")
    expect(await typeCheck([], { 'good.bpf.ts': good })).toEqual([])
    const bad = { 'a.bpf.ts': text('enqeue: () => 1'), 'b.bpf.ts': text('id: 5'), 'c.bpf.ts': text('owner: {}') }
    const found = await typeCheck([], bad)
    expect(found.map(({ file, code }) => `${file} ${code}`)).toEqual([
      'a.bpf.ts TS2561',
      'b.bpf.ts TS2322',
      'c.bpf.ts TS2353',
    ])
    expect(found[0]?.text).toContain("Did you mean to write 'enqueue'")
  })

  it('opaque kernel structs where no kernel types are imported', async () => {
    const text = `
      import { type Kernel, type Opaque, tcp_sk } from '@tscc/bpf'
      declare const sk: Opaque<'sock'>
      export const tp: Kernel<'tcp_sock'> = tcp_sk(sk)
      // @ts-expect-error nobody said what is in it
      tp.snd_cwnd`
    expect(await typeCheck([], { 'bare.bpf.ts': text })).toEqual([])
  })
})
