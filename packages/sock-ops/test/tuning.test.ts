import { writeFileSync } from 'node:fs'
import { algorithms } from '@tscc/algos'
import { linkObject, linkTarget } from '@tscc/object'
import { createTuning, type TuningRule } from '@tscc/sock-ops'
import { registerStructOps, renameStructOps, structOpsOf } from '@tscc/struct-ops/kernel'
import { congestionControl, hostKernel, kernelFiles, loadPlan, tcpInfo } from '@tscc/syscall'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { measured } from '../../../tools/measured.ts'
import { needs } from '../../../tools/needs.ts'
import { capture, sendForgedSyn } from './capture.ts'
import {
  addresses,
  beginConnect,
  type Cgroup,
  cgroup,
  closeFd,
  listen,
  option,
  type Pair,
  type PairOptions,
  pair,
  receive,
  send,
  setOption,
  sleep,
  transfer,
  type Wire,
  wire,
} from './net.ts'

const SOL_SOCKET = 1
const SO_SNDBUF = 7
const SO_RCVBUF = 8
const IPPROTO_TCP = 6
const TCP_QUICKACK = 12
const TCPI_OPT_ECN = 8

const able = needs('root', 'bpf_ids', 'namespaces', 'struct_ops_link')

describe.skipIf(!able)('connections as rules say', measured, () => {
  const kernel = hostKernel()
  let net: Wire
  let group: Cgroup
  beforeAll(() => {
    net = wire()
    group = cgroup('tuning')
  })
  afterAll(() => {
    group.close()
    net.close()
  })

  function tuned(...rules: readonly TuningRule[]) {
    const tuning = createTuning({ rules, kernel })
    tuning.attach({ cgroup: group.path })
    return tuning
  }
  const connected = (options: PairOptions = {}): Pair => group.within(() => pair(net, options))
  const windows = (options: PairOptions = {}) => {
    using one = connected(options)
    return [one.client, one.server].map((fd) => tcpInfo(kernel, fd).tcpi_snd_cwnd)
  }

  test('the first SYN is sent again after the time of the rule', async () => {
    using _ = tuned({ to: '10.9.0.0/24', synRtoMs: 40 })
    const fds = group.within(() => net.on('left', () => [beginConnect(addresses.nobody, 9)]))
    const other = net.on('left', () => beginConnect(addresses.nobody, 9))
    try {
      const [fd = -1] = fds
      expect(tcpInfo(kernel, fd).tcpi_rto).toBe(40_000)
      expect(tcpInfo(kernel, other).tcpi_rto).toBe(1_000_000)
      await sleep(400)
      expect(tcpInfo(kernel, fd).tcpi_total_retrans).toBeGreaterThanOrEqual(2)
      expect(tcpInfo(kernel, other).tcpi_total_retrans).toBe(0)
    } finally {
      for (const fd of [...fds, other]) closeFd(fd)
    }
  })

  test('the first SYN-ACK is sent again after the time of the rule', async () => {
    const answers = async (port: number): Promise<number> => {
      const listener = group.within(() => net.on('right', () => listen(port)))
      const tap = capture(net)
      sendForgedSyn(net, addresses.nobody, '10.9.0.2', port)
      await sleep(500)
      closeFd(listener)
      return tap.stop().filter(({ from, flags }) => from === 'right' && flags === 'SA').length
    }
    expect(await answers(4010)).toBe(1)
    using _ = tuned({ to: addresses.nobody, synRtoMs: 40 })
    // After 40, 120 and 280 ms, or a little later.
    expect(await answers(4011)).toBeGreaterThanOrEqual(3)
  })

  test.each(['10.9.0.2', 'fd09::2'])('to %s: windows, buffers, clamp, congestion control', (address) => {
    using tuning = tuned({
      to: ['10.9.0.2', 'fd09::2'],
      initialWindow: 25,
      initialReceiveWindow: 4,
      clamp: 300,
      sendBuffer: 100_000,
      receiveBuffer: 120_000,
      cc: 'cubic',
    })
    using one = connected({ address })
    const info = tcpInfo(kernel, one.client)
    expect([info.tcpi_snd_cwnd, info.tcpi_snd_ssthresh]).toEqual([25, 300])
    expect(option(kernel, one.client, SOL_SOCKET, SO_SNDBUF)).toBe(200_000)
    expect(option(kernel, one.client, SOL_SOCKET, SO_RCVBUF)).toBe(240_000)
    expect(congestionControl(kernel, one.client)).toBe('cubic')
    const { tcpi_snd_wnd } = tcpInfo(kernel, one.server)
    // Segments without the time stamps' 12 bytes.
    expect(tcpi_snd_wnd).toBe(4 * (info.tcpi_advmss + 12))
    // The other end's peer is not in the prefixes.
    expect([tcpInfo(kernel, one.server).tcpi_snd_cwnd, congestionControl(kernel, one.server)]).toEqual([10, 'reno'])
    expect(tuning.counts).toEqual({ tuned: 1, ccMissing: 0, refused: 0, learned: 0 })
  })

  test('the least retransmission timeout', async () => {
    const after = async () => {
      using one = connected()
      for (let i = 0; i < 10; i++) {
        await transfer(one.client, one.server, 2000)
        await transfer(one.server, one.client, 2000)
      }
      return tcpInfo(kernel, one.client).tcpi_rto
    }
    const untouched = await after()
    using _ = tuned({ rtoMinMs: 20 })
    const lowered = await after()
    expect(untouched).toBeGreaterThanOrEqual(200_000)
    expect(lowered).toBeGreaterThanOrEqual(20_000)
    expect(lowered).toBeLessThan(100_000)
  })

  test('the longest delay of acknowledgements', async () => {
    const delays = async (): Promise<readonly number[]> => {
      using one = connected()
      const times: number[] = []
      for (let i = 0; i < 9; i++) {
        setOption(one.server, IPPROTO_TCP, TCP_QUICKACK, 0)
        const start = performance.now()
        send(one.client, new Uint8Array(100))
        while (tcpInfo(kernel, one.client).tcpi_unacked > 0 && performance.now() - start < 1000) await sleep(1)
        times.push(performance.now() - start)
        receive(one.server)
      }
      return times.sort((a, b) => a - b)
    }
    // A processor that its host took away sets timers by a clock that is behind, so they end early; load makes them end late.
    const untouched = (await delays())[7] ?? 0
    using _ = tuned({ delackMaxMs: 10 })
    const bounded = (await delays())[1] ?? 1000
    expect(untouched).toBeGreaterThan(30)
    expect(bounded).toBeLessThan(untouched - 10)
  })

  test('the longest prefix decides, a port goes before none, and rules change live', () => {
    using tuning = tuned(
      { initialWindow: 11 },
      { to: '10.9.0.0/24', initialWindow: 12 },
      { to: '10.9.0.3/32', initialWindow: 13 },
      { to: '10.0.0.0/8', port: 4001, initialWindow: 14 },
      { to: 'fd09::/64', port: 4001, initialWindow: 15 },
    )
    expect(windows()).toEqual([12, 12])
    expect(windows({ address: '10.9.0.3' })).toEqual([13, 12])
    expect(windows({ address: '10.9.0.3', port: 4001 })).toEqual([14, 14])
    expect(windows({ address: 'fd09::3', port: 4001 })).toEqual([15, 15])
    expect(windows({ address: 'fd09::3' })).toEqual([11, 11])
    tuning.setRules([{ to: '10.9.0.0/24', initialWindow: 22 }])
    expect(windows({ address: '10.9.0.3', port: 4001 })).toEqual([22, 22])
    expect(windows({ address: 'fd09::3' })).toEqual([10, 10])
  })

  test('each cgroup has its rules; those of one below go before those of one above', () => {
    using inner = cgroup('inner', group.path)
    using _ = tuned({ initialWindow: 20 })
    using below = createTuning({ rules: [{ to: '10.9.0.2', initialWindow: 30 }] })
    below.attach({ cgroup: inner.path })
    const inside = (address: string) =>
      inner.within(() => {
        using one = pair(net, { address })
        return tcpInfo(kernel, one.client).tcpi_snd_cwnd
      })
    expect([inside('10.9.0.2'), inside('10.9.0.3'), windows()[0]]).toEqual([30, 20, 20])
  })

  test('one data centre: where both ends are within one prefix', () => {
    using tuning = tuned({ sameWithin: { ipv4: 31, ipv6: 64 }, initialWindow: 40 })
    // 10.9.0.1 is in 10.9.0.0/31, and 10.9.0.2 in 10.9.0.2/31.
    expect(windows()[0]).toBe(10)
    expect(windows({ address: 'fd09::2' })[0]).toBe(40)
    tuning.setRules([{ sameWithin: { ipv4: 30 }, initialWindow: 41 }])
    expect(windows()[0]).toBe(41)
  })

  test('a congestion control that is not there: the connection keeps its own, and it is counted', () => {
    using tuning = tuned({ cc: 'ts_no_such_cc', initialWindow: 21 })
    using one = connected()
    expect(congestionControl(kernel, one.client)).toBe('reno')
    expect(tcpInfo(kernel, one.client).tcpi_snd_cwnd).toBe(21)
    expect(tuning.counts).toMatchObject({ ccMissing: 2, refused: 0 })
  })

  test('DCTCP where both ends do ECN, and only there', async () => {
    const dctcp = algorithms.find(({ name }) => name === 'dctcp')
    if (dctcp?.kind !== 'language') throw new Error('there is no dctcp')
    const linked = linkObject(await dctcp.object(), linkTarget(kernelFiles(kernel)))
    using loaded = loadPlan(kernel, linked)
    const [ops] = structOpsOf(linked, loaded)
    if (ops === undefined) throw new Error('there is no struct_ops')
    const cc = `ts_so_${process.pid % 100000}`
    using _registration = registerStructOps(kernel, renameStructOps(ops, cc))
    using tuning = tuned({ ecn: true, ecnCc: cc })
    {
      using one = connected()
      expect([one.client, one.server].map((fd) => congestionControl(kernel, fd))).toEqual([cc, cc])
      expect(tcpInfo(kernel, one.client).tcpi_options & TCPI_OPT_ECN).not.toBe(0)
    }
    // The accepting end takes no ECN: its sysctl forbids it, and its rule does not ask.
    net.on('right', () => writeSysctl('ipv4/tcp_ecn', 0))
    tuning.setRules([
      { ecn: true, ecnCc: cc },
      { to: '10.9.0.1', ecnCc: cc },
    ])
    using other = connected()
    expect([other.client, other.server].map((fd) => congestionControl(kernel, fd))).toEqual(['reno', 'reno'])
    expect(tcpInfo(kernel, other.client).tcpi_options & TCPI_OPT_ECN).toBe(0)
    net.on('right', () => writeSysctl('ipv4/tcp_ecn', 2))
  })

  test('the initial window is learned by subnet, within bounds, and forgotten', async () => {
    const learn = { lower: 10, upper: 50, halfLifeSeconds: 1, subnet: { ipv4: 24, ipv6: 64 } }
    using tuning = tuned({ to: '10.9.0.0/24', learn, clamp: 400 }, { to: 'fd09::/64', learn: { ...learn, upper: 20 } })
    const carry = async (address: string): Promise<number> => {
      using one = connected({ address })
      const first = tcpInfo(kernel, one.client).tcpi_snd_cwnd
      await transfer(one.client, one.server, 1 << 20)
      return first
    }
    const before = await carry('10.9.0.2')
    expect(before).toBe(10)
    // Both ends have learned: what left delivered to 10.9.0.0/24 counts, what right did not deliver does not.
    expect(tuning.learned()).toMatchObject([{ subnet: '10.9.0.0', connections: 1 }])
    const windowsSeen: number[] = []
    for (let i = 0; i < 4; i++) windowsSeen.push(await carry('10.9.0.3'))
    expect(Math.max(...windowsSeen)).toBeGreaterThan(20)
    expect(Math.max(...windowsSeen)).toBeLessThanOrEqual(50)
    await carry('fd09::2')
    expect((await carry('fd09::2')) <= 20).toBe(true)
    const [{ window = 0 } = {}] = tuning.learned().filter(({ subnet }) => subnet === '10.9.0.0')
    await sleep(2100)
    const later = windows()[0] ?? 0
    expect(later).toBeLessThanOrEqual(10 + Math.ceil((window - 10) / 4))
    expect(later).toBeGreaterThanOrEqual(10)
    expect(tuning.counts.learned).toBeGreaterThanOrEqual(6)
  })

  test('too many rules: a typed error, and the old ones stay', () => {
    using tuning = tuned({ to: '10.9.0.0/24', initialWindow: 17 })
    const many = Array.from(
      { length: 4097 },
      (_, i): TuningRule => ({ to: `10.${i >> 8}.${i & 255}.0/24`, initialWindow: 2 }),
    )
    expect(() => tuning.setRules(many)).toThrow('rules: full, limit 4096 entries')
    expect(windows()[0]).toBe(17)
    tuning.setRules(many.slice(0, 4000))
    expect(windows()[0]).toBe(2)
  })
})

function writeSysctl(name: string, value: number): void {
  writeFileSync(`/proc/sys/net/${name}`, `${value}`)
}
