import { linkObject, linkTarget, variablesOf } from '@tscc/object'
import { registerStructOps, renameStructOps, structOpsOf } from '@tscc/struct-ops/kernel'
import { hostKernel, kernelFiles, type LoadedObject, loadPlan, lookupElement, mapValues } from '@tscc/syscall'
import { describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { transfer } from '../../struct-ops/test/loopback.ts'
import { compiled } from './compiled.ts'

/** A module whose `cong_avoid` has a body of its own, and declarations before. */
const moduleWith = (declarations: string, body: string): string => `
import { structOps, tcp_sk, max } from '@tscc/bpf'
import type { tcp_congestion_ops } from '@tscc/vmlinux'
${declarations}
export default structOps<tcp_congestion_ops>({
  name: 'tsf',
  ssthresh(sk) { return max(tcp_sk(sk).snd_cwnd / 2, 2) },
  undo_cwnd(sk) { return tcp_sk(sk).snd_cwnd },
  cong_avoid(sk, ack, acked) {
    const tp = tcp_sk(sk)
    tp.snd_cwnd = min(tp.snd_cwnd + acked, tp.snd_cwnd_clamp)
${body}
  },
})
`

const feature = (text: string) => compiled(text, { fileName: 'feature.bpf.ts' })

let serial = 0

/** Run a module over loopback, and look at its maps and globals. */
async function run(
  text: string,
  look: (loaded: LoadedObject, global: (name: string) => unknown) => void | Promise<void>,
): Promise<void> {
  const kernel = hostKernel()
  const { object } = feature(text)
  const linked = linkObject(object, linkTarget(kernelFiles(kernel)))
  using loaded = loadPlan(kernel, linked)
  const [ops] = structOpsOf(linked, loaded)
  if (ops === undefined) throw new Error('there is no struct_ops')
  const cc = `tsf${serial++}_${process.pid % 10000}`
  using registration = registerStructOps(kernel, renameStructOps(ops, cc))
  expect(await transfer(kernel, registration.name, 1 << 20)).toEqual({ arrived: 1 << 20, cc })
  await look(loaded, (name) => {
    const map = linked.maps.find((one) => one.variables.some((variable) => variable.name === name))
    if (map === undefined || object.btf === undefined) throw new Error(`there is no ${name}`)
    using values = mapValues(loaded.map(map.name))
    return variablesOf(map, object.btf, values.element(0)).get(name)
  })
}

const u32 = (value: number): Uint8Array => new Uint8Array(new Uint32Array([value]).buffer)
const u64s = (bytes: Uint8Array | undefined): BigUint64Array =>
  new BigUint64Array((bytes ?? new Uint8Array(8)).slice().buffer)

describe.skipIf(!needs('struct_ops_link'))('features in the kernel', () => {
  test('globals, module variables, tunables', () =>
    run(
      moduleWith(
        `export const acks = global<u64>(0)
         export const start = global<u32>(40)
         interface Totals { segments: u64; last: u32; flags: FixedArray<u8, 4> }
         export const totals = global<Totals>()
         export const step = tunable<u32>(3)
         let seen: u32 = 7`,
        `acks.value++
         start.value += step.value
         totals.value.segments += acked
         totals.value.last = tp.snd_cwnd
         totals.value.flags[1] = 9
         seen++
         totals.value.flags[2] = u8(seen === 8 ? 1 : 2)`,
      ),
      (_, global) => {
        const acks = Number(global('acks'))
        expect(acks).toBeGreaterThan(0)
        expect(global('start')).toBe(40 + 3 * acks)
        expect(global('totals')).toMatchObject({ flags: [0, 9, acks > 1 ? 2 : 1, 0] })
        expect(Number((global('totals') as { segments: bigint }).segments)).toBeGreaterThanOrEqual(acks)
      },
    ))

  test('maps: lookup, update, delete; records and numbers as keys and values', () =>
    run(
      moduleWith(
        `interface Key { port: u16; family: u16; kind: u32 }
         interface Flow { acks: u64; most: u32 }
         export const flows = hash<Key, Flow>(64)
         export const counts = array<u64>(4)
         export const spare = lruHash<u32, u64>(16)
         export const here = percpuArray<u64>(1, { name: 'by_cpu' })`,
        `const key: Key = { port: tp.inet_conn.icsk_inet.inet_sport, family: 2, kind: 1 }
         const flow = flows.lookup(key)
         if (flow === null) {
           flows.update(key, { acks: 1, most: tp.snd_cwnd })
         } else {
           flow.acks++
           flow.most = max(flow.most, tp.snd_cwnd)
         }
         const count = counts.lookup(2)
         if (count !== null) count.value += acked
         spare.update(5, 6)
         spare.update(7, 8)
         spare.delete(5)
         const mine = here.lookup(0)
         if (mine) mine.value++`,
      ),
      (loaded) => {
        expect(u64s(lookupElement(loaded.map('counts'), u32(2)))[0]).toBeGreaterThan(0n)
        expect(u64s(lookupElement(loaded.map('counts'), u32(1)))[0]).toBe(0n)
        expect(lookupElement(loaded.map('spare'), u32(5))).toBe(undefined)
        expect(u64s(lookupElement(loaded.map('spare'), u32(7)))[0]).toBe(8n)
        expect(loaded.map('by_cpu').type).toBe(6)
      },
    ))

  test('socket storage', () =>
    run(
      moduleWith(
        `interface Seen { acks: u32; first: u32 }
         export const seen = skStorage<Seen>()
         export const most = global<u32>(0)`,
        `const s = seen.get(sk, { acks: 0, first: tp.snd_cwnd })
         if (s === null) return
         s.acks++
         if (s.acks > most.value) most.value = s.acks`,
      ),
      (_, global) => expect(Number(global('most'))).toBeGreaterThan(0),
    ))

  test('ring buffer, queue', () =>
    run(
      moduleWith(
        `interface Sample { cwnd: u32; acked: u32; at: u64 }
         export const samples = ringbuf<Sample>(4096)
         export const last = queue<u64>(8)
         export const sent = global<u32>(0)
         export const popped = global<u64>(0)`,
        `const r = samples.reserve()
         if (r !== null) {
           r.cwnd = tp.snd_cwnd
           r.acked = acked
           r.at = bpf_ktime_get_ns()
           samples.submit(r)
           sent.value++
         }
         samples.output({ cwnd: 1, acked: 2, at: 3 })
         last.push(17)
         const back = last.pop()
         if (back !== null) popped.value = back.value`,
      ),
      (_, global) => {
        expect(Number(global('sent'))).toBeGreaterThan(0)
        expect(global('popped')).toBe(17n)
      },
    ))

  test('functions that are called, loops, arrays on the stack', () =>
    run(
      moduleWith(
        `interface Sum { total: u64 }
         const triple = noinline((x: u32): u32 => x * 3)
         function weight(i: u32): u32 { return i + 1 }
         function addOne(i: u32, sum: Sum): boolean {
           sum.total += i
           return i >= 9
         }
         export const sum = global<u64>(0)
         export const looped = global<u64>(0)
         export const tripled = global<u32>(0)
         export const text = global<u32>(0)`,
        `const weights: FixedArray<u32, 8> = [1, 2, 3]
         let total: u32 = 0
         for (const i of range(8)) {
           weights[i] = weight(i)
         }
         for (let i: u32 = 0; i < 8; i++) {
           if (i === 5) continue
           total += weights[i]
         }
         sum.value = total
         tripled.value = triple(total)
         const s: Sum = { total: 0 }
         loop(100, addOne, s)
         const t: Sum = { total: 0 }
         loop(4, (i: u32, into: Sum): boolean => {
           into.total += i * 100
           return false
         }, t)
         looped.value = s.total + t.total
         let n: u32 = 0
         do { n++ } while (n < 5)
         while (n < 20) { if (n === 11) break; n++ }
         text.value = n`,
      ),
      (_, global) => {
        expect(global('sum')).toBe(30n)
        expect(global('tripled')).toBe(90)
        expect(global('looped')).toBe(645n)
        expect(global('text')).toBe(11)
      },
    ))

  test('questions about the kernel, guarded fields, kernel functions, helpers', () =>
    run(
      moduleWith(
        `export const answers = global<u32>(0)
         export const cookie = global<u64>(0)
         export const size = global<u32>(0)
         export const reno = global<u32>(0)`,
        `let bits: u32 = 0
         if (kernelAtLeast(5, 10)) bits |= 1
         if (kernelAtLeast(99, 0)) bits |= 2
         if (hasKfunc(tcp_reno_ssthresh)) bits |= 4
         if (exists(tp.snd_cwnd)) bits |= 8
         if (hasCallback('cwnd_event_tx_start')) bits |= 16
         if (hasCallback('cong_control')) bits |= 32
         answers.value = bits
         size.value = sizeof<tcp_sock>()
         if (hasKfunc(tcp_reno_ssthresh)) reno.value = tcp_reno_ssthresh(sk)
         cookie.value = bpf_ktime_get_ns()
         printk('cwnd %u of %u', tp.snd_cwnd, tp.snd_ssthresh)`,
      ),
      (_, global) => {
        const bits = Number(global('answers'))
        expect(bits & 0b101111).toBe(0b101101)
        expect(Number(global('size'))).toBeGreaterThan(1000)
        expect(Number(global('reno'))).toBeGreaterThan(1)
        expect(Number(global('cookie'))).toBeGreaterThan(0)
      },
    ))

  test('a timer in a map goes off again and again; a function with each element of a map', () =>
    run(
      moduleWith(
        `import { array, bpf_for_each_map_elem, bpf_timer_init, bpf_timer_set_callback, bpf_timer_start, CLOCK_MONOTONIC, global, hash, type bpf_timer } from '@tscc/bpf'
         interface Pace { fired: u32; started: u32; timer: bpf_timer }
         export const paces = array<Pace>(2)
         export const flows = hash<u32, u64>(16)
         interface Total { sum: u64; keys: u64 }
         export const totals = global<Total>()
         function tick(pace: Pace, index: u32): void {
           pace.fired += 10 + index
           bpf_timer_start(pace.timer, 1_000_000, 0)
         }
         function add(value: u64, key: u32, total: Total): bool {
           total.sum += value
           total.keys += key
           return false
         }`,
        `flows.update(3, 100)
         flows.update(4, 0xff_ffff_ffff)
         const total: Total = { sum: 0, keys: 0 }
         bpf_for_each_map_elem(flows, add, total, 0)
         totals.value.sum = total.sum
         totals.value.keys = total.keys
         const pace = paces.lookup(1)
         if (pace === null || pace.started !== 0) return
         pace.started = 1
         bpf_timer_init(pace.timer, paces, CLOCK_MONOTONIC)
         bpf_timer_set_callback(pace.timer, tick)
         bpf_timer_start(pace.timer, 1_000_000, 0)`,
      ),
      async (loaded, global) => {
        expect(global('totals')).toEqual({ sum: 0x100_0000_0063n, keys: 7n })
        const fired = (): number => {
          const bytes = lookupElement(loaded.map('paces'), u32(1))
          return new Uint32Array((bytes ?? new Uint8Array(4)).slice().buffer, 0, 1)[0] ?? 0
        }
        const before = fired()
        await expect.poll(fired, { timeout: 5000 }).toBeGreaterThan(before + 5 * 11)
        expect(fired() % 11).toBe(0)
      },
    ))

  test('several algorithms of a module share their programs', async () => {
    const kernel = hostKernel()
    const { object } = feature(`
      function half(sk: sock): u32 { return max(tcp_sk(sk).snd_cwnd / 2, 2) }
      function same(sk: sock): u32 { return tcp_sk(sk).snd_cwnd }
      export const one = structOps<tcp_congestion_ops>({ name: 'ts_one', ssthresh: half, undo_cwnd: same, cong_avoid(sk) {} })
      export const two = structOps<tcp_congestion_ops>({ name: 'ts_two', ssthresh: half, undo_cwnd: same, cong_avoid(sk) {} })
    `)
    expect(object.functions.map((f) => f.name)).toHaveLength(4)
    expect(object.structOps.map((ops) => ops.name)).toEqual(['ts_one', 'ts_two'])
    const linked = linkObject(object, linkTarget(kernelFiles(kernel)))
    using loaded = loadPlan(kernel, linked)
    for (const [i, ops] of structOpsOf(linked, loaded).entries()) {
      using registration = registerStructOps(kernel, renameStructOps(ops, `tsm${i}_${process.pid % 10000}`))
      expect(registration.name).toMatch(/^tsm/)
    }
  })
})

test('lines: every program says which text its instructions are from', () => {
  const { object } = feature(moduleWith('', ''))
  for (const f of object.functions) {
    expect(f.lines[0]?.at).toBe(0)
    for (const [i, line] of f.lines.entries()) {
      expect(line.line).toBeGreaterThan(0)
      if (i > 0) expect(line.at).toBeGreaterThan(f.lines[i - 1]?.at ?? 0)
    }
  }
  expect(object.functions[2]?.lines.map(({ text }) => text)).toContain(
    'tp.snd_cwnd = min(tp.snd_cwnd + acked, tp.snd_cwnd_clamp)',
  )
})
