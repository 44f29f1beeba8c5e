import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { congestionControl, hostKernel } from '@tscc/syscall'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Cgroup, cgroup, pair, sleep, transfer, type Wire, wire } from '../../../packages/sock-ops/test/net.ts'
import { measured } from '../../../tools/measured.ts'
import { needs } from '../../../tools/needs.ts'
import { bin, buildFirst, jsonOf, scratch, tscc } from './tscc.ts'

buildFirst()
const file = scratch()

describe('rules files', () => {
  const check = (text: string) => {
    const path = file('rules.yaml', text)
    const { status, stderr } = tscc(['apply', '--check', path])
    return [status, stderr.replaceAll(path, 'rules.yaml').split('\n')[0]]
  }

  it.each([
    ['rules: []', [0, 'rules.yaml: 0 rules, nothing wrong']],
    [
      'rules:\n- {name: a, use: bbr, to: 10.0.0.0/8, port: 80-90, side: accept, percent: 2.5}',
      [0, 'rules.yaml: 1 rules, nothing wrong'],
    ],
    ['rules:\n- {name: a, use: bbr, prot: 80}', [1, 'error: rules.yaml:2:3 error: rules[0]: there is no prot here']],
    [
      'rules:\n- name: a\n  use: bbr\n  side: out',
      [1, 'error: rules.yaml:4:9 error: rules[0].side: must be connect, accept, both'],
    ],
    [
      'rules:\n- name: a\n  use: bbr\n  percent: 0',
      [1, 'error: rules.yaml:4:12 error: rules[0].percent: must be >= 0.01'],
    ],
    ['rules: [', [1, expect.stringMatching(/^error: rules.yaml:1:\d+ error: /)]],
    ['- a', [1, 'error: rules.yaml:1:1 error: the file: must be object']],
    ['rules:\n- {name: a}', [1, "error: rules.yaml:2:3 error: rules[0]: must have required property 'use'"]],
  ])('%j', (text, expected) => {
    expect(check(text)).toEqual(expected)
  })

  it('bombs of aliases are refused in time', () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) => `l${i + 1}: &l${i + 1} [${Array.from({ length: 10 }, () => `*l${i}`).join(',')}]`,
    )
    const begin = Date.now()
    expect(check(`l0: &l0 [x]\n${levels.join('\n')}\nrules: []`)[0]).toBe(1)
    expect(Date.now() - begin).toBeLessThan(20_000)
  })

  it('prints its schema', () => {
    expect(jsonOf(tscc(['apply', '--schema']))).toMatchObject({ title: 'tscc rules', required: ['rules'] })
  })
})

it.each([
  [['use', '--percent', '5'], /--percent is of a rule/],
  [['use', 'bbr', '--clear'], /--remove and --clear take rules away/],
  [['use', 'bbr', '--until', 'retrans > 2x'], /--until compares with connections that were left as they were/],
  [['use', 'bbr', '--until', 'loss > 2x', '--percent', '5'], /expected 'retrans > 2x'/],
  [['use', 'bbr', '--port', '80-70'], /expected a port, or FIRST-LAST/],
  [['use', 'bbr', '--percent', '101'], /from 0.01 to 100/],
  [['top', '--interval', '0'], /0.1 to 3600 seconds/],
  [['top', '--compare', 'a'], /two names/],
])('%j is wrong usage', (args, message) => {
  const { status, stderr } = tscc(args)
  expect(stderr).toMatch(message)
  expect(status).toBe(2)
})

const able = needs('root', 'bpf_ids', 'struct_ops_link', 'namespaces')

