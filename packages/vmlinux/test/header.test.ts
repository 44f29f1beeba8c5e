import { readFileSync } from 'node:fs'
import {
  type Btf,
  callbackSignatures,
  enumValues,
  findType,
  kindOf,
  membersOf,
  nameOf,
  parseBtf,
  resolveField,
  signatureText,
  sizeOf,
  skipModifiers,
  structOpsLayout,
  typeOf,
  typesOfKind,
} from '@tscc/btf'
import { hostKernel, loadBtf } from '@tscc/syscall'
import { availability, headerBtf, partAvailability } from '@tscc/vmlinux/header'
import { describe, expect, it, vi } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { fixtureKernels, generatedFiles } from '../tools/generate.mjs'
import { structs } from '../tools/roots.mjs'

interface FixtureKernel {
  readonly series: string
  readonly release: string
  readonly btf: Btf
}

const header = parseBtf(headerBtf())
const kernels: readonly FixtureKernel[] = fixtureKernels()
const allSeries = [...new Set(kernels.map((kernel) => kernel.series))]

/** Written anew here: whether a range of the table covers a series. */
function covers(range: string, series: string): boolean {
  const at = allSeries.indexOf(series)
  return range.split(',').some((part) => {
    const [from = '', to = from] = part.includes('..') ? part.split('..') : [part, part]
    const first = from === '' ? 0 : allSeries.indexOf(from)
    const last = to === '' ? allSeries.length - 1 : allSeries.indexOf(to)
    return at >= first && at <= last
  })
}

/** Paths of everything in a struct that has a name, into members whose types have none. */
function pathsIn(btf: Btf, id: number): readonly string[] {
  return membersOf(btf, id)
    .filter((member) => !member.name.startsWith('__cacheline_group_'))
    .flatMap((member) => {
      const target = skipModifiers(btf, member.typeId)
      const inside = ['struct', 'union'].includes(kindOf(btf, target)) && nameOf(btf, target) === ''
      return [member.name, ...(inside ? pathsIn(btf, target).map((path) => `${member.name}.${path}`) : [])]
    })
}

const hasField = (btf: Btf, struct: string, path: string): boolean => {
  const id = findType(btf, struct, 'struct') ?? findType(btf, struct, 'union')
  return id !== undefined && pathsIn(btf, id).includes(path)
}

describe('headerBtf', () => {
  it('is what the generator makes of the fixtures', () => {
    for (const [name, text] of Object.entries(generatedFiles()))
      expect(readFileSync(new URL(`../src/generated/${name}`, import.meta.url), 'utf8'), name).toBe(text)
  })

  it('is the same bytes where there is no Buffer', () => {
    const here = headerBtf()
    vi.stubGlobal('Buffer', undefined)
    try {
      const there = headerBtf()
      expect(there.constructor).toBe(Uint8Array)
      expect(there).toEqual(here)
    } finally {
      vi.unstubAllGlobals()
    }
  })

  it.each(kernels.map((kernel) => [kernel.release, kernel] as const))('has every member of %s', (_, { btf }) => {
    const found = structs.flatMap((struct) => {
      const id = findType(btf, struct, 'struct')
      return id === undefined ? [] : pathsIn(btf, id).map((path) => `${struct}.${path}`)
    })
    expect(found.length).toBeGreaterThan(700)
    const lacking = found.filter((path) => {
      const [struct = '', ...rest] = path.split('.')
      return !hasField(header, struct, rest.join('.'))
    })
    // Types that became others: two numbers on 6.1 that are one word since, and the inside of a lock
    const changed = ['inet_sock.local_port_range.lo', 'inet_sock.local_port_range.hi', 'sock.sk_callback_lock.raw_lock']
    expect(lacking.filter((path) => !changed.includes(path))).toEqual([])
  })

  it('has members that do not overlap, but for unions', () => {
    for (const id of typesOfKind(header, 'struct')) {
      const type = typeOf(header, id)
      if (type.kind !== 'struct') throw new Error('not a struct')
      let end = 0
      for (const member of type.members) {
        expect(member.bitOffset, `${type.name}.${member.name}`).toBeGreaterThanOrEqual(end)
        end = member.bitOffset + (member.bitSize || 8 * sizeOf(header, member.typeId))
      }
      expect(8 * type.size).toBeGreaterThanOrEqual(end)
    }
  })

  it.skipIf(!needs('root', 'bpf_ids'))('is BTF that the running kernel takes', () => {
    loadBtf(hostKernel(), headerBtf()).close()
  })

  it('has the newest prototypes and the names of their parameters', () => {
    const texts = callbackSignatures(header, 'tcp_congestion_ops').map(signatureText)
    expect(texts).toContain('void cong_control(struct sock *sk, u32 ack, int flag, const struct rate_sample *rs)')
    expect(texts).toContain('void pkts_acked(struct sock *sk, const struct ack_sample *sample)')
    expect(texts).toContain('void cwnd_event_tx_start(struct sock *sk)')
    expect(structOpsLayout(header, 'tcp_congestion_ops').members.map((one) => one.name)).toEqual(
      expect.arrayContaining(['ssthresh', 'undo_cwnd', 'cong_avoid', 'name', 'flags', 'key', 'owner']),
    )
  })

  it('keeps bitfields and finds fields through embedded structs', () => {
    expect(resolveField(header, 'tcp_sock', 'is_cwnd_limited').bitfield?.bitSize).toBe(1)
    expect(resolveField(header, 'tcp_sock', 'icsk_ack.pending').path).toBe('inet_conn.icsk_ack.pending')
    expect(resolveField(header, 'tcp_sock', 'icsk_ca_priv').size).toBe(104)
  })
})

