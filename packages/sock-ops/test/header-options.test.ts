import { fileURLToPath } from 'node:url'
import type { SockOps } from '@tscc/bpf'
import { loadLive } from '@tscc/compiler/live'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { capture } from './capture.ts'
import { type Cgroup, cgroup, pair, shutdownWrite, sleep, transfer, type Wire, wire } from './net.ts'

const path = fileURLToPath(new URL('programs/everywhere.bpf.ts', import.meta.url))

interface Everywhere {
  readonly everywhere: SockOps
  readonly counts: { readonly value: { readonly written: number; readonly failed: number } }
  readonly seen: { drain(): readonly { readonly sequence: number; readonly flags: number }[] }
}

describe.skipIf(!needs('root', 'bpf_ids', 'namespaces'))('header options on every kind of packet', () => {
  let net: Wire
  let group: Cgroup
  beforeAll(() => {
    net = wire()
    group = cgroup('options')
  })
  afterAll(() => {
    group.close()
    net.close()
  })

  test.each(['10.9.0.2', 'fd09::2'])('to %s', async (address) => {
    using live = loadLive(path)
    const { everywhere, counts, seen } = live.exports as unknown as Everywhere // as the file declares them
    using _ = everywhere.attach({ cgroup: group.path })
    const tap = capture(net)
    using one = group.within(() => pair(net, { address }))
    await transfer(one.client, one.server, 5000)
    await transfer(one.server, one.client, 5000)
    // Not closed: what is left of a closed socket in time-wait writes no options on its last acknowledgement.
    shutdownWrite(one.client)
    await sleep(100)
    shutdownWrite(one.server)
    await sleep(100)
    const packets = tap.stop().filter(({ flags }) => !flags.includes('R'))
    const kinds = new Set(packets.map(({ from, flags, bytes }) => `${from} ${flags} ${bytes > 0 ? 'data' : ''}`.trim()))
    for (const kind of ['left S', 'right SA', 'left A', 'right A']) expect([...kinds]).toContain(kind)
    expect([...kinds].some((kind) => kind.endsWith('data'))).toBe(true)
    expect([...kinds].filter((kind) => kind.includes('F')).length).toBe(2)
    for (const { flags, options } of packets) {
      const names = ['F', 'S', 'R', 'P', 'A', 'U', 'E', 'C']
      const bits = [...flags].reduce((sum, name) => sum | (1 << names.indexOf(name)), 0)
      const stamps = options.filter(({ kind }) => kind === 253).map(({ text }) => text)
      // A packet that several were made of has the flags of the last; PSH is put there when it leaves.
      expect(stamps.map((text) => text.replace(/ .. 00 07/, ' ff 00 07'))).toEqual([
        'fd 0c eb 9f 04 03 02 01 ff 00 07 00',
      ])
      const last = Number.parseInt(stamps[0]?.split(' ')[8] ?? '', 16)
      expect(last & 0b010111).toBe(bits & 0b010111)
      const marks = options.filter(({ kind }) => kind === 254).map(({ text }) => text)
      expect(marks).toEqual(flags.includes('F') ? ['fe 08 ab cd 12 34 aa 55'] : [])
    }
    expect(counts.value.failed).toBe(0)
    expect(counts.value.written).toBeGreaterThanOrEqual(8)
    const records = seen.drain()
    expect(records.length).toBeGreaterThan(3)
    expect(new Set(records.map(({ sequence }) => sequence))).toEqual(new Set([0x01020304]))
    expect(records.some(({ flags }) => (flags & 1) !== 0)).toBe(true)
  })
})
