import { writeFileSync } from 'node:fs'
import { createMaxDelack } from '@tscc/sock-ops'
import { hostKernel, tcpInfo } from '@tscc/syscall'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { measured } from '../../../tools/measured.ts'
import { needs } from '../../../tools/needs.ts'
import { capture, type Packet } from './capture.ts'
import { type Cgroup, cgroup, type PairOptions, pair, transfer, type Wire, wire } from './net.ts'

const KIND = 0xda
/** What no timeout is below where nothing was said, us (TCP_RTO_MIN). */
const LEAST = 200_000

const able = needs('root', 'bpf_ids', 'namespaces')

describe.skipIf(!able)('the most that acknowledgements are delayed', measured, () => {
  const kernel = hostKernel()
  let net: Wire
  let group: Cgroup
  beforeAll(() => {
    net = wire()
    group = cgroup('delack')
  })
  afterAll(() => {
    group.close()
    net.close()
  })

  const said = (packets: readonly Packet[]) =>
    packets.flatMap(({ from, flags, options }) =>
      options.filter(({ kind }) => kind === KIND).map(({ text }) => `${from} ${flags} ${text}`),
    )
  async function talk({ client, server }: { readonly client: number; readonly server: number }) {
    for (let i = 0; i < 5; i++) {
      await transfer(client, server, 3000)
      await transfer(server, client, 3000)
    }
  }
  async function connection(options: PairOptions = {}) {
    const wireTap = capture(net)
    const one = group.within(() => pair(net, options))
    await talk(one)
    return { ...one, packets: wireTap.stop() }
  }

  test.each(['10.9.0.2', 'fd09::2'])(
    'to %s: said in the handshake, and the timeouts become shorter',
    async (address) => {
      const before = await connection({ address })
      expect(said(before.packets)).toEqual([])
      const rtoBefore = tcpInfo(kernel, before.client).tcpi_rto
      before.close()
      using delack = createMaxDelack({ ms: 12, kernel })
      using _ = delack.attach({ cgroup: group.path })
      const one = await connection({ address })
      expect(said(one.packets)).toEqual(['left S da 04 00 0c', 'right SA da 04 00 0c'])
      const rto = [one.client, one.server].map((fd) => tcpInfo(kernel, fd).tcpi_rto)
      expect(rtoBefore).toBeGreaterThanOrEqual(LEAST)
      for (const each of rto) {
        expect(each).toBeGreaterThanOrEqual(12_000)
        expect(each).toBeLessThan(LEAST)
      }
      expect(delack.peer(one.client)).toEqual({ maxDelayMs: 12, via: 'handshake' })
      expect(delack.peer(one.server)).toEqual({ maxDelayMs: 12, via: 'handshake' })
      expect(delack.counts).toEqual({ told: 2, again: 0, refused: 0 })
      one.close()
    },
  )

  test('each end keeps to what the other said', async () => {
    using inner = cgroup('inner', group.path)
    using mine = createMaxDelack({ ms: 20, kernel })
    using theirs = createMaxDelack({ ms: 90, kernel })
    using _a = mine.attach({ cgroup: inner.path })
    const tap = capture(net)
    // The listener is in the outer group, whose program sees the client's events too, after those of the inner one.
    const one = inner.within(() => pair(net))
    await talk(one)
    expect(said(tap.stop())).toEqual(['left S da 04 00 14', 'right SA da 04 00 14'])
    one.close()
    using _b = theirs.attach({ cgroup: group.path })
    const other = await connection()
    expect(said(other.packets)).toEqual(['left S da 04 00 5a', 'right SA da 04 00 5a'])
    expect(tcpInfo(kernel, other.client).tcpi_rto).toBeGreaterThanOrEqual(90_000)
    expect(mine.peer(other.client)).toBeUndefined()
    other.close()
  })

  test('with SYN cookies the server asks to hear it again, and does', async () => {
    net.on('right', () => writeFileSync('/proc/sys/net/ipv4/tcp_syncookies', '2'))
    try {
      using delack = createMaxDelack({ ms: 12, kernel })
      using _ = delack.attach({ cgroup: group.path })
      const one = await connection()
      const all = said(one.packets)
      expect(all.slice(0, 3)).toEqual(['left S da 04 00 0c', 'right SA da 04 01 0c', 'left A da 04 00 0c'])
      // Until something came back, and no longer.
      const told = one.packets.filter(({ options }) => options.some(({ kind }) => kind === KIND))
      expect(told.length).toBeLessThan(one.packets.length / 2)
      expect(told.slice(2).every(({ from }) => from === 'left')).toBe(true)
      expect(delack.peer(one.server)).toEqual({ maxDelayMs: 12, via: 'repeated' })
      expect(delack.peer(one.client)).toEqual({ maxDelayMs: 12, via: 'handshake' })
      expect(delack.counts).toEqual({ told: 2, again: 1, refused: 0 })
      expect(tcpInfo(kernel, one.server).tcpi_rto).toBeLessThan(LEAST)
      one.close()
    } finally {
      net.on('right', () => writeFileSync('/proc/sys/net/ipv4/tcp_syncookies', '1'))
    }
  })

  test('a peer that does not know it is left alone', async () => {
    using delack = createMaxDelack({ ms: 12, kernel })
    const tap = capture(net)
    using _ = delack.attach({ cgroup: group.path })
    // The listener is outside.
    const { listen, connect, accept, closeFd } = await import('./net.ts')
    const listener = net.on('right', () => listen(4000))
    const client = group.within(() => net.on('left', () => connect('10.9.0.2', 4000)))
    const server = accept(listener)
    await talk({ client, server })
    expect(said(tap.stop())).toEqual(['left S da 04 00 0c'])
    expect(delack.peer(client)).toBeUndefined()
    expect(tcpInfo(kernel, client).tcpi_rto).toBeGreaterThanOrEqual(LEAST)
    for (const fd of [client, server, listener]) closeFd(fd)
  })

  test('what it can say', () => {
    expect(() => createMaxDelack({ ms: 300 })).toThrow('ms: out of range, found 300, allowed')
    expect(() => createMaxDelack({ ms: 0.5 })).toThrow('ms: out of range')
  })
})
