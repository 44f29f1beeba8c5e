import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { linkObject, linkTarget, readObject } from '@tscc/object'
import {
  findStructOps,
  hostResolver,
  registerStructOps,
  renameStructOps,
  structOpsOf,
  unregisterStructOps,
} from '@tscc/struct-ops/kernel'
import { hostKernel, kernelFiles, loadPlan, openProgramById, programCode } from '@tscc/syscall'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { transfer } from './loopback.ts'

const sources = fileURLToPath(new URL('../../../bench/baseline/', import.meta.url))

const variants = ['reno', 'vegas'].flatMap((algorithm) =>
  ['v1', 'v2', 'v3'].flatMap((cpu) =>
    ['', '-DBPF_NO_PRESERVE_ACCESS_INDEX', '-DCC_KFUNC'].map((define) => ({ algorithm, cpu, define })),
  ),
)

describe.skipIf(!needs('struct_ops_link', 'bpf_ids', 'clang', 'bpftool', 'libbpf'))('objects that clang made', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tscc-clang-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  beforeAll(() => {
    const header = execFileSync('bpftool', ['btf', 'dump', 'file', '/sys/kernel/btf/vmlinux', 'format', 'c'], {
      maxBuffer: 1 << 28,
    })
    writeFileSync(join(folder, 'vmlinux.h'), header)
  })

  /** Compile with a name of its own for the congestion control, so that runs side by side do not meet. */
  const compile = (algorithm: string, cpu: string, define: string, name: string): Uint8Array => {
    const out = join(folder, `${name}.bpf.o`)
    const source = readFileSync(`${sources}${algorithm}.bpf.c`, 'utf8').replace(/CC_NAME\("\w+"\)/, `"${name}"`)
    const file = join(folder, `${name}.bpf.c`)
    writeFileSync(file, source)
    const flags = ['-target', 'bpf', '-O2', '-g', `-mcpu=${cpu}`, '-D__TARGET_ARCH_x86', '-Wno-everything']
    const defines = define === '' ? [] : [define]
    execFileSync('clang', [...flags, ...defines, '-I', folder, '-I', sources, '-c', file, '-o', out], { stdio: 'pipe' })
    return new Uint8Array(readFileSync(out))
  }
  const kernel = hostKernel()
  const target = linkTarget(kernelFiles(kernel), hostResolver(kernel).btf())

  /** What the kernel holds of each callback once the verifier is done with it. */
  const rewritten = (programs: Readonly<Record<string, number>>): Readonly<Record<string, string>> =>
    Object.fromEntries(
      Object.entries(programs).map(([callback, id]) => {
        using program = openProgramById(kernel, id)
        if (program === undefined) throw new Error(`program ${id} is gone`)
        return [callback, Buffer.from(programCode(kernel, program.fd)).toString('hex')]
      }),
    )

  test.each(variants)('$algorithm -mcpu=$cpu $define: the same code as by libbpf', ({ algorithm, cpu, define }) => {
    const name = `cl_${process.pid % 100000}_${variants.findIndex((v) => v.algorithm === algorithm && v.cpu === cpu && v.define === define)}`
    const bytes = compile(algorithm, cpu, define, name)
    execFileSync('bpftool', ['struct_ops', 'register', join(folder, `${name}.bpf.o`)], { stdio: 'pipe' })
    const record = findStructOps(kernel, name)
    const theirs = rewritten(record.programs)
    unregisterStructOps(kernel, record)
    expect(Object.keys(theirs).length).toBeGreaterThan(2)

    const linked = linkObject(readObject(bytes), target)
    using loaded = loadPlan(kernel, linked)
    const [ops] = structOpsOf(linked, loaded)
    if (ops === undefined) throw new Error('no struct_ops')
    using registration = registerStructOps(kernel, ops)
    expect(registration.by).toBe('link')
    const ours = rewritten(findStructOps(kernel, registration.mapId).programs)
    expect(ours).toEqual(theirs)
  })

  test('one with CO-RE carries traffic, and is registered under another name when asked', async () => {
    const linked = linkObject(readObject(compile('vegas', 'v3', '', `cl_t${process.pid % 100000}`)), target)
    using loaded = loadPlan(kernel, linked)
    const [ops] = structOpsOf(linked, loaded)
    if (ops === undefined) throw new Error('no struct_ops')
    const name = `cl_r${process.pid % 100000}`
    using registration = registerStructOps(kernel, renameStructOps(ops, name))
    loaded.close()
    expect(registration.name).toBe(name)
    expect(await transfer(kernel, name, 1 << 20)).toEqual({ arrived: 1 << 20, cc: name })
    expect(() => renameStructOps(ops, 'a-name-that-is-too-long')).toThrow(/must be 1 to 15/)
  })
})
