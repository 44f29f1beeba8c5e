import { findType } from '@tscc/btf'
import { type LinkedProgram, linkObject } from '@tscc/object'
import { testRun } from '@tscc/syscall'
import { describe, expect, test } from 'vitest'
import {
  asU32,
  files,
  kernel,
  load,
  packet,
  readBeside,
  ready,
  setElement,
  since,
  target,
  u32,
  u64,
} from './support.ts'

const run = (program: { readonly fd: number }, size = 64): number =>
  testRun(kernel, program, { data: packet(size) }).returnValue

describe.skipIf(!ready)('variables, subprograms and callbacks', () => {
  test('data sections hold what was written in the source, and what programs write', () => {
    using loaded = load('code', { programs: ['use_variables'] })
    expect(loaded.variable('start')).toBe(40)
    expect(run(loaded.program('use_variables'))).toBe(2 + 8)
    expect(run(loaded.program('use_variables'))).toBe(2 + 8)
    expect(loaded.variable('start')).toBe(42)
    expect(loaded.variable('total')).toBe(43n + 44n)
    expect(loaded.variable('hidden_total')).toBe(43n + 87n)
    expect(loaded.variable('other_bss')).toBe(3000)
    expect(loaded.variable('table')).toEqual([1, 2, 4, 8, 16, 32, 64, 128])
  })

  test('variables can be given other values first, constants too', () => {
    using loaded = load('code', {
      programs: ['use_variables'],
      variables: { start: 1, factor: 9, other_data: 7, hidden: 100 },
    })
    expect(run(loaded.program('use_variables'))).toBe(100 + 8)
    expect(loaded.variable('total')).toBe(10n)
    expect(loaded.variable('other_bss')).toBe(2007)
  })

  test('static, global, weak and hidden subprograms', () => {
    using loaded = load('code', { programs: ['use_subprograms'] })
    expect(run(loaded.program('use_subprograms'), 64)).toBe((2 * 64 + 2) * 3 + 1 + 64)
    expect(run(loaded.program('use_subprograms'), 100)).toBe((2 * 100 + 2) * 3 + 1 + 64)
  })

  test.skipIf(!since('5.13'))('a callback for each element of a map', () => {
    using loaded = load('code', { programs: ['use_callback'] })
    for (const key of [70, 80, 90]) setElement(loaded, 'prices', u32(key), u64(BigInt(key) * 1000n))
    expect(run(loaded.program('use_callback'), 64)).toBe(3)
    expect(loaded.variable('keys_sum')).toBe(240n)
    expect(loaded.variable('values_sum')).toBe(240_000n)
    // The callback stops at the key that is the packet's length.
    const visited = run(loaded.program('use_callback'), 80)
    expect(visited).toBeGreaterThanOrEqual(1)
    expect(visited).toBeLessThanOrEqual(3)
  })

  test.skipIf(!since('5.17'))(
    'a program with a question mark is loaded when it is asked for, with the callback of bpf_loop',
    () => {
      expect(linkObject(readBeside('code'), target()).programs.map(({ name }: LinkedProgram) => name)).not.toContain(
        'use_loop',
      )
      using loaded = load('code', { programs: ['use_loop'] })
      expect(testRun(kernel, loaded.program('use_loop')).returnValue).toBe(4950)
    },
  )
})

/** Linux lists data in /proc/kallsyms with CONFIG_KALLSYMS_ALL; its BTF has variables since pahole writes them. */
const listsVariables =
  ready &&
  / bpf_prog_active$/m.test(files.symbols() ?? '') &&
  findType(target().btf, 'bpf_prog_active', 'var') !== undefined

const config = ready ? files.config() : undefined
const setting = (key: string): string | undefined => new RegExp(`^${key}=(.*)$`, 'm').exec(config ?? '')?.[1]

describe.skipIf(!ready)('what the kernel provides', () => {
  test.skipIf(config === undefined)('its configuration and version', () => {
    using loaded = load('kernel', { programs: ['read_config'] })
    run(loaded.program('read_config'))
    expect(loaded.variable('version')).toBe(files.version())
    expect(loaded.variable('hertz')).toBe(Number(setting('CONFIG_HZ')))
    expect(loaded.variable('syscall_y')).toBe(1)
    expect(loaded.variable('jit')).toBe({ y: 1, m: 2 }[setting('CONFIG_BPF_JIT') ?? 'n'] ?? 0)
    expect(loaded.variable('hostname')).toBe(JSON.parse(setting('CONFIG_DEFAULT_HOSTNAME') ?? '""').slice(0, 15))
    expect(loaded.variable('missing')).toBe(0)
  })

  test('addresses of its symbols; zero for weak ones that it lacks', () => {
    using loaded = load('kernel', { programs: ['read_symbols'] })
    testRun(kernel, loaded.program('read_symbols'))
    const listed = /^([0-9a-f]+) T tcp_v4_connect$/m.exec(files.symbols() ?? '')?.[1]
    expect(loaded.variable('address')).toBe(BigInt(`0x${listed}`))
    expect(loaded.variable('no_address')).toBe(0n)
    expect(loaded.variable('no_variable')).toBe(0n)
  })

  test.skipIf(!listsVariables)('its variables, by type', () => {
    using loaded = load('kernel', { programs: ['read_variable'] })
    testRun(kernel, loaded.program('read_variable'))
    expect(loaded.variable('found')).toBeGreaterThanOrEqual(1n)
  })

  test.skipIf(!since('6.2'))('its functions, from a syscall program; a member found by name', () => {
    using loaded = load('kernel', { programs: ['find_task'] })
    const ask = (pid: number) => testRun(kernel, loaded.program('find_task'), { context: u32(pid, 0, 0, 0) })
    expect(ask(process.pid).returnValue).toBe(0)
    expect(asU32(ask(process.pid).context)).toEqual([process.pid, process.pid, 1, 5])
    expect(ask(0x3fffff).returnValue).toBe(1)
  })

  test.skipIf(!since('6.4'))('its functions, from a tc program', () => {
    using loaded = load('kernel', { programs: ['read_slice'] })
    expect(run(loaded.program('read_slice'))).toBe((14 << 8) | 17)
    expect(run(loaded.program('read_slice'), 15)).toBe(1)
  })

  test.skipIf(!since('6.6'))('a list in a data section of its own, guarded by a lock there', () => {
    using loaded = load('owned')
    expect(run(loaded.program('use_list'))).toBe(4321)
  })
})
