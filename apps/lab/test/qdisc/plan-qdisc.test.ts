import { parsePath } from '@tscc/experiment'
import { type BpfObject, withVariables } from '@tscc/object'
import { expect, test } from 'vitest'
import { labErrors } from '../../src/lab-errors.ts'
import { planQdisc } from '../../src/qdisc/plan-qdisc.ts'
import { compileExample } from './programs.ts'

const netem = compileExample('qdisc-ops/netem.bpf.ts')

function refusal(object: BpfObject, path: string): unknown {
  try {
    return planQdisc(object, 'it', parsePath(path))
  } catch (error) {
    return labErrors.is(error) ? { code: error.code, message: error.message, ...Object(error.context) } : error
  }
}

/** The program without some of its tunables. */
function without(...names: readonly string[]): BpfObject {
  const kept = ({ name }: { readonly name: string }) => !names.includes(name)
  return { ...netem, maps: netem.maps.map((map) => ({ ...map, variables: map.variables.filter(kept) })) }
}

test('a path as tunables: all of it for the data, the delay for what comes back', () => {
  expect(planQdisc(netem, 'it', parsePath('10mbit 20ms 1bdp 1%'))).toEqual({
    data: { rate: 10_000_000n, buffer: 25_000n, delay: 10_000_000n, loss: 42_949_673n },
    acknowledgements: { delay: 10_000_000n },
  })
  expect(planQdisc(netem, 'it', parsePath('1.5mbit 1us 30kB 100%'))).toEqual({
    data: { rate: 1_500_000n, buffer: 30_000n, delay: 500n, loss: 0xffff_ffffn },
    acknowledgements: { delay: 500n },
  })
})

test('what the path does not have is not asked for', () => {
  const plan = { data: { rate: 10_000_000n, buffer: 30_000n } }
  expect(planQdisc(netem, 'it', parsePath('10mbit 0ms 30kB'))).toEqual(plan)
  expect(planQdisc(without('delay', 'loss', 'limit'), 'it', parsePath('10mbit 0ms 30kB'))).toEqual(plan)
})

test.each([
  ['rate', '10mbit 0ms 30kB'],
  ['buffer', '10mbit 0ms 30kB'],
  ['delay', '10mbit 20ms'],
  ['loss', '10mbit 0ms 30kB 1%'],
])('without the tunable %s it is refused', (name, path) => {
  expect(refusal(without(name), path)).toMatchObject({
    code: 'lab/qdisc-tunable',
    name,
    message: expect.stringMatching(`^it: has no tunable ${name} \\(u(32|64), .*\\), which the path has$`),
  })
})

test('a variable that the program changes is no tunable', () => {
  const maps = netem.maps.map((map) => (map.kind === 'rodata' ? { ...map, kind: 'data' as const } : map))
  expect(refusal({ ...netem, maps }, '10mbit 20ms')).toMatchObject({ code: 'lab/qdisc-tunable', name: 'rate' })
})

test('a FIFO makes no path', () => {
  expect(refusal(compileExample('qdisc-ops/fifo.bpf.ts'), '10mbit 20ms')).toMatchObject({
    code: 'lab/qdisc-tunable',
    ...{ name: 'rate', type: 'u64', unit: 'bits per second' },
  })
})

test('no more packets than its limit', () => {
  // 100 full frames on their way, and 100 in the buffer
  const path = '12.112mbit 200ms 151400B'
  expect(refusal(withVariables(netem, { limit: 199 }), path)).toMatchObject({
    code: 'lab/qdisc-limit',
    ...{ label: 'it', limit: 199, needed: 200 },
  })
  expect(refusal(withVariables(netem, { limit: 200 }), path)).toMatchObject({ data: { buffer: 151_400n } })
  expect(refusal(without('limit'), '10gbit 1s')).toMatchObject({ data: { rate: 10_000_000_000n } })
})

test('no qdisc in BPF can set CE', () => {
  expect(refusal(netem, '10mbit 20ms ecn 20kB')).toMatchObject({
    code: 'lab/qdisc-ecn',
    threshold: 20_000,
    message: expect.stringContaining('the kernel lets no qdisc in BPF write packets'),
  })
})

test('only one Qdisc_ops makes a link', () => {
  const dummy = compileExample('bpf-dummy-ops/dummy.bpf.ts')
  expect(refusal(dummy, '10mbit 20ms')).toMatchObject({ code: 'lab/not-qdisc', found: 'bpf_dummy_ops' })
  expect(refusal({ ...netem, structOps: [] }, '10mbit 20ms')).toMatchObject({
    code: 'lab/not-qdisc',
    found: 'no struct_ops',
  })
  const two = { ...netem, structOps: [...netem.structOps, ...netem.structOps] }
  expect(refusal(two, '10mbit 20ms')).toMatchObject({ code: 'lab/not-qdisc', found: 'Qdisc_ops, Qdisc_ops' })
})
