import { closeSync, openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { SockOps } from '@tscc/bpf'
import { loadLive } from '@tscc/compiler/live'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { bindPort, type Cgroup, cgroup, closeFd, pair, setOption, transfer, type Wire, wire } from './net.ts'

interface Storage<T> {
  get(fd: number): T | undefined
  set(fd: number, value: T): void
  delete(fd: number): number
}

interface Exports {
  readonly keep: SockOps
  readonly rtt: Storage<{ readonly samples: number; readonly least_us: number }>
  readonly location: Storage<{ readonly region: number }>
  readonly byTuple: { readonly size: number; values(): Iterable<{ readonly samples: number }> }
  readonly samples: { get(region: number): number | undefined }
  readonly lost: { readonly value: number }
}

describe.skipIf(!needs('root', 'bpf_ids', 'namespaces'))('what is kept of a socket', () => {
  let net: Wire
  let group: Cgroup
  beforeAll(() => {
    net = wire()
    group = cgroup('storage')
  })
  afterAll(() => {
    group.close()
    net.close()
  })
  const path = fileURLToPath(new URL('programs/storage.bpf.ts', import.meta.url))

  test('programs and Node write it, each reads what the other wrote', async () => {
    using live = loadLive(path)
    const { keep, rtt, location, samples } = live.exports as unknown as Exports // as the file declares them
    using _ = keep.attach({ cgroup: group.path })
    using one = group.within(() => pair(net))
    using other = group.within(() => pair(net, { port: 4001 }))
    expect(rtt.get(one.client)).toMatchObject({ samples: 0 })
    // Who accepted has none: nobody gave it any.
    expect(rtt.get(one.server)).toBeUndefined()
    location.set(one.client, { region: 7 })
    location.set(other.client, { region: 9 })
    for (let i = 0; i < 4; i++) await transfer(one.client, one.server, 1000)
    await transfer(other.client, other.server, 1000)
    const seen = rtt.get(one.client)
    expect(seen?.samples).toBeGreaterThanOrEqual(4)
    expect(seen?.least_us).toBeGreaterThan(0)
    expect(seen?.least_us).toBeLessThan(1_000_000)
    expect([samples.get(7), samples.get(9)].every((count) => count !== undefined && count > 0)).toBe(true)
    rtt.set(one.client, { samples: 1000, least_us: 1 })
    await transfer(one.client, one.server, 1000)
    expect(rtt.get(one.client)?.samples).toBeGreaterThan(1000)
    expect([location.delete(one.client), location.delete(one.client)]).toEqual([0, -2])
    expect([location.get(one.client), location.get(other.client)]).toEqual([undefined, { region: 9 }])
  })

  test('it goes with the socket, where a table by addresses keeps it', async () => {
    using live = loadLive(path)
    const { keep, rtt, location, byTuple, lost } = live.exports as unknown as Exports // the same
    using _ = keep.attach({ cgroup: group.path })
    const same = { before: (fd: number) => bindPort(fd, 40_100) }
    const first = group.within(() => pair(net, same))
    await transfer(first.client, first.server, 1000)
    location.set(first.client, { region: 1 })
    rtt.set(first.client, { samples: 500, least_us: 5 })
    // Gone at once (SO_LINGER 0), so that the addresses are free again.
    for (const fd of [first.client, first.server]) setOption(fd, 1, 13, 1, 0)
    first.close()
    using again = group.within(() => pair(net, same))
    expect(location.get(again.client)).toBeUndefined()
    expect(rtt.get(again.client)).toMatchObject({ samples: 0 })
    // Of these addresses it is still known what another connection was.
    expect([...byTuple.values()].map(({ samples }) => samples > 0)).toEqual([true])
    const many = 2000
    for (let i = 0; i < many; i++) {
      const one = group.within(() => pair(net))
      for (const fd of [one.client, one.server]) setOption(fd, 1, 13, 1, 0)
      one.close()
    }
    // The table is full of connections that are gone; storage was never refused.
    expect([byTuple.size, lost.value]).toEqual([1024, 0])
    expect(rtt.get(again.client)).toBeDefined()
  })

  test('descriptors that are no sockets, and none', () => {
    using live = loadLive(path)
    const { rtt } = live.exports as unknown as Exports // the same
    const file = openSync('/dev/null', 'r')
    expect(() => rtt.get(file)).toThrow(/ENOTSOCK/)
    closeSync(file)
    expect(() => rtt.get(99_999)).toThrow(/EBADF/)
    expect(() => rtt.get(1.5)).toThrow('rtt: descriptor: expected a whole number')
    closeFd(-1)
  })
})
