import { compile } from '@tscc/compiler'
import { decode, insnText } from '@tscc/insn'
import { describe, expect, test } from 'vitest'
import { mistakesOf } from './mistakes.ts'

// Struct_ops types besides congestion control: what their headers say of callbacks, arguments, results and data.

const sched = (members: string, imports = ''): string => `import { sleepable, structOps, type u64 } from '@tscc/bpf'
import { ${imports}type sched_ext_ops } from '@tscc/vmlinux/sched_ext_ops'
export default structOps<sched_ext_ops>({ name: 'mine', ${members} })
`
const dummy = (members: string): string => `import { sleepable, structOps } from '@tscc/bpf'
import type { bpf_dummy_ops } from '@tscc/vmlinux/bpf_dummy_ops'
export default structOps<bpf_dummy_ops>({ ${members} })
`
const qdisc = (members: string): string => `import { structOps } from '@tscc/bpf'
import { bpf_kfree_skb, bpf_qdisc_skb_drop, type Qdisc_ops } from '@tscc/vmlinux/Qdisc_ops'
export default structOps<Qdisc_ops>({ ${members} })
`
const rest = 'init: () => 0, reset() {}, destroy() {}'

describe('callbacks', () => {
  test('arguments that may be null are looked at first', () => {
    expect(mistakesOf(dummy('test_1: (state) => state.val'))).toEqual([
      ['TSCC2107', 'state', 'state may be null', 'if (state === null) return'],
    ])
    expect(mistakesOf(dummy('test_1: (state) => (state === null ? 0 : state.val)'))).toEqual([])
  })

  test('only what the kernel lets programs write is written', () => {
    expect(mistakesOf(dummy('test_2(state) { state.val = 1; return 0 }'))).toEqual([])
    expect(mistakesOf(sched('running(p) { p.scx.slice = 1; p.scx.dsq_vtime = 2 }'))).toEqual([])
    const [mistake] = mistakesOf(sched('running(p) { p.scx.weight = 1 }'))
    expect(mistake?.slice(0, 3)).toEqual([
      'TSCC2204',
      'p.scx.weight',
      'the kernel lets no program write task_struct.scx.weight',
    ])
  })

  test('truth values come and go', () => {
    expect(mistakesOf(sched('stopping(p, runnable) { if (runnable) return }, yield: () => true'))).toEqual([])
    expect(mistakesOf(sched('yield: () => 1 > 2'))).toEqual([])
    expect(mistakesOf(sched('stopping(p, runnable) { p.scx.slice = runnable.x }'))[0]?.[0]).toBe('TSCC2101')
  })

  test('a pointer or null is given where the kernel wants one', () => {
    const enqueue = 'enqueue(skb, sch, to_free) { bpf_qdisc_skb_drop(skb, to_free); return 1 }'
    expect(mistakesOf(qdisc(`id: 'x', ${enqueue}, dequeue: () => null, ${rest}`))).toEqual([])
    expect(mistakesOf(qdisc(`id: 'x', ${enqueue}, dequeue: (sch) => sch, ${rest}`))).toEqual([
      ['TSCC2101', 'sch', 'expected sk_buff | null, found Qdisc'],
    ])
  })

  test('what is missing, refused or unknown is told', () => {
    expect(mistakesOf(qdisc(`id: 'x', dequeue: () => null, init: () => 0`))).toEqual([
      ['TSCC2206', 'structOps', 'Qdisc_ops needs enqueue, reset, destroy'],
    ])
    const callbacks = `enqueue(skb, sch, to_free) { bpf_qdisc_skb_drop(skb, to_free); return 1 }, dequeue: () => null, ${rest}`
    expect(mistakesOf(qdisc(`id: 'x', ${callbacks}, peek: () => null`))).toEqual([
      ['TSCC2208', 'peek', 'the kernel takes no peek of a program'],
    ])
    expect(mistakesOf(dummy('test_3: () => 0'))[0]).toEqual([
      'TSCC2004',
      'test_3',
      'bpf_dummy_ops has no callback test_3',
      'did you mean test_1, test_2?',
    ])
  })
})