describe.skipIf(!able)('connections by congestion control', measured, () => {
  const kernel = hostKernel()
  const pins = `/sys/fs/bpf/tscc-use-test-${process.pid}`
  const [fast, slow] = ['f', 's'].map((letter) => `use_${letter}_${process.pid % 1_000_000}`) as [string, string] // of two letters
  let net: Wire
  let group: Cgroup
  beforeAll(() => {
    for (const [name, source] of [
      [fast, 'reno'],
      [slow, fileURLToPath(new URL('programs/slow.bpf.ts', import.meta.url))],
    ] as const)
      expect(tscc(['register', source, '--name', name])).toMatchObject({ status: 0 })
    net = wire()
    group = cgroup('use')
  }, 300_000)
  afterEach(() => {
    expect(tscc(['use', '--clear', '--pins', pins]).status).toBe(0)
    expect(existsSync(pins)).toBe(false)
  })
  afterAll(() => {
    group.close()
    net.close()
    for (const name of [fast, slow]) tscc(['unregister', name])
  })
  const use = (...args: readonly string[]) => tscc(['use', ...args, '--pins', pins])
  const chosen = (address = '10.9.0.2'): string =>
    group.within(() => {
      using connection = pair(net, { address })
      return congestionControl(kernel, connection.client)
    })

  it('adds, lists, changes and removes rules, live', () => {
    const byDefault = chosen()
    expect(use()).toMatchObject({ status: 0, stderr: 'no rules: every connection gets the default of its socket\n' })
    expect(
      use(fast, '--to', '10.9.0.0/24', '--cgroup', group.path, '--side', 'connect', '--name', 'mine'),
    ).toMatchObject({ status: 0 })
    expect([chosen('10.9.0.2'), chosen('fd09::2')]).toEqual([fast, byDefault])
    expect(use().stdout).toMatch(
      new RegExp(`^mine +${fast} +10.9.0.0/24 +any +we connect +${group.path.replace(/.*\//, '')} +100 % +1 +0`, 'm'),
    )
    expect(use(slow, '--to', '10.9.0.3', '--cgroup', group.path, '--before', 'mine')).toMatchObject({ status: 0 })
    expect([chosen('10.9.0.2'), chosen('10.9.0.3')]).toEqual([fast, slow])
    const rules = jsonOf(use('--json')) as { rule: { name: string }; chosen: { matched: number } }[]
    expect(rules.map(({ rule, chosen }) => [rule.name, chosen.matched])).toEqual([
      [`${slow}-10.9.0.3-${group.path.replace(/.*\//, '')}`.slice(0, 22).padEnd(22), expect.any(Number)].map((one) =>
        typeof one === 'string' ? expect.stringMatching(/^use_s_/) : one,
      ),
      ['mine', 2],
    ])
    expect(use('--remove', 'min')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('min: the policy has no rule of this name; did you mean mine?'),
    })
    expect(use('--remove', 'mine')).toMatchObject({ status: 0 })
    expect(chosen('10.9.0.2')).toBe(byDefault)
    expect(use('no_such_cc')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('no_such_cc: the kernel has no congestion control of this name'),
    })
  })

  it('a file is applied, twice the same is nothing, and a congestion control that goes is told of', () => {
    const name = `use_g_${process.pid % 1_000_000}`
    expect(tscc(['register', 'reno', '--name', name])).toMatchObject({ status: 0 })
    const path = file('policy.yaml', `rules:\n- {name: one, use: ${name}, cgroup: ${group.path}, side: connect}\n`)
    const apply = () => tscc(['apply', path, '--pins', pins])
    expect(apply()).toMatchObject({ status: 0, stderr: 'added: one\n' })
    expect(apply()).toMatchObject({ status: 0, stderr: 'kept: one\n' })
    expect(chosen()).toBe(name)
    // Sockets keep what they have; new ones get the default.
    group.within(() => {
      using connection = pair(net)
      expect(tscc(['unregister', name]).status).toBe(0)
      expect(congestionControl(kernel, connection.client)).toBe(name)
    })
    expect(chosen()).not.toBe(name)
    expect(use().stderr).toBe(`one: the kernel has no ${name} any more; 1 connections kept the default\n`)
    expect(apply()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`${name}: the kernel has no congestion control`),
    })
  })

  it('a rule takes itself back once its condition surely holds: two segments at a time have a shorter RTT', async () => {
    const args = [
      slow,
      '--cgroup',
      group.path,
      '--side',
      'connect',
      '--percent',
      '50',
      '--name',
      'canary',
      '--until',
      'retrans > 3x, rtt < 0.9x',
    ]
    const child = spawn(process.execPath, [bin, 'use', ...args, '--pins', pins, '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const seen = { stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      seen.stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      seen.stderr += text
    })
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    const state = { status: undefined as number | null | undefined }
    void ended.then((status) => {
      state.status = status
    })
    await vi.waitFor(() => expect(seen.stderr).toContain('watching'), 30_000)
    const end = Date.now() + 60_000
    while (state.status === undefined && Date.now() < end) {
      using connection = group.within(() => pair(net))
      await transfer(connection.client, connection.server, 200_000)
      // The command's end is to be noticed, too.
      await sleep(1)
    }
    expect(await ended).toBe(1)
    expect(JSON.parse(seen.stdout)).toMatchObject({
      outcome: 'rolled back',
      reason: expect.stringContaining('rtt < 0.9x holds'),
    })
    expect(seen.stderr).toContain('watching canary: retrans > 3x, rtt < 0.9x; ^C takes it back')
    expect(jsonOf(use('--json'))).toEqual([])
  }, 120_000)

  it('a canary that is no worse is kept when the time is over; one that is stopped is taken back', async () => {
    const canary = [fast, '--cgroup', group.path, '--percent', '50', '--name', 'canary', '--until', 'retrans > 2x']
    expect(use(...canary, '--for', '1')).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('canary: kept after 1 s'),
    })
    expect(jsonOf(use('--json'))).toHaveLength(1)
    const child = spawn(process.execPath, [bin, 'use', ...canary, '--pins', pins], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes('watching')) child.kill('SIGINT')
    })
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(1)
    expect(jsonOf(use('--json'))).toEqual([])
  }, 60_000)
})
