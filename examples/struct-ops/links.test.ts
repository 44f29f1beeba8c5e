import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseBtf } from '@tscc/btf'
import { compileFile } from '@tscc/compiler/node'
import { linkObject } from '@tscc/object'
import { describe, expect, test } from 'vitest'

// Every example compiles, and links to the part of each kernel that has its type; the matrix runs them.

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const fixtures = (type: string): string => here(`../../packages/vmlinux/fixtures/${type}`)

const programs = [
  ['bpf-dummy-ops/dummy.bpf.ts', 'bpf_dummy_ops'],
  ['io-uring-ops/pool.bpf.ts', 'io_uring_bpf_ops'],
  ['qdisc-ops/fifo.bpf.ts', 'Qdisc_ops'],
  ['qdisc-ops/netem.bpf.ts', 'Qdisc_ops'],
  ['sched-ext-ops/fifo.bpf.ts', 'sched_ext_ops'],
  ['sched-ext-ops/vtime.bpf.ts', 'sched_ext_ops'],
] as const

describe.each(programs)('%s', (path, type) => {
  const { object, diagnostics } = compileFile(here(path))

  test('compiles', () => {
    expect(diagnostics).toEqual([])
  })

  // Debian's BTF of 7.1 shows an argument of kernel functions that the verifier fills in: no program has a prototype with it.
  const odd = type === 'sched_ext_ops' ? '7.1.' : '-'
  test.each(readdirSync(fixtures(type)).filter((kernel) => !kernel.startsWith(odd)))('links to %s', (kernel) => {
    if (object === undefined) throw new Error('it does not compile')
    const btf = parseBtf(readFileSync(`${fixtures(type)}/${kernel}`))
    const [ops] = linkObject(object, { btf }).structOps
    expect(ops?.layout.type).toBe(type)
    // Debian's 6.1 has a bpf_dummy_ops without test_sleepable
    const absent = kernel.startsWith('6.1.') ? ['test_sleepable'] : []
    expect(ops?.dropped.map(({ callback }) => callback)).toEqual(absent)
  })
})