describe('names and data', () => {
  test('the member that names a value is the type’s own', () => {
    const long = 'x'.repeat(16)
    const callbacks = `enqueue(skb, sch, to_free) { bpf_qdisc_skb_drop(skb, to_free); return 1 }, dequeue: () => null, ${rest}`
    expect(mistakesOf(qdisc(`id: '${long}', ${callbacks}`))[0]?.[2]).toBe(
      `${long}: 1 to 15 of A-Z a-z 0-9 _ . are what the kernel takes`,
    )
    expect(mistakesOf(qdisc(callbacks))[0]?.[2]).toBe('id: every algorithm has one')
    expect(compile(qdisc(`id: 'mine', ${callbacks}`)).object?.structOps[0]?.name).toBe('mine')
    expect(compile(dummy('test_1: () => 0')).object?.structOps[0]?.name).toBe('bpf_dummy_ops')
  })

  test('a scheduler’s name may be longer than a map’s', () => {
    const { object, diagnostics } = compile(sched('').replace("'mine'", `'${'a'.repeat(100)}'`))
    expect(diagnostics).toEqual([])
    expect(new TextDecoder().decode(object?.structOps[0]?.data)).toContain('a'.repeat(100))
  })

  test('numbers of 64 bits, of enums too', () => {
    const { object, diagnostics } = compile(sched('flags: SCX_OPS_ENQ_LAST, timeout_ms: 5000', 'SCX_OPS_ENQ_LAST, '))
    expect(diagnostics).toEqual([])
    const [ops] = object?.structOps ?? []
    const data = new DataView(ops?.data.buffer ?? new ArrayBuffer(0), ops?.data.byteOffset)
    const found = Array.from({ length: data.byteLength / 4 }, (_, i) => data.getUint32(4 * i, true))
    expect(found).toEqual(expect.arrayContaining([2, 5000]))
  })
})

describe('sleeping', () => {
  test('is for callbacks that are declared so', () => {
    const init = (how: string): string => sched(`init: ${how}`, 'scx_bpf_create_dsq, ')
    expect(mistakesOf(init('() => scx_bpf_create_dsq(0, -1)'))).toEqual([
      [
        'TSCC2404',
        'scx_bpf_create_dsq',
        'scx_bpf_create_dsq may sleep, and init must not',
        'init: sleepable(…), where the kernel lets that callback sleep',
      ],
    ])
    const { object, diagnostics } = compile(init('sleepable(() => scx_bpf_create_dsq(0, -1))'))
    expect(diagnostics).toEqual([])
    expect(object?.functions.map(({ section }) => section)).toEqual(['struct_ops.s/sched_ext_ops/init'])
  })

  test('is refused where the kernel never lets it', () => {
    const [mistake] = mistakesOf(sched('tick: sleepable(() => {})'))
    expect(mistake?.slice(0, 3)).toEqual(['TSCC2405', 'sleepable', 'the kernel calls tick where nothing may sleep'])
    expect(mistakesOf(dummy('test_1: sleepable(() => 0)'))[0]?.[3]).toBe('these may: test_sleepable')
  })
})

test('constants beyond 32 bits are whole', () => {
  const text = sched('running(p) { p.scx.slice = SCX_SLICE_INF }', 'SCX_SLICE_INF, ')
  const { object, diagnostics } = compile(text)
  expect(diagnostics).toEqual([])
  const [code] = object?.functions.map((f) => f.code) ?? []
  const wide =
    Array.from(code ?? [])
      .join()
      .includes('24,') && (code?.filter((byte) => byte === 255).length ?? 0) >= 8
  expect(wide).toBe(true)
})

