import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Attached, StructOps } from '@tscc/bpf'
import { loadLive } from '@tscc/compiler/live'
import { compileFile } from '@tscc/compiler/node'
import { linkObject, linkTarget } from '@tscc/object'
import { applyPolicy, clearPolicy, editPolicy, type PolicyRule, policyRules, sockOpsErrors } from '@tscc/sock-ops'
import {
  attachCgroup,
  congestionControl,
  hostKernel,
  kernelFiles,
  loadPlan,
  lookupElement,
  openPinnedMap,
  updateElement,
} from '@tscc/syscall'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { measured } from '../../../tools/measured.ts'
import { needs } from '../../../tools/needs.ts'
import { bindPort, type Cgroup, cgroup, type PairOptions, pair, transfer, type Wire, wire } from './net.ts'

const able = needs('root', 'bpf_ids', 'namespaces')

describe.skipIf(!able)('which connections get which congestion control', measured, () => {
  const kernel = hostKernel()
  const folder = `/sys/fs/bpf/tscc-policy-test-${process.pid}`
  /** Two that no machine has by itself, so that nothing is their default. */
  const [first, second] = ['a', 'b'].map((letter) => `pol_${letter}_${process.pid % 1_000_000}`) as [string, string] // of two letters
  const opened: { close(): void }[] = []
  let net: Wire
  let group: Cgroup
  let byDefault: string
  beforeAll(() => {
    for (const name of [first, second]) {
      const live = loadLive(fileURLToPath(new URL('../../algos/src/reno.bpf.ts', import.meta.url)))
      const { default: reno } = live.exports as unknown as { readonly default: StructOps } // as the file declares it
      const link: Attached = reno.attach({ name })
      opened.push(link, live)
    }
    net = wire()
    group = cgroup('policy')
    byDefault = chosen()[0]
  })
  afterEach(() => {
    clearPolicy({ folder })
    expect(existsSync(folder)).toBe(false)
  })
  afterAll(() => {
    group.close()
    net.close()
    for (const one of opened) one.close()
  })

  const rule = (more: Partial<PolicyRule> & { readonly name: string }): PolicyRule => ({
    use: first,
    cgroup: group.path,
    ...more,
  })

  /** What both ends have, the listener being outside of the cgroup unless it is said. */
  function chosen(options: PairOptions = {}): readonly [client: string, server: string] {
    using connection = group.within(() => pair(net, options))
    return [congestionControl(kernel, connection.client), congestionControl(kernel, connection.server)]
  }

  test('by destination: networks of both families, the longest being no matter, the first rule that fits decides', () => {
    applyPolicy(
      [
        rule({ name: 'one', use: second, to: ['10.9.0.3/32', 'fd09::3'], side: 'connect' }),
        rule({ name: 'all', to: ['10.9.0.0/24', 'fd09::/64'], side: 'connect' }),
      ],
      { folder },
    )
    expect(['10.9.0.2', '10.9.0.3', 'fd09::2', 'fd09::3'].map((address) => chosen({ address })[0])).toEqual([
      first,
      second,
      first,
      second,
    ])
    expect(policyRules({ folder }).map(({ rule: { name, to }, chosen }) => [name, to, chosen.matched])).toEqual([
      ['one', ['10.9.0.3/32', 'fd09::3/128'], 2],
      ['all', ['10.9.0.0/24', 'fd09::/64'], 2],
    ])
  })

  test('by port and side: the service port is the remote one of who connects, the local one of who accepts', () => {
    applyPolicy(
      [
        rule({ name: 'served', use: second, port: 4000, side: 'accept' }),
        rule({ name: 'asked', port: [4000, 4001], side: 'connect' }),
      ],
      { folder },
    )
    // Both ends are in the cgroup.
    const both = (port: number) =>
      group.within(() => {
        using connection = pair(net, { port })
        return [connection.client, connection.server].map((fd) => congestionControl(kernel, fd))
      })
    expect([4000, 4001, 4002].map(both)).toEqual([
      [first, second],
      [first, byDefault],
      [byDefault, byDefault],
    ])
  })

  test('rules of a cgroup below go before those of the cgroups above it', () => {
    const below = cgroup('below', group.path)
    try {
      applyPolicy(
        [
          rule({ name: 'above' }),
          rule({ name: 'below', use: second, cgroup: below.path, to: ['10.9.0.3'], side: 'connect' }),
        ],
        { folder },
      )
      const inside = (address: string): string =>
        below.within(() => {
          using connection = pair(net, { address })
          return congestionControl(kernel, connection.client)
        })
      expect([inside('10.9.0.3'), inside('10.9.0.2'), chosen({ address: '10.9.0.3' })[0]]).toEqual([
        second,
        first,
        first,
      ])
      expect(policyRules({ folder }).map((one) => one.rule.name)).toEqual(['below', 'above'])
    } finally {
      below.close()
    }
    // The cgroup has gone, and with it what was attached there.
    expect(policyRules({ folder }).map(({ rule: { name }, attached }) => [name, attached])).toEqual([
      ['above', true],
      ['below', false],
    ])
    expect(editPolicy((rules) => rules, { folder })).toMatchObject({ kept: ['above'], removed: ['below'] })
  })

  test('a share is chosen by a hash: a greater one keeps those of a lesser one, and about so many are in it', () => {
    const ports = Array.from({ length: 300 }, (_, i) => 20_000 + i)
    // A connection by its tuple: the same one twice is the same choice.
    const choices = (percent: number): readonly boolean[] => {
      applyPolicy([rule({ name: 'canary', percent, side: 'connect' })], { folder })
      return ports.map((local) => chosen({ before: (fd) => bindPort(fd, local) })[0] === first)
    }
    const [ten, forty, again] = [choices(10), choices(40), choices(10)]
    expect(again).toEqual(ten)
    expect(ten.every((is, i) => !is || forty[i])).toBe(true)
    const count = (choice: readonly boolean[]) => choice.filter(Boolean).length
    // Binomial, 4 standard deviations to either side.
    expect(Math.abs(count(ten) - 30)).toBeLessThan(21)
    expect(Math.abs(count(forty) - 120)).toBeLessThan(34)
    const [state] = policyRules({ folder })
    expect([state?.chosen.matched, state?.others.matched]).toEqual([
      2 * count(ten) + count(forty),
      3 * 300 - 2 * count(ten) - count(forty),
    ])
  })

  test('figures of connections that have ended, of those chosen and of the others', async () => {
    applyPolicy([rule({ name: 'half', percent: 50, side: 'connect' })], { folder })
    for (let i = 0; i < 60; i++) {
      using connection = group.within(() => pair(net))
      await transfer(connection.client, connection.server, 20_000)
    }
    const [state] = policyRules({ folder })
    const arms = [state?.chosen, state?.others]
    expect(arms.reduce((sum, arm) => sum + (arm?.matched ?? 0), 0)).toBe(60)
    for (const arm of arms) {
      expect(arm?.ended).toBe(arm?.matched)
      expect(arm?.failed).toBe(0)
      // The kernel counts a SYN or FIN as a byte.
      expect((arm?.bytes ?? 0) - 20_000 * (arm?.ended ?? 0)).toBeLessThanOrEqual(2 * (arm?.ended ?? 0))
      expect(arm?.bytes).toBeGreaterThanOrEqual(20_000 * (arm?.ended ?? 0))
      expect(arm?.segments).toBeGreaterThanOrEqual(14 * (arm?.ended ?? 0))
      expect(arm?.rttMs).toBeGreaterThan(0.001)
      expect(arm?.rttMs).toBeLessThan(50)
      expect(arm?.rateMbps).toBeGreaterThan(1)
    }
    // On the same path, with nothing lost, they do not differ: the interval holds 1, or nearly.
    const { rtt, rate, retransmits } = state?.comparison ?? {}
    for (const one of [rtt, rate]) {
      expect(one?.low).toBeLessThan(1.5)
      expect(one?.high).toBeGreaterThan(0.67)
    }
    expect(retransmits).toBeUndefined()
  })

  test('connections that are open count, where they are asked for', async () => {
    applyPolicy([rule({ name: 'all', side: 'connect' })], { folder })
    using connection = group.within(() => pair(net))
    await transfer(connection.client, connection.server, 50_000)
    const arm = (open: boolean) => net.on('left', () => policyRules({ folder, open })[0]?.chosen)
    expect(arm(false)).toMatchObject({ matched: 1, ended: 0, counted: 0, bytes: 0 })
    expect(arm(true)).toMatchObject({ matched: 1, ended: 0, counted: 1 })
    expect(arm(true)?.segments).toBeGreaterThanOrEqual(34)
    expect(arm(true)?.rttMs).toBeGreaterThan(0)
    connection.close()
    expect(arm(true)).toMatchObject({ matched: 1, counted: 1 })
    expect(arm(true)?.bytes).toBeGreaterThanOrEqual(50_000)
  })

  test('what stays keeps its figures, what means something else begins anew', () => {
    const rules = [rule({ name: 'a', to: ['10.9.0.2'] }), rule({ name: 'b', to: ['10.9.0.3'] })]
    expect(applyPolicy(rules, { folder })).toEqual({ added: ['a', 'b'], changed: [], kept: [], removed: [] })
    chosen({ address: '10.9.0.2' })
    chosen({ address: '10.9.0.3' })
    expect(applyPolicy(rules, { folder })).toEqual({ added: [], changed: [], kept: ['a', 'b'], removed: [] })
    expect(policyRules({ folder }).map((one) => one.chosen.matched)).toEqual([1, 1])
    const [a] = rules
    if (a === undefined) throw new Error('there are two rules')
    expect(
      applyPolicy([rule({ name: 'b', use: second, to: ['10.9.0.3'] }), { ...a, percent: 50 }], { folder }),
    ).toEqual({
      added: [],
      changed: ['b', 'a'],
      kept: [],
      removed: [],
    })
    expect(policyRules({ folder }).map((one) => [one.rule.name, one.chosen.matched])).toEqual([
      ['b', 0],
      ['a', 1],
    ])
    expect(applyPolicy([], { folder })).toMatchObject({ removed: ['b', 'a'] })
    expect(policyRules({ folder })).toEqual([])
    expect(chosen({ address: '10.9.0.3' })[0]).toBe(byDefault)
  })

  test('a congestion control that is not registered: connections keep the default, and it is told', () => {
    applyPolicy([rule({ name: 'none', use: 'no_such_cc', side: 'connect' })], { folder })
    expect(chosen()[0]).toBe(byDefault)
    const [state] = policyRules({ folder })
    expect([state?.registered, state?.chosen.matched, state?.chosen.failed]).toEqual([false, 1, 1])
  })

  test('there is no time at which a new connection gets neither the old nor the new', async () => {
    const sets = [first, second].map((use) => [rule({ name: `to-${use}`, use, side: 'connect' })])
    applyPolicy(sets[0] ?? [], { folder })
    const script = fileURLToPath(new URL('connect-loop.mjs', import.meta.url))
    const child = spawn(process.execPath, [script, group.path], { stdio: ['pipe', 'pipe', 'inherit'] })
    const lines: string[] = []
    child.stdout.setEncoding('utf8').on('data', (text: string) => lines.push(text))
    await once(child.stdout, 'data')
    for (let i = 1; i <= 25; i++) {
      applyPolicy(sets[i % 2] ?? [], { folder })
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    child.stdin.end()
    await once(child, 'close')
    const seen = JSON.parse(lines.join('').split('\n')[1] ?? '') as Record<string, number> // of connect-loop.mjs
    expect(Object.keys(seen).sort()).toEqual([first, second])
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(20)
  })

  test('all programs of a connection look into one table, though another comes into use between them', () => {
    const middle = cgroup('middle', group.path)
    const below = cgroup('below', middle.path)
    const elsewhere = ['192.0.2.1']
    const rules = (above: readonly string[], inside: readonly string[]) => [
      rule({ name: 'above', to: above, side: 'connect' }),
      rule({ name: 'inside', use: second, to: inside, side: 'connect', cgroup: below.path }),
    ]
    // The first table (in half 1) has a rule above, the second (in half 0) one below.
    applyPolicy(rules([], elsewhere), { folder })
    applyPolicy(rules(elsewhere, []), { folder })
    const { object } = compileFile(fileURLToPath(new URL('programs/flip.bpf.ts', import.meta.url)))
    if (object === undefined) throw new Error('flip.bpf.ts has mistakes')
    using current = openPinnedMap(kernel, `${folder}/current`)
    using loaded = loadPlan(kernel, linkObject(object, linkTarget(kernelFiles(kernel))), {
      reuse: new Map([['.bss', current]]),
    })
    const chosenBelow = (half: number): string => {
      updateElement(current, new Uint8Array(4), Uint8Array.of(half))
      return below.within(() => {
        using connection = pair(net)
        return congestionControl(kernel, connection.client)
      })
    }
    try {
      expect([0, 1].map(chosenBelow)).toEqual([second, first])
      {
        using _ = attachCgroup(kernel, loaded.program('flip'), middle.path, 'BPF_CGROUP_SOCK_OPS')
        // Found nothing below in the first table; it is the first one that is looked into above, too.
        expect([0, 1].map(chosenBelow)).toEqual([second, first])
        expect(lookupElement(current, new Uint8Array(4))).toEqual(Uint8Array.of(0))
      }
    } finally {
      clearPolicy({ folder })
      below.close()
      middle.close()
    }
  })

  test.each([
    [{ name: 'a b' }, /^rules\[0\].name: a rule has a name of 1 to 31/],
    [{ name: 'a', use: 'much_too_long_a_name' }, /^rules\[0\].use: a congestion control has a name/],
    [
      { name: 'a', to: ['10.0.0.0/8', '10.0.0.1/8'] },
      /^rules\[0\].to\[1\]: not a prefix.*there are bits behind its length/,
    ],
    [{ name: 'a', to: ['10.0.0.0/33'] }, /^rules\[0\].to\[0\]: not a prefix.*its length is 0 to 32/],
    [{ name: 'a', to: ['x'] }, /^rules\[0\].to\[0\]: not an IPv4 or IPv6 address/],
    [{ name: 'a', port: 70_000 }, /^rules\[0\].port: out of range/],
    [{ name: 'a', port: [5, 4] as const }, /^rules\[0\].port: out of range/],
    [{ name: 'a', percent: 0 }, /^rules\[0\].percent: out of range/],
    [{ name: 'a', cgroup: '/tmp' }, /^\/tmp: not a directory of cgroup v2/],
    [{ name: 'a', cgroup: '/sys/fs/cgroup/no/such' }, /no\/such: not a directory of cgroup v2/],
  ])('%j is refused, and nothing changes', (more, message) => {
    expect(() => applyPolicy([rule(more)], { folder })).toThrow(message)
    clearPolicy({ folder })
  })

  test('too many rules are an error with the limit, and two of a name are', () => {
    const many = Array.from({ length: 300 }, (_, i) => rule({ name: `r${i}`, to: [`10.${i >> 8}.${i & 255}.0/24`] }))
    expect(() => applyPolicy(many, { folder })).toThrow(
      sockOpsErrors.make('full', { map: 'rules of the policy', limit: 128 }).message,
    )
    expect(() => applyPolicy([rule({ name: 'x' }), rule({ name: 'x' })], { folder })).toThrow(/another rule has it/)
    expect(policyRules({ folder })).toEqual([])
  })
})
