import { readdirSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { linkObject, readObject, writeObject } from '@tscc/object'
import { attachCgroup, loadPlan, nextKey, testRun } from '@tscc/syscall'
import { describe, expect, test } from 'vitest'
import {
  asU64,
  element,
  hasCgroups,
  kernel,
  load,
  makeCgroup,
  packet,
  readBeside,
  ready,
  runInCgroup,
  since,
  target,
} from './support.ts'

const run = (program: { readonly fd: number }, size: number): number =>
  testRun(kernel, program, { data: packet(size) }).returnValue

describe.skipIf(!ready || !since('6.1'))('maps that few programs have', () => {
  test('as many perf buffers as CPUs', () => {
    using loaded = load('more-maps')
    expect(loaded.map('events').maxEntries).toBe(kernel.possibleCpus())
    expect(run(loaded.program('drain'), 64)).toBe(0)
  })

  test('a timer that calls back', async () => {
    using loaded = load('more-maps', { programs: ['start_timer'] })
    expect(run(loaded.program('start_timer'), 64)).toBe(0)
    for (let i = 0; i < 500 && loaded.variable('fired') === 0n; i++) await pause(10)
    expect(loaded.variable('fired')).toBe(1n)
  })

  test('text in a section that clang makes', () => {
    using loaded = load('more-maps', { programs: ['compare_text'] })
    const results = ['c', 'b', 'd'].map((letter) => run(loaded.program('compare_text'), letter.charCodeAt(0)))
    expect(results).toEqual([1, 2, 3])
  })

  test.skipIf(!hasCgroups())('storage at a cgroup', async () => {
    using loaded = load('more-maps', { programs: ['count_in_group'] })
    using cgroup = makeCgroup('group-storage')
    using _link = attachCgroup(kernel, loaded.program('count_in_group'), cgroup.path, 'BPF_CGROUP_INET_EGRESS')
    await runInCgroup(
      cgroup.path,
      `const socket = require('node:dgram').createSocket('udp4')
       socket.send('gone', 9, '127.0.0.1', () => socket.close())`,
    )
    const key = nextKey(loaded.map('of_group')) ?? new Uint8Array(16)
    expect(asU64(key.subarray(0, 8))[0]).toBeGreaterThan(0n)
    expect(element(loaded, 'of_group', key)[0]).toBeGreaterThanOrEqual(1n)
  })
})

describe.skipIf(!ready || !since('6.6'))('an object that was read and written again', () => {
  const names = readdirSync(import.meta.dirname).flatMap((file) => /^(.+)\.bpf\.o$/.exec(file)?.[1] ?? [])
  test.each(names)('%s loads as before', (name) => {
    const object = readBeside(name)
    const [before, after] = [object, readObject(writeObject(object))].map((one) =>
      linkObject(one, target(), { untold: 'zero' }),
    )
    const code = (linked = before) => linked?.programs.map((program) => [program.name, program.section, program.code])
    expect(code(after)).toEqual(code(before))
    if (after === undefined) throw new Error('nothing was linked')
    // Programs at functions: see tracing.test.ts.
    const only = ({ expectedAttachType, type }: { readonly expectedAttachType: number; readonly type: number }) =>
      type !== 26 || expectedAttachType === 23 || expectedAttachType === 28
    using loaded = loadPlan(kernel, after, { pinFolder: 'none', only })
    expect(loaded.maps.length).toBe(before?.maps.length)
  })
})
