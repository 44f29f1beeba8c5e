import { compile } from '@tscc/compiler'
import { describe, expect, test } from 'vitest'
import { mistakesOf } from './mistakes.ts'

// Memory that a kernel function gives, as large as an argument says: its caller says what is in it.

const loop = (
  statements: string,
  { before = '', how = 'sleepable' } = {},
): string => `import { type FixedArray, global, sizeof, sleepable, structOps, type u8, type u32, type u64 } from '@tscc/bpf'
import { bpf_io_uring_get_region, bpf_io_uring_submit_sqes, IOU_LOOP_CONTINUE, IOU_LOOP_STOP, IOU_REGION_CQ, type io_uring_bpf_ops } from '@tscc/vmlinux/io_uring_bpf_ops'
interface Queues { head: u32; tail: u32; more: FixedArray<u32, 6> }
export const seen = global<u32>(0)
${before}
export default structOps<io_uring_bpf_ops>({ loop_step${how === '' ? '(ctx, lp)' : `: ${how}((ctx, lp) =>`} { ${statements} }${how === '' ? '' : ')'} })
`
const region = (type: string, size: string): string =>
  loop(`const memory = bpf_io_uring_get_region${type}(ctx, IOU_REGION_CQ, ${size})
if (memory === null) return IOU_LOOP_STOP
return IOU_LOOP_CONTINUE`)

describe('memory of a kernel function', () => {
  test('is read and written as what it is said to be, once it is known to be there', () => {
    const use = `const queues = bpf_io_uring_get_region<Queues>(ctx, IOU_REGION_CQ, sizeof<Queues>())
if (queues === null) return IOU_LOOP_STOP
seen.value = queues.tail - queues.head + queues.more[5]
queues.more[seen.value & 3] = 7
return IOU_LOOP_CONTINUE`
    expect(mistakesOf(loop(use))).toEqual([])
    expect(mistakesOf(loop('seen.value = bpf_io_uring_get_region<Queues>(ctx, 1, 32).tail; return 0'))[0]).toEqual([
      'TSCC2107',
      'bpf_io_uring_get_region<Queues>(ctx, 1, 32)',
      'bpf_io_uring_get_region<Queues>(ctx, 1, 32) may be null',
      'const found = bpf_io_uring_get_region<Queues>(ctx, 1, 32), then if (found === null) return',
    ])
  })

  test('may be bytes, and of a size that is larger than what is looked at', () => {
    expect(mistakesOf(region('<FixedArray<u8, 64>>', '64'))).toEqual([])
    expect(mistakesOf(region('<Queues>', '4096'))).toEqual([])
    const size = 'const SIZE: u32 = 8 * 16'
    expect(mistakesOf(loop('bpf_io_uring_get_region<Queues>(ctx, 0, SIZE); return 0', { before: size }))).toEqual([])
  })

  test('needs a type that is memory, and a size that is a constant and enough', () => {
    expect(mistakesOf(region('', '8'))).toEqual([
      [
        'TSCC2106',
        'bpf_io_uring_get_region',
        'bpf_io_uring_get_region needs a type',
        'bpf_io_uring_get_region<Words>(…), with an interface Words',
      ],
    ])
    expect(mistakesOf(region('<u32>', '8'))).toEqual([
      ['TSCC2101', 'u32', 'expected an interface or a FixedArray, found u32'],
    ])
    expect(mistakesOf(region('<Queues>', 'seen.value'))).toEqual([
      ['TSCC2101', 'seen.value', 'expected a constant, found a size that is known only later'],
    ])
    expect(mistakesOf(region('<Queues>', '31'))).toEqual([
      ['TSCC2311', '31', 'Queues has 32 bytes, there is room for 31'],
    ])
  })
})

describe('io_uring_bpf_ops', () => {
  test('needs its one callback, which may sleep to submit', () => {
    expect(mistakesOf(loop('return 0').replace(/loop_step: .*/, '})'))[0]?.slice(0, 3)).toEqual([
      'TSCC2206',
      'structOps',
      'io_uring_bpf_ops needs loop_step',
    ])
    const submit = 'bpf_io_uring_submit_sqes(ctx, 1); return 0'
    expect(mistakesOf(loop(submit))).toEqual([])
    expect(mistakesOf(loop(submit, { how: '' }))[0]?.slice(0, 2)).toEqual(['TSCC2404', 'bpf_io_uring_submit_sqes'])
  })

  test('arguments have the names of the kernel, in whatever order', () => {
    const swapped = loop('').replace(/\(\(ctx, lp\) => .*/, '((lp, ctx) => { lp.cq_wait_idx = 3; return 0 }) })')
    expect(mistakesOf(swapped)).toEqual([])
  })

  test('a descriptor can be data; what is made of it is the value’s own name', () => {
    const text = loop('return IOU_LOOP_STOP').replace('loop_step:', 'ring_fd: 7, loop_step:')
    const { object, diagnostics } = compile(text)
    expect(diagnostics).toEqual([])
    const [ops] = object?.structOps ?? []
    expect(ops?.name).toBe('io_uring_bpf_ops')
    expect(ops?.data.includes(7)).toBe(true)
    expect(object?.functions.map(({ section }) => section)).toEqual(['struct_ops.s/io_uring_bpf_ops/loop_step'])
  })
})

test('constants of enums without a name are numbers, of whatever type is wanted', () => {
  const wide =
    'const stop: u64 = IOU_LOOP_STOP; if (seen.value === stop) return IOU_LOOP_STOP; return IOU_LOOP_CONTINUE'
  expect(mistakesOf(loop(wide))).toEqual([])
})
