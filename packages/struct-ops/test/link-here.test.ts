import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { reno } from '@tscc/algos'
import { linkObject, linkTarget, readObject, writeObject } from '@tscc/object'
import { linkHere } from '@tscc/struct-ops/kernel'
import { specToObject } from '@tscc/struct-ops/object'
import { hostKernel, kernelFiles } from '@tscc/syscall'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'

describe.skipIf(!needs('linux', 'btf', 'bpf'))('linking to the running kernel', () => {
  let cache = ''
  const before = process.env.XDG_CACHE_HOME
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), 'tscc-link-'))
    process.env.XDG_CACHE_HOME = cache
  })
  afterEach(() => {
    rmSync(cache, { recursive: true })
    if (before === undefined) delete process.env.XDG_CACHE_HOME
    else process.env.XDG_CACHE_HOME = before
  })
  const kept = (): readonly string[] =>
    (existsSync(join(cache, 'tscc')) ? readdirSync(join(cache, 'tscc')) : []).filter((name) => name.startsWith('link-'))
  const kernel = hostKernel()
  const bytes = writeObject(specToObject(reno('lh_reno')))

  test('gives what the linker gives, also when it was kept', async () => {
    const { resolved: _, dependsOnModules, ...wanted } = linkObject(readObject(bytes), linkTarget(kernelFiles(kernel)))
    expect(dependsOnModules).toBe(false)
    expect(await linkHere(kernel, bytes)).toMatchObject(wanted)
    const [name = ''] = kept()
    expect(kept()).toHaveLength(1)
    expect(await linkHere(kernel, bytes)).toEqual(wanted)
    // It is the file that answers.
    const path = join(cache, 'tscc', name)
    writeFileSync(path, Buffer.from(readFileSync(path, 'latin1').replaceAll('lh_reno', 'lh_othe'), 'latin1'))
    expect((await linkHere(kernel, bytes)).structOps[0]?.name).toBe('lh_othe')
    expect((await linkHere(kernel, bytes, { cache: false })).structOps[0]?.name).toBe('lh_reno')
  })

  test('other content and other wishes are other results', async () => {
    await linkHere(kernel, bytes)
    await linkHere(kernel, bytes, { programs: 'struct_ops' })
    await linkHere(kernel, bytes, { structOps: [] })
    await linkHere(kernel, writeObject(specToObject(reno('lh_other'))))
    expect(kept()).toHaveLength(4)
  })

  test('a linker of another build links anew', async () => {
    await linkHere(kernel, bytes)
    const entry = new URL('../src/kernel/link-here.ts', import.meta.url)
    const { atime, mtime } = statSync(entry)
    utimesSync(entry, atime, new Date(mtime.getTime() - 5000))
    try {
      await linkHere(kernel, bytes)
    } finally {
      utimesSync(entry, atime, mtime)
    }
    expect(kept()).toHaveLength(2)
  })

  test('a damaged file is no answer', async () => {
    const linked = await linkHere(kernel, bytes)
    const [name = ''] = kept()
    writeFileSync(join(cache, 'tscc', name), 'damaged')
    expect((await linkHere(kernel, bytes)).programs).toEqual(linked.programs)
  })

  test('nothing is kept where modules have a part in it', async () => {
    const object = new URL('../../../conformance/kernels/suites/objects/c_reno.bpf.o', import.meta.url)
    await linkHere(kernel, new Uint8Array(readFileSync(object)))
    expect(kept()).toEqual([])
  })
})