describe('of a kernel function, what points to a number', () => {
  const select = (before: string, last: string, imports = ''): string =>
    sched(
      `select_cpu(p, prev, flags) { ${before}; return scx_bpf_select_cpu_dfl(p, prev, flags, ${last}) }`,
      `scx_bpf_select_cpu_dfl, `,
    ).replace('sleepable,', `${imports}type bool, type FixedArray, type u32,`)
  const wrong = (found: string, marked: string): readonly string[] => [
    'TSCC2101',
    marked,
    `expected FixedArray<bool, 1>, found ${found}`,
    'a local one: const out: FixedArray<bool, 1> = [false]',
  ]

  test('is an array’s first, a value of a map, or null', () => {
    expect(mistakesOf(select('const idle: FixedArray<bool, 1> = [false]', 'idle'))).toEqual([])
    expect(mistakesOf(select('', 'null'))).toEqual([])
    const found = 'const found = values.lookup(0); if (found === null) return prev'
    const values = (type: string): string => `const values = array<${type}>(1)\nexport default`
    const lookup = (type: string, before = found): string =>
      select(before, 'found', 'array, ').replace('export default', values(type))
    expect(mistakesOf(lookup('bool'))).toEqual([])
    expect(mistakesOf(lookup('FixedArray<bool, 4>'))).toEqual([])
    expect(mistakesOf(lookup('bool', 'const found = values.lookup(0)')).map(([code]) => code)).toEqual(['TSCC2107'])
    expect(mistakesOf(lookup('u32'))).toEqual([wrong('a pointer to u32', 'found')])
  })

  test('is of the width that the kernel writes, and where it can', () => {
    expect(mistakesOf(select('', '1'))).toEqual([wrong('a number', '1')])
    expect(mistakesOf(select('const idle: FixedArray<u32, 1> = [0]', 'idle'))).toEqual([
      wrong('FixedArray<u32, 1>', 'idle'),
    ])
    expect(mistakesOf(select('const idle: bool = false', 'idle'))).toEqual([wrong('bool', 'idle')])
    const constant = select('', 'off.value', 'tunable, ').replace(
      'export default',
      'const off = tunable<FixedArray<bool, 2>>([true, false])\nexport default',
    )
    expect(mistakesOf(constant)).toEqual([wrong('a tunable', 'off.value')])
  })

  test('is read anew behind the call', () => {
    const idle = 'const idle: FixedArray<bool, 1> = [false]'
    const use = `${idle}; const cpu = scx_bpf_select_cpu_dfl(p, prev, flags, idle); if (idle[0]) return 3; return cpu`
    const { object, diagnostics } = compile(
      sched(`select_cpu(p, prev, flags) { ${use} }`, 'scx_bpf_select_cpu_dfl, ').replace(
        'sleepable,',
        'type bool, type FixedArray,',
      ),
    )
    expect(diagnostics).toEqual([])
    const insns = decode(object?.functions[0]?.code ?? new Uint8Array())
    const call = insns.findIndex(({ kind }) => kind === 'callFunc')
    const touches = (kind: string, part: typeof insns): boolean =>
      part.some((insn) => insn.kind === kind && insnText(insn).includes('r10'))
    expect([touches('store', insns.slice(0, call)), touches('load', insns.slice(call))]).toEqual([true, true])
  })
})

test('a program sees one part of the kernel', () => {
  const two = `import type { Qdisc } from '@tscc/vmlinux/Qdisc_ops'\n${sched('')}`
  expect(mistakesOf(two).map(([code, marked]) => [code, marked])).toEqual([
    ['TSCC2007', "'@tscc/vmlinux/sched_ext_ops'"],
    ['TSCC2003', 'sched_ext_ops'],
  ])
  expect(mistakesOf(`import type { X } from '@tscc/vmlinux/nothing_ops'\n`)[0]?.slice(0, 2)).toEqual([
    'TSCC2007',
    "'@tscc/vmlinux/nothing_ops'",
  ])
})
