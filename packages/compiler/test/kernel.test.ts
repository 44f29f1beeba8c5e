import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseBtf } from '@tscc/btf'
import { type BpfObject, linkObject, linkTarget, readObject, writeObject } from '@tscc/object'
import { registerStructOps, renameStructOps, structOpsOf } from '@tscc/struct-ops/kernel'
import { hostKernel, kernelFiles, loadPlan } from '@tscc/syscall'
import { describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { transfer } from '../../struct-ops/test/loopback.ts'
import { compiledFile } from './compiled.ts'

const fixtures = ['5.10', '6.1', '6.12', '6.18', '7.0', '7.3']
const fixture = (kernel: string) =>
  parseBtf(new Uint8Array(readFileSync(new URL(`../../object/fixtures/btf/tcp-${kernel}.btf`, import.meta.url))))

const programs = ['../../../bench/programs/reno', '../../../bench/programs/vegas', 'programs/reno', 'programs/vegas']

const compiled = (name: string): BpfObject => compiledFile(fileURLToPath(new URL(`${name}.bpf.ts`, import.meta.url)))

test.each(programs)('%s links to every kernel, and the same text gives the same bytes', (name) => {
  const object = compiled(name)
  for (const kernel of fixtures) {
    const linked = linkObject(object, { btf: fixture(kernel) }, { untold: 'zero' })
    expect(linked.programs.map((program) => program.name)).toEqual(object.functions.map((f) => f.name))
  }
  expect(writeObject(compiled(name))).toEqual(writeObject(object))
  expect(readObject(writeObject(object)).functions).toEqual(object.functions)
})

test.each([
  // clang 14 -O2 -mcpu=v3 of bench/baseline, without CO-RE: 63 and 252.
  ['reno', 63],
  ['vegas', 252],
])('%s is no longer than what clang makes of the same in C with the offsets of one kernel', (name, limit) => {
  const linked = linkObject(compiled(`../../../bench/programs/${name}`), { btf: fixture('6.18') })
  expect(linked.programs.reduce((sum, program) => sum + program.code.length / 8, 0)).toBeLessThanOrEqual(limit)
})

describe.skipIf(!needs('struct_ops_link'))('in the kernel', () => {
  test.each(programs)('%s carries traffic', async (name) => {
    const kernel = hostKernel()
    const linked = linkObject(compiled(name), linkTarget(kernelFiles(kernel)))
    using loaded = loadPlan(kernel, linked)
    const [ops] = structOpsOf(linked, loaded)
    if (ops === undefined) throw new Error('there is no struct_ops')
    const cc = `tsl_${name.replace(/.*\//, '')}_${process.pid % 10000}`
    using registration = registerStructOps(kernel, renameStructOps(ops, cc))
    expect(await transfer(kernel, registration.name, 1 << 21)).toEqual({ arrived: 1 << 21, cc })
  })
})