describe('the part of io_uring_bpf_ops', () => {
  const part = parseBtf(headerBtf('io_uring_bpf_ops'))

  it('has the names that the kernel gives the arguments, in stubs that are not called as the type is', () => {
    const [step] = callbackSignatures(part, 'io_uring_bpf_ops')
    expect(step?.stub).toBe(true)
    expect(step?.parameters.map(({ name }) => name)).toEqual(['ctx', 'lp'])
  })

  it('says what a ring’s context is called since when', () => {
    expect(partAvailability('io_uring_bpf_ops')).toEqual({ 'struct:iou_ctx': '7.2..' })
  })
})

describe('availability', () => {
  const fields = structs.flatMap((struct) => {
    const id = findType(header, struct, 'struct')
    return id === undefined ? [] : pathsIn(header, id).map((path) => [struct, path] as const)
  })

  it.each(allSeries)('agrees with the kernels of %s, field by field', (series) => {
    const builds = kernels.filter((kernel) => kernel.series === series)
    for (const [struct, path] of fields) {
      const parents = path.split('.').map((_, i, parts) => parts.slice(0, i + 1).join('.'))
      const ranges = [availability[`struct:${struct}`], ...parents.map((one) => availability[`${struct}.${one}`])]
      const told = ranges.every((range) => range === undefined || covers(range, series))
      expect(told, `${struct}.${path} on ${series}`).toBe(builds.every(({ btf }) => hasField(btf, struct, path)))
      if (!told) continue
      for (const { btf } of builds) expect(() => resolveField(btf, struct, path), path).not.toThrow()
    }
  })

  it.each(allSeries)('agrees with the kernels of %s in constants and functions', (series) => {
    const builds = kernels.filter((kernel) => kernel.series === series)
    const constantsOf = (btf: Btf): ReadonlySet<string> =>
      new Set(typesOfKind(btf, 'enum').flatMap((id) => enumValues(btf, id).map((value) => `enumerator:${value.name}`)))
    const functionsOf = (btf: Btf): ReadonlySet<string> =>
      new Set(typesOfKind(btf, 'func').map((id) => `func:${nameOf(btf, id)}`))
    for (const namesOf of [constantsOf, functionsOf]) {
      const here = builds.map(({ btf }) => namesOf(btf))
      for (const name of namesOf(header)) {
        const range = availability[name]
        const told = range === undefined || covers(range, series)
        expect(told, `${name} on ${series}`).toBe(here.every((names) => names.has(name)))
      }
    }
  })

  it('names nothing that the header lacks', () => {
    const rows = Object.keys(availability).filter((name) => !name.includes(':'))
    for (const name of rows) {
      const [struct = '', ...rest] = name.split('.')
      expect(hasField(header, struct, rest.join('.')), name).toBe(true)
    }
  })

  it('tells what was measured', () => {
    expect(availability['tcp_congestion_ops.cwnd_event_tx_start']).toBe('7.1..')
    expect(availability['tcp_sock.accecn_minlen']).toBe('6.18..')
    expect(availability['tcp_sock.snd_cwnd']).toBeUndefined()
    expect(availability['func:tcp_slow_start']).toBeUndefined()
  })
})
