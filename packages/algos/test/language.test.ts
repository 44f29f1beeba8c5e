import { readdirSync } from 'node:fs'
import { btfResolver, linkStructOps, type StructOpsSpec } from '@tscc/struct-ops'
import { hostResolver, registerStructOps } from '@tscc/struct-ops/kernel'
import { hostKernel } from '@tscc/syscall'
import { describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { transfer } from '../../struct-ops/test/loopback.ts'
import { compiled, fixtureTypes } from './compiled.ts'

const names = ['reno', 'vegas', 'dctcp', 'cubic', 'bbr', 'westwood'] as const
const fixtures = new URL('../../object/fixtures/btf/', import.meta.url)
// That of s390x is for the parser: big-endian, and without struct_ops.
const kernels = readdirSync(fixtures).filter((file) => file.startsWith('tcp-') && !file.includes('s390x'))

const specs = new Map(names.map((name) => [name, compiled(name)]))
const specOf = (name: (typeof names)[number]): StructOpsSpec => specs.get(name) ?? compiled(name)

test('each file is an algorithm that is tested here', () => {
  const found = readdirSync(new URL('../src/', import.meta.url)).filter((file) => file.endsWith('.bpf.ts'))
  expect(found.sort()).toEqual(names.map((name) => `${name}.bpf.ts`).sort())
})

describe.each(names)('%s', (name) => {
  const spec = specOf(name)

  test.each(kernels)('links to the kernel of %s', (file) => {
    const { programs, dropped } = linkStructOps(spec, btfResolver(fixtureTypes(file)))
    expect(dropped.map(({ callback }) => callback).filter((callback) => callback !== 'cwnd_event_tx_start')).toEqual([])
    expect(programs.length + dropped.length).toBe(Object.keys(spec.callbacks).length)
  })

  test('has the name that the kernel will know it by', () => {
    expect(spec.name).toBe(`ts_${name}`)
  })
})

test('DCTCP asks for ECN, the others do not', () => {
  const needsEcn = 2n
  for (const name of names) expect(specOf(name).data).toEqual(name === 'dctcp' ? { flags: needsEcn } : {})
})

describe.skipIf(!needs('struct_ops_link'))('on this kernel', () => {
  test.each(names)('%s is verified, registered and carries traffic', async (name) => {
    const kernel = hostKernel()
    const cc = `ta_${name}_${process.pid % 10000}`.slice(0, 15)
    using registration = registerStructOps(kernel, linkStructOps({ ...specOf(name), name: cc }, hostResolver(kernel)))
    expect(await transfer(kernel, registration.name, 1 << 22)).toEqual({ arrived: 1 << 22, cc })
  })
})
