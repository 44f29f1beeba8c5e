import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { findType } from '@tscc/btf'
import { encode, exit, mov } from '@tscc/insn'
import { linkObject } from '@tscc/object'
import {
  createLink,
  loadProgram,
  mapInfo,
  openRawTracepoint,
  readIterator,
  syscallErrors,
  testRun,
} from '@tscc/syscall'
import { describe, expect, test } from 'vitest'
import { element, kernel, load, readBeside, ready, since, target, u32, u64, vmlinux } from './support.ts'

/** Whether the kernel takes programs at its functions at all: some are built or set up to refuse them, with EPERM for root. */
function takesFunctions(): boolean {
  if (!ready) return false
  const id = findType(vmlinux(), 'tcp_v4_connect', 'func')
  try {
    loadProgram(kernel, {
      type: 'BPF_PROG_TYPE_TRACING',
      expectedAttachType: 'BPF_TRACE_FENTRY',
      attachBtfId: id ?? 0,
      instructions: encode([mov('r0', 0), exit()]),
      license: 'GPL',
    }).close()
    return true
  } catch (error) {
    if (!syscallErrors.is(error, 'syscall/bpf') || error.context.name !== 'EPERM') throw error
    console.warn('skipped, this kernel refuses programs at functions (fentry, fexit) with EPERM')
    return false
  }
}

const functions = takesFunctions()

describe.skipIf(!ready)('tracing programs are linked', () => {
  test('to what their section names', () => {
    const { programs, resolved } = linkObject(readBeside('tracing'), target())
    const role = (wanted: string) => {
      const found = programs.find(({ name }) => name === wanted)
      return found && [found.type, found.expectedAttachType, found.attachBtfId]
    }
    const func = (name: string) => findType(vmlinux(), name, 'func')
    const [TRACING, FENTRY, FEXIT, MODIFY, RAW_TP, ITER] = [26, 24, 25, 26, 23, 28]
    expect(role('on_entry')).toEqual([TRACING, FENTRY, func('bpf_fentry_test1')])
    expect(role('on_exit')).toEqual([TRACING, FEXIT, func('bpf_fentry_test1')])
    expect(role('on_modify')).toEqual([TRACING, MODIFY, func('bpf_modify_return_test')])
    expect(role('on_new_task')).toEqual([TRACING, RAW_TP, findType(vmlinux(), 'btf_trace_task_newtask', 'typedef')])
    expect(role('list_tasks')).toEqual([TRACING, ITER, func('bpf_iter_task')])
    expect(resolved.attachments.map((one) => [one.function, one.target])).toContainEqual([
      'on_connect',
      'tcp_v4_connect',
    ])
  })
})

describe.skipIf(!functions)('programs at functions', () => {
  test('see arguments and results', () => {
    using loaded = load('tracing', { programs: ['on_entry', 'on_exit'] })
    {
      using _entry = openRawTracepoint(kernel, loaded.program('on_entry'))
      using _exit = openRawTracepoint(kernel, loaded.program('on_exit'))
      testRun(kernel, loaded.program('on_entry'))
      expect(loaded.variable('entered')).toBe(1n)
      expect(loaded.variable('left')).toBe(1n)
      expect([loaded.variable('argument'), loaded.variable('result')]).toEqual([1n, 2n])
    }
    // Detached with its descriptor.
    testRun(kernel, loaded.program('on_entry'))
    expect(loaded.variable('entered')).toBe(1n)
  })

  test.skipIf(!since('6.6'))('change results', () => {
    using loaded = load('tracing', { programs: ['on_modify'] })
    // The lower half is the sum of what the functions return: one adds 1 and 3, and there may be others.
    const sum = () => testRun(kernel, loaded.program('on_modify')).returnValue & 0xffff
    const before = sum()
    using _modify = openRawTracepoint(kernel, loaded.program('on_modify'))
    expect(sum()).toBe(before - (1 + 3) + 77)
    expect(loaded.variable('modified')).toBe(1n)
  })

  test('at tcp_v4_connect, with a socket of the kernel', async () => {
    const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo // it listens on a TCP port
    try {
      using loaded = load('tracing', { programs: ['on_connect'], variables: { watched: process.pid } })
      using _exit = openRawTracepoint(kernel, loaded.program('on_connect'))
      const client = connect(port, '127.0.0.1')
      client.resume()
      await once(client, 'close')
      expect(loaded.variable('connects')).toBe(1n)
      expect(loaded.variable('connect_result')).toBe(0n)
      expect(loaded.variable('connect_port')).toBe(((port & 0xff) << 8) | (port >> 8))
    } finally {
      server.close()
    }
  })
})

describe.skipIf(!ready)('programs at tracepoints', () => {
  test('a typed and a raw one see the same processes begin', () => {
    using loaded = load('tracing', { programs: ['on_new_task', 'on_new_task_raw'] })
    using _typed = openRawTracepoint(kernel, loaded.program('on_new_task'))
    using _raw = openRawTracepoint(kernel, loaded.program('on_new_task_raw'), 'task_newtask')
    const children = [1, 2, 3].map(() => spawnSync('true').pid)
    for (const map of ['made', 'made_raw'])
      for (const pid of children) expect(element(loaded, map, u32(pid))).toEqual([expect.any(BigInt)])
    const afterwards = process.hrtime.bigint()
    for (const pid of children) expect(element(loaded, 'made', u32(pid))[0] ?? afterwards).toBeLessThan(afterwards)
  })

  test('a raw one takes its arguments from a test run', () => {
    using loaded = load('tracing', { programs: ['sum_arguments'] })
    const ran = testRun(kernel, loaded.program('sum_arguments'), { context: u64(100n, 11n) })
    expect(ran.returnValue).toBe(122)
  })
})

describe.skipIf(!ready)('iterators', () => {
  test('list tasks', () => {
    using loaded = load('tracing', { programs: ['list_tasks'] })
    using link = createLink(kernel, { fd: loaded.program('list_tasks').fd, attachType: 'BPF_TRACE_ITER' })
    const lines = readIterator(kernel, link).trimEnd().split('\n')
    expect(lines).toContain(`${process.pid} ${readFileSync(`/proc/${process.pid}/comm`, 'utf8').trim()}`)
    // Kernel threads are in it: more than this process and its parents.
    expect(lines.length).toBeGreaterThan(5)
    for (const line of lines) expect(line).toMatch(/^\d+ \S/)
  })

  test('list maps', () => {
    using loaded = load('tracing', { programs: ['list_maps'] })
    using link = createLink(kernel, { fd: loaded.program('list_maps').fd, attachType: 'BPF_TRACE_ITER' })
    const lines = readIterator(kernel, link).trimEnd().split('\n')
    expect(lines).toContain(`${mapInfo(kernel, loaded.map('made_raw').fd).id} made_raw 1024`)
  })
})
