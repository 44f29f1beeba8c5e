import { readFileSync } from 'node:fs'
import { algorithms } from '@tscc/algos'
import { parseBtf } from '@tscc/btf'
import { btfResolver, linkStructOps } from '@tscc/struct-ops'
import { tcpBtfFixture } from '@tscc/struct-ops/fixture'
import { hostResolver, registerStructOps } from '@tscc/struct-ops/kernel'
import { enableStats, hostKernel, openProgramById, programInfo } from '@tscc/syscall'
import { describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { transfer } from '../../struct-ops/test/loopback.ts'
import { generatedFile, generatedModule } from '../tools/generate.mjs'

const inSteps = algorithms.filter((algorithm) => algorithm.kind === 'steps')

test('what is generated is up to date', () => {
  expect(readFileSync(generatedFile, 'utf8')).toBe(generatedModule())
})

test('names are unique, and each spec takes the CC name it is given', () => {
  expect(new Set(algorithms.map((algorithm) => algorithm.name)).size).toBe(algorithms.length)
  for (const algorithm of inSteps) {
    expect(algorithm.spec('given').name).toBe('given')
    expect(algorithm.spec().name).toMatch(/^ts_\w{1,12}$/)
  }
  for (const algorithm of algorithms) expect(algorithm.source).not.toBe('')
})

test.each(inSteps)('$name links against the bundled BTF, the same bytes each time', (algorithm) => {
  const bytes = () =>
    linkStructOps(algorithm.spec(), btfResolver(parseBtf(tcpBtfFixture()))).programs.map((p) => [...p.bytes])
  expect(bytes()).toEqual(bytes())
  expect(bytes().length).toBeGreaterThanOrEqual(3)
})

test('those in the language give objects of their names', async () => {
  for (const algorithm of algorithms)
    if (algorithm.kind === 'language')
      expect((await algorithm.object()).structOps.map(({ name }) => name)).toEqual([`ts_${algorithm.name}`])
})

describe.skipIf(!needs('struct_ops'))('on this kernel', () => {
  const kernel = hostKernel()
  const resolver = hostResolver(kernel)

  test.each(inSteps)('$name carries 10 MB over loopback, and its callbacks run', async (algorithm) => {
    const linked = linkStructOps(algorithm.spec(`al${process.pid % 100000}_${algorithm.name.length}`), resolver)
    using registration = registerStructOps(kernel, linked)
    using _stats = enableStats(kernel)
    expect(await transfer(kernel, registration.name, 10_000_000)).toEqual({
      arrived: 10_000_000,
      cc: registration.name,
    })
    const runs = Object.fromEntries(
      registration.programs.map(({ callback, id }) => {
        using program = openProgramById(kernel, id)
        return [callback, program === undefined ? 0n : (programInfo(kernel, program.fd).run_cnt ?? 0n)]
      }),
    )
    expect(runs.cong_avoid).toBeGreaterThan(0n)
    for (const callback of ['init', 'in_ack_event', 'cwnd_event'])
      if (callback in runs) expect(runs[callback], callback).toBeGreaterThan(0n)
  })
})
