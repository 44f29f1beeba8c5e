import { readdirSync, readFileSync } from 'node:fs'
import { ecnCounter, reno, vegasStyle } from '@tscc/algos'
import { type Btf, findType, parseBtf } from '@tscc/btf'
import { type BpfObject, explainLink, linkObject, linkTarget, readObject, writeObject } from '@tscc/object'
import { btfResolver, linkStructOps } from '@tscc/struct-ops'
import { registerStructOps, structOpsOf } from '@tscc/struct-ops/kernel'
import { hostKernel, kernelFiles, loadPlan } from '@tscc/syscall'
import { describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { specToObject } from '../src/object.ts'
import { transfer } from './loopback.ts'

/** Algorithms in instructions. */
const algorithms = [
  { name: 'reno', spec: reno },
  { name: 'vegas-style', spec: vegasStyle },
  { name: 'ecn-counter', spec: ecnCounter },
] as const

const folder = new URL('../../object/fixtures/btf/', import.meta.url)
/** Kernels by their BTF. */
const kernels: readonly (readonly [string, Btf])[] = readdirSync(folder)
  .filter((name) => /^tcp-.*\.btf$/.test(name))
  .map((name) => [name, parseBtf(new Uint8Array(readFileSync(new URL(name, folder))))])
const hasStructOps = (btf: Btf): boolean => findType(btf, 'bpf_struct_ops_tcp_congestion_ops', 'struct') !== undefined

/** The object for those who do not prune. */
const asWritten = (object: BpfObject): BpfObject => ({
  ...object,
  functions: object.functions.map(({ prunable: _, ...f }) => f),
})

test('all kernels here have struct_ops but the one for s390x', () => {
  expect(kernels.filter(([, btf]) => !hasStructOps(btf)).map(([name]) => name)).toEqual(['tcp-6.12-s390x.btf'])
})

describe.each(kernels.filter(([, btf]) => hasStructOps(btf)))('linked to %s', (_, btf) => {
  test.each(algorithms.map((one) => [one.name, one] as const))('%s is no longer than its spec', (_name, { spec }) => {
    const direct = linkStructOps(spec(), btfResolver(btf))
    const object = readObject(writeObject(specToObject(spec())))
    const linked = linkObject(object, { btf })
    const plain = linkObject(asWritten(object), { btf })
    expect(linked.programs.map(({ name }) => name)).toEqual(direct.programs.map(({ callback }) => callback))
    for (const [i, program] of linked.programs.entries()) {
      const before = plain.programs[i]
      expect(program.code.length, program.name).toBeLessThanOrEqual(direct.programs[i]?.bytes.length ?? 0)
      expect(program.code.length, program.name).toBeLessThanOrEqual(before?.code.length ?? 0)
      expect(program.funcInfo).toEqual(before?.funcInfo)
      expect(offsets(program.lineInfo)[0]).toBe(0)
      expect(offsets(program.lineInfo)).toEqual([...new Set(offsets(program.lineInfo))].sort((a, b) => a - b))
    }
    const said = explainLink(linked).filter(({ kind }) => kind === 'prune')
    const shorter = linked.programs.filter(({ code }, i) => code.length < (plain.programs[i]?.code.length ?? 0))
    expect(said.map((row) => row.function)).toEqual(shorter.map(({ name }) => name))
    expect(said.length).toBeGreaterThan(0)
    expect(explainLink(plain).filter(({ kind }) => kind === 'prune')).toEqual([])
  })
})

/** Slots that line records start at. */
function offsets(lineInfo: Uint8Array): readonly number[] {
  const view = new DataView(lineInfo.buffer, lineInfo.byteOffset, lineInfo.byteLength)
  return Array.from({ length: lineInfo.length / 16 }, (_, i) => view.getUint32(16 * i, true))
}

describe.skipIf(!needs('root', 'struct_ops', 'btf'))('on the running kernel', () => {
  const kernel = hostKernel()
  const target = linkTarget(kernelFiles(kernel))

  test.each(algorithms.map((one, i) => [one.name, one, i] as const))('%s carries traffic', async (_, { spec }, i) => {
    const linked = linkObject(specToObject(spec(`pr_${process.pid % 10000}_${i}`)), target)
    expect(linked.resolved.pruned.length).toBeGreaterThan(0)
    using loaded = loadPlan(kernel, linked)
    const [ops] = structOpsOf(linked, loaded)
    if (ops === undefined) throw new Error('no struct_ops')
    using registration = registerStructOps(kernel, ops)
    expect(await transfer(kernel, registration.name, 1 << 20)).toEqual({ arrived: 1 << 20, cc: registration.name })
  })
})
