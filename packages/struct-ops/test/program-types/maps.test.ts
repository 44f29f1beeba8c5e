import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { rmdirSync } from 'node:fs'
import {
  attachCgroup,
  lookupElement,
  makePinFolder,
  openRawTracepoint,
  pinnedObjects,
  removePin,
  takeElement,
  testRun,
} from '@tscc/syscall'
import { describe, expect, test } from 'vitest'
import {
  asU32,
  asU64,
  element,
  hasCgroups,
  kernel,
  load,
  makeCgroup,
  packet,
  ready,
  runInCgroup,
  setElement,
  since,
  u32,
  u64,
} from './support.ts'

const run = (program: { readonly fd: number }, size = 64): number =>
  testRun(kernel, program, { data: packet(size) }).returnValue

describe.skipIf(!ready || !since('5.16'))('maps', () => {
  test('maps in an array and in a hash of maps, put there by the source', () => {
    using loaded = load('maps', { programs: ['use_inner'] })
    setElement(loaded, 'first', u32(0), u64(111n))
    setElement(loaded, 'second', u32(0), u64(222n))
    expect(run(loaded.program('use_inner'))).toBe(1)
    expect(loaded.variable('seen_first')).toBe(111n)
    expect(loaded.variable('seen_second')).toBe(222n)
    expect(loaded.variable('seen_missing')).toBe(0n)
    expect(element(loaded, 'second', u32(0))).toEqual([223n])
  })

  test('a tail call of a program that the source put into an array', () => {
    using loaded = load('maps', { programs: ['jump', 'tail_target'] })
    expect(run(loaded.program('jump'), 64)).toBe(1234)
    expect(run(loaded.program('jump'), 50)).toBe(3)
  })

  test('without its target loaded, a tail call falls through', () => {
    using loaded = load('maps', { programs: ['jump'] })
    expect(run(loaded.program('jump'), 64)).toBe(3)
  })

  test('a map pinned by name is shared by those who load the object', () => {
    const folder = `/sys/fs/bpf/tscc-program-types-${randomUUID()}`
    makePinFolder(folder)
    try {
      using one = load('maps', { programs: ['use_shared'], pinFolder: folder })
      expect(pinnedObjects(kernel, folder).map(({ path, kind }) => ({ path, kind }))).toEqual([
        { path: `${folder}/tscc_shared`, kind: 'map' },
      ])
      run(one.program('use_shared'))
      using other = load('maps', { programs: ['use_shared'], pinFolder: folder })
      expect(run(other.program('use_shared'))).toBe(1)
      expect(element(one, 'tscc_shared', u32(1))).toEqual([2n])
      using alone = load('maps', { programs: ['use_shared'] })
      expect(element(alone, 'tscc_shared', u32(1))).toEqual([])
    } finally {
      for (const { path } of pinnedObjects(kernel, folder)) removePin(path)
      rmdirSync(folder)
    }
  })

  test('records in a ring buffer', () => {
    using loaded = load('maps', { programs: ['use_ring'] })
    expect(run(loaded.program('use_ring'), 99)).toBe(0)
    const ring = loaded.map('ring')
    // The consumer's page, then the producer's, then the data.
    using pages = kernel.mapMemory(ring.fd, { length: 3 * 4096, shared: true })
    const view = new DataView(pages.bytes.buffer, pages.bytes.byteOffset)
    expect(ring.maxEntries).toBe(4096)
    expect(view.getBigUint64(4096, true)).toBe(32n)
    const data = 2 * 4096
    expect([view.getUint32(data, true), view.getUint32(data + 8, true)]).toEqual([4, 99])
    expect(view.getUint32(data + 16, true)).toBe(8)
    expect(view.getBigUint64(data + 24, true)).toBe(0x1122334455667788n)
  })

  test('values for each CPU', () => {
    using loaded = load('maps', { programs: ['use_each_cpu'] })
    for (let i = 0; i < 5; i++) run(loaded.program('use_each_cpu'))
    const counts = asU64(lookupElement(loaded.map('each_cpu'), u32(1)) ?? new Uint8Array(0))
    expect(counts.length).toBe(kernel.possibleCpus())
    expect(counts.reduce((sum, one) => sum + one, 0n)).toBe(5n)
    expect(element(loaded, 'each_cpu_hash', u64(11n))).toContain(10n)
  })

  test('queue, stack, prefixes, bloom filter and a locked value', () => {
    using loaded = load('maps', { programs: ['use_others'] })
    const prefix = (bits: number, ...address: readonly number[]) => new Uint8Array([...u32(bits), ...address])
    setElement(loaded, 'routes', prefix(8, 127, 0, 0, 0), u32(4))
    setElement(loaded, 'routes', prefix(30, 127, 0, 0, 8), u32(6))
    expect(run(loaded.program('use_others'))).toBe(1361)
    expect(asU32(lookupElement(loaded.map('locked'), u32(0)) ?? new Uint8Array(0)).slice(1)).toEqual([1361, 1])
    expect([0, 1].map(() => asU32(takeElement(loaded.map('queue')) ?? u32())[0])).toEqual([2, 3])
    expect([0, 1].map(() => asU32(takeElement(loaded.map('stack')) ?? u32())[0])).toEqual([2, 1])
  })

  test('storage at tasks', () => {
    using loaded = load('maps', { programs: ['use_task_storage'], variables: { watched: process.pid } })
    using _link = openRawTracepoint(kernel, loaded.program('use_task_storage'))
    for (let i = 0; i < 3; i++) spawnSync('true')
    expect(loaded.variable('task_calls')).toBeGreaterThanOrEqual(3n)
  })

  test.skipIf(!hasCgroups())('storage at sockets', async () => {
    using loaded = load('maps', { programs: ['use_socket_storage'] })
    using cgroup = makeCgroup('storage')
    {
      const place = 'BPF_CGROUP_INET_SOCK_CREATE'
      using _link = attachCgroup(kernel, loaded.program('use_socket_storage'), cgroup.path, place)
      await runInCgroup(
        cgroup.path,
        `require('node:dgram').createSocket('udp4').bind(0, '127.0.0.1', function () { this.close() })`,
      )
    }
    expect(loaded.variable('stored')).toBeGreaterThanOrEqual(1n)
  })
})
