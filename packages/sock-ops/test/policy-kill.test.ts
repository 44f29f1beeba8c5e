import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { StructOps } from '@tscc/bpf'
import { loadLive } from '@tscc/compiler/live'
import { applyPolicy, clearPolicy, type PolicyRule, policyRules } from '@tscc/sock-ops'
import { congestionControl, hostKernel, pinExists } from '@tscc/syscall'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshDist } from '../../../tools/fresh-dist.ts'
import { needs } from '../../../tools/needs.ts'
import { type Cgroup, cgroup, pair, type Wire, wire } from './net.ts'

/** How often a process that changes the policy is killed: POLICY_KILLS, 10 by default, 200 in CI. */
const kills = Number(process.env.POLICY_KILLS ?? 10)
const script = fileURLToPath(new URL('apply-loop.mjs', import.meta.url))

describe.skipIf(!needs('root', 'bpf_ids', 'namespaces'))('a policy whose changes are killed', () => {
  const kernel = hostKernel()
  const folder = `/sys/fs/bpf/tscc-policy-kill-${process.pid}`
  const names = ['a', 'b'].map((letter) => `pk_${letter}_${process.pid % 1_000_000}`)
  const opened: { close(): void }[] = []
  let net: Wire
  let groups: readonly Cgroup[]
  beforeAll(async () => {
    await freshDist()
    for (const name of names) {
      const live = loadLive(fileURLToPath(new URL('../../algos/src/reno.bpf.ts', import.meta.url)))
      const { default: reno } = live.exports as unknown as { readonly default: StructOps } // as the file declares it
      opened.push(reno.attach({ name }), live)
    }
    net = wire()
    const outer = cgroup('kill')
    groups = [outer, ...['inner-a', 'inner-b'].map((name) => cgroup(name, outer.path))]
  }, 300_000)
  afterAll(() => {
    clearPolicy({ folder })
    for (const group of [...groups].reverse()) group.close()
    net.close()
    for (const one of opened) one.close()
  })

  /** The two policies have rules at other cgroups too, so that programs come and go; the last rule is at the same one. */
  const policies = (): readonly (readonly PolicyRule[])[] =>
    names.map((use, i) => [
      { name: `only-${i}`, use, to: ['192.0.2.0/24'], cgroup: groups[1 + i]?.path ?? '' },
      ...Array.from({ length: 20 }, (_, k) => ({
        name: `n${k}`,
        use,
        to: [`198.51.${i}.${k}`],
        cgroup: groups[0]?.path ?? '',
      })),
      { name: `all-${i}`, use, cgroup: groups[0]?.path ?? '', side: 'connect' as const },
    ])

  const inForce = (): string =>
    JSON.stringify(
      policyRules({ folder })
        .map(({ rule }) => rule.name)
        .sort(),
    )
  const namesOf = (rules: readonly PolicyRule[]): string => JSON.stringify(rules.map(({ name }) => name).sort())

  /** A process that changes the policy over and over, and has said that it begins. */
  async function changing() {
    const child = spawn(process.execPath, [script, folder, ...policies().map((one) => JSON.stringify(one))], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    return child
  }

  /** One that is killed after some ms. */
  async function killed(after: number): Promise<void> {
    const child = await changing()
    await new Promise((resolve) => setTimeout(resolve, after))
    child.kill('SIGKILL')
    await once(child, 'close')
  }

  /** How long four changes take, ms. */
  async function fourChanges(): Promise<number> {
    const child = await changing()
    const begin = Date.now()
    for (let done = 0; done < 4; ) done += String((await once(child.stdout, 'data'))[0]).length
    child.kill('SIGKILL')
    await once(child, 'close')
    return Date.now() - begin
  }

  const chosen = (): string | undefined =>
    groups[1]?.within(() => {
      using connection = pair(net)
      return congestionControl(kernel, connection.client)
    })

  test(
    `the old rules or the new ones are in force, never neither: ${kills} times`,
    async () => {
      const [a = [], b = []] = policies()
      applyPolicy(a, { folder })
      const seen = new Set<string>()
      const state = { x: process.pid }
      const span = await fourChanges()
      applyPolicy(a, { folder })
      // More often where chance had all of them hit the same state: few kills, or a machine whose speed changes.
      for (let i = 0; i < kills || (seen.size < 2 && i < 10 * kills); i++) {
        state.x = (Math.imul(state.x, 1664525) + 1013904223) >>> 0
        await killed((state.x / 2 ** 32) * span)
        const now = inForce()
        seen.add(now)
        expect([namesOf(a), namesOf(b)], `kill ${i}`).toContain(now)
        expect(chosen()).toBe(now === namesOf(a) ? names[0] : names[1])
      }
      // What was killed has not taken the policy's lock with it, and what it left half done is cleared away.
      applyPolicy(a, { folder })
      expect(inForce()).toBe(namesOf(a))
      expect(readdirSync(folder).filter((name) => name.startsWith('scope_'))).toHaveLength(2)
      expect(seen.size).toBe(2)
    },
    60_000 + 3000 * kills,
  )

  test(
    'from nothing: no rules or the first ones',
    async () => {
      const [a = [], b = []] = policies()
      for (let i = 0; i < Math.ceil(kills / 5); i++) {
        clearPolicy({ folder })
        expect(pinExists(folder)).toBe(false)
        await killed(i * 8)
        expect([namesOf([]), namesOf(a), namesOf(b)]).toContain(inForce())
        applyPolicy(a, { folder })
        expect(inForce()).toBe(namesOf(a))
      }
    },
    20_000 + 3000 * kills,
  )
})
