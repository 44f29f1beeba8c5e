import { createHandover, type HandoverState, sockOpsErrors } from '@tscc/sock-ops'
import { hostKernel, tcpInfo } from '@tscc/syscall'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { type Cgroup, cgroup, type Pair, type PairOptions, pair, send, type Wire, wire } from './net.ts'

const UNTOLD = 0x7fffffff

describe.skipIf(!needs('root', 'bpf_ids', 'namespaces'))('windows from QUIC, on real connections', () => {
  const kernel = hostKernel()
  let net: Wire
  let group: Cgroup
  beforeAll(() => {
    net = wire()
    group = cgroup('handover')
  })
  afterAll(() => {
    group.close()
    net.close()
  })

  /** What a connection begins with, and goes on with: the segment that is sent may have been acknowledged already. */
  function first(options: PairOptions = {}, end: keyof Pair & ('client' | 'server') = 'client') {
    using connection = group.within(() => pair(net, options))
    const { tcpi_snd_cwnd, tcpi_snd_ssthresh, tcpi_snd_mss } = tcpInfo(kernel, connection[end])
    send(connection[end], new Uint8Array(100))
    const after = tcpInfo(kernel, connection[end])
    expect(after.tcpi_snd_cwnd - tcpi_snd_cwnd).toBeGreaterThanOrEqual(0)
    expect(after.tcpi_snd_cwnd - tcpi_snd_cwnd).toBeLessThanOrEqual(1)
    expect(after.tcpi_snd_ssthresh).toBe(tcpi_snd_ssthresh)
    return { cwnd: tcpi_snd_cwnd, ssthresh: tcpi_snd_ssthresh, mss: tcpi_snd_mss }
  }

  const given: HandoverState = { cwndBytes: 60_000, ssthreshBytes: 150_001 }
  const segments = (bytes: number, mss: number) => Math.ceil(bytes / mss)

  test.each(['10.9.0.2', 'fd09::2'])('a connection to %s begins with the window that it was given', (address) => {
    using one = createHandover()
    using _ = one.attach({ cgroup: group.path })
    expect(first({ address })).toMatchObject({ cwnd: 10, ssthresh: UNTOLD })
    one.handover(given, { address })
    const { cwnd, ssthresh, mss } = first({ address })
    expect([cwnd, ssthresh]).toEqual([segments(60_000, mss), segments(150_001, mss)])
    expect(cwnd).toBe(address.includes(':') ? 43 : 42)
    // It was for one connection.
    expect(first({ address })).toMatchObject({ cwnd: 10, ssthresh: UNTOLD })
    expect(one.counts).toEqual({ applied: 1, expired: 0, refused: 0 })
  })

  test('what has arrived on the wire is the whole window at once', () => {
    using one = createHandover()
    using _ = one.attach({ cgroup: group.path })
    one.handover({ cwndBytes: 60_000 }, { address: '10.9.0.2' })
    using connection = group.within(() => pair(net))
    send(connection.client, new Uint8Array(100_000))
    const { tcpi_data_segs_out, tcpi_snd_cwnd } = tcpInfo(kernel, connection.client)
    expect(tcpi_data_segs_out).toBeGreaterThanOrEqual(42)
    expect(tcpi_snd_cwnd).toBeGreaterThanOrEqual(42)
  })

  test('two destinations at once, each its own; a port goes before any', () => {
    using one = createHandover()
    using _ = one.attach({ cgroup: group.path })
    one.handover({ cwndBytes: 30_000 }, { address: '10.9.0.2' })
    one.handover({ cwndBytes: 90_000 }, { address: '10.9.0.3' })
    one.handover({ cwndBytes: 45_000 }, { address: 'fd09::3' })
    one.handover({ cwndBytes: 120_000 }, { address: '10.9.0.2', port: 4001 })
    const [two, three, six, port, any] = [
      first({ address: '10.9.0.2', port: 4001 }),
      first({ address: '10.9.0.3' }),
      first({ address: 'fd09::3' }),
      first({ address: '10.9.0.2' }),
      first({ address: 'fd09::2' }),
    ]
    const bytes = [120_000, 90_000, 45_000, 30_000]
    expect([two, three, six, port].map(({ cwnd }) => cwnd)).toEqual(
      [two, three, six, port].map(({ mss }, i) => segments(bytes[i] ?? 0, mss)),
    )
    expect(any.cwnd).toBe(10)
    expect(one.entries()).toEqual([])
  })

  test('on the accepting side too, by where the peer is', () => {
    using one = createHandover()
    using _ = one.attach({ cgroup: group.path })
    one.handover(given, { address: '10.9.0.1' })
    const { cwnd, ssthresh, mss } = first({}, 'server')
    expect([cwnd, ssthresh]).toEqual([segments(60_000, mss), segments(150_001, mss)])
  })

  test('each may be left alone', () => {
    using one = createHandover()
    using _ = one.attach({ cgroup: group.path })
    one.handover({ ssthreshBytes: 150_001 }, { address: '10.9.0.2' })
    const { mss, ...only } = first()
    expect(only).toEqual({ cwnd: 10, ssthresh: segments(150_001, mss) })
    one.handover({ cwndBytes: 60_000 }, { address: '10.9.0.2' })
    expect(first()).toMatchObject({ cwnd: 42, ssthresh: UNTOLD })
    one.handover({ cwndBytes: 0, ssthreshBytes: 0 }, { address: '10.9.0.2' })
    expect(first()).toMatchObject({ cwnd: 10, ssthresh: UNTOLD })
  })

  test('what has expired is left alone, and removed by who meets it', () => {
    using one = createHandover()
    using _ = one.attach({ cgroup: group.path })
    one.handover({ ...given, expiresInSeconds: 0 }, { address: '10.9.0.2' })
    expect(one.entries()).toMatchObject([{ address: '10.9.0.2', expiresInSeconds: 0, use: 'once' }])
    expect(first()).toMatchObject({ cwnd: 10, ssthresh: UNTOLD })
    expect([one.counts, one.entries()]).toEqual([{ applied: 0, expired: 1, refused: 0 }, []])
    one.handover({ ...given, expiresInSeconds: 60 }, { address: '10.9.0.2' })
    expect(first()).toMatchObject({ cwnd: 42 })
  })

  test('for all connections, until it is taken back', () => {
    using one = createHandover()
    using _ = one.attach({ cgroup: group.path })
    const who = { address: 'fd09::2', port: 443 }
    one.handover({ ...given, use: 'always' }, who)
    expect(one.entries()).toMatchObject([{ ...who, cwndBytes: 60_000, ssthreshBytes: 150_001, use: 'always' }])
    for (let i = 0; i < 3; i++) expect(first({ ...who }).cwnd).toBe(43)
    expect([one.forget(who), one.forget(who)]).toEqual([true, false])
    expect(first({ ...who }).cwnd).toBe(10)
  })

  test('a full table drops what was not used for long, and never refuses', () => {
    using one = createHandover()
    using _ = one.attach({ cgroup: group.path })
    for (let i = 0; i < 20_000; i++) one.handover({ cwndBytes: 15_000 }, { address: `fd00::${i.toString(16)}` })
    expect(one.entries().length).toBeLessThanOrEqual(16_384)
    one.handover(given, { address: '10.9.0.2' })
    expect(first().cwnd).toBe(42)
  })

  test('a directory that is no cgroup', () => {
    using one = createHandover()
    expect(() => one.attach({ cgroup: '/tmp' })).toThrow('/tmp: not a directory of cgroup v2')
    expect(() => one.attach({ cgroup: `${group.path}/none` })).toThrow('ENOENT')
  })

  test('whatever is given, it is taken or a typed error', () => {
    using one = createHandover()
    fc.assert(
      fc.property(
        fc.record({ cwndBytes: fc.double(), ssthreshBytes: fc.integer(), expiresInSeconds: fc.double() }),
        fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()),
        fc.integer(),
        (state, address, port) => {
          try {
            one.handover(state, { address, port })
          } catch (error) {
            if (!sockOpsErrors.is(error)) throw error
          }
        },
      ),
    )
  })
})
