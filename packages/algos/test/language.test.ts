import { readdirSync } from 'node:fs'
import { TCP_CONG_NEEDS_ECN } from '@tscc/bpf'
import { linkObject, linkTarget } from '@tscc/object'
import { registerStructOps, renameStructOps, structOpsOf } from '@tscc/struct-ops/kernel'
import { hostKernel, kernelFiles, loadPlan } from '@tscc/syscall'
import { describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { transfer } from '../../struct-ops/test/loopback.ts'
import { compiled, fixtureTypes } from './compiled.ts'

const names = ['reno', 'vegas', 'dctcp', 'cubic', 'bbr', 'westwood'] as const
const fixtures = new URL('../../object/fixtures/btf/', import.meta.url)
// That of s390x is for the parser: big-endian, and without struct_ops.
const kernels = readdirSync(fixtures).filter((file) => file.startsWith('tcp-') && !file.includes('s390x'))

test('each file is an algorithm that is tested here', () => {
  const found = readdirSync(new URL('../src/', import.meta.url)).filter((file) => file.endsWith('.bpf.ts'))
  expect(found.sort()).toEqual(names.map((name) => `${name}.bpf.ts`).sort())
})

describe.each(names)('%s', (name) => {
  const object = compiled(name)
  const [ops] = object.structOps

  test.each(kernels)('links to the kernel of %s', (file) => {
    const { structOps, programs } = linkObject(object, { btf: fixtureTypes(file) }, { untold: 'zero' })
    const dropped = structOps.flatMap((one) => one.dropped.map(({ callback }) => callback))
    expect(dropped.filter((callback) => callback !== 'cwnd_event_tx_start')).toEqual([])
    expect(programs.length + dropped.length).toBe(ops?.callbacks.length)
  })

  test('has the name that the kernel will know it by', () => {
    expect(ops?.name).toBe(`ts_${name}`)
  })
})

test('DCTCP asks for ECN, the others do not', () => {
  const flagsOf = (name: string): unknown => {
    const object = compiled(name)
    const linked = linkObject(object, { btf: fixtureTypes('tcp-6.18.btf') }, { untold: 'zero' }).structOps[0]
    const member = linked?.layout.members.find((one) => one.name === 'flags')
    return linked?.value[(linked.layout.dataOffset ?? 0) + (member?.offset ?? 0)]
  }
  for (const name of names) expect([name, flagsOf(name)]).toEqual([name, name === 'dctcp' ? TCP_CONG_NEEDS_ECN : 0])
})

describe.skipIf(!needs('struct_ops_link'))('on this kernel', () => {
  test.each(names)('%s is verified, registered and carries traffic', async (name) => {
    const kernel = hostKernel()
    const cc = `ta_${name}_${process.pid % 10000}`.slice(0, 15)
    const linked = linkObject(compiled(name), linkTarget(kernelFiles(kernel)))
    using loaded = loadPlan(kernel, linked)
    const [ops] = structOpsOf(linked, loaded)
    if (ops === undefined) throw new Error('there is no struct_ops')
    using registration = registerStructOps(kernel, renameStructOps(ops, cc))
    expect(await transfer(kernel, registration.name, 1 << 22)).toEqual({ arrived: 1 << 22, cc })
  })
})
