import { readFileSync } from 'node:fs'
import { enumValues, findType, kindOf, membersOf, nameOf, parseBtf, skipModifiers, typesOfKind } from '@tscc/btf'
import * as vmlinux from '@tscc/vmlinux'
import { headerBtf, tcpConstants, tcpRoots } from '@tscc/vmlinux/header'
import { describe, expect, it } from 'vitest'
import { typeCheck } from '../../bpf/test/tsc.ts'
import { CONSTANT_DOCS, FUNCTION_DOCS, STRUCT_DOCS } from '../../btf/src/field-docs.ts'
import { fixtureKernels } from '../tools/generate.mjs'

const header = parseBtf(headerBtf())

/** Constants by name in a BTF. */
const constantsOf = (btf: typeof header): ReadonlyMap<string, number> =>
  new Map(
    typesOfKind(btf, 'enum').flatMap((id) =>
      enumValues(btf, id).map((value) => [value.name, Number(value.value)] as const),
    ),
  )

/** Paths of everything in a struct that has a name, into members whose types have none. */
function pathsIn(id: number): readonly string[] {
  return membersOf(header, id).flatMap((member) => {
    const target = skipModifiers(header, member.typeId)
    const inside = ['struct', 'union'].includes(kindOf(header, target)) && nameOf(header, target) === ''
    return [member.name, ...(inside ? pathsIn(target).map((path) => `${member.name}.${path}`) : [])]
  })
}

describe('constants', () => {
  const values = Object.entries(vmlinux).flatMap(([name, value]) =>
    typeof value === 'number' ? [[name, value] as const] : [],
  )

  it("have the newest kernel's values", () => {
    const newest = constantsOf(fixtureKernels().at(-1).btf)
    expect(values.length).toBeGreaterThan(120)
    for (const [name, value] of values) if (newest.has(name)) expect(value, name).toBe(newest.get(name))
    expect(vmlinux).toMatchObject({ TCP_CA_Loss: 4, TCP_ESTABLISHED: 1, SK_PACING_FQ: 2, ICSK_ACK_SCHED: 1 })
  })

  it('are the same on all kernels, but for those that count others', () => {
    const differ = fixtureKernels().flatMap(({ btf }: { readonly btf: typeof header }) => {
      const here = constantsOf(btf)
      return values.filter(([name, value]) => here.has(name) && here.get(name) !== value).map(([name]) => name)
    })
    expect([...new Set(differ)].sort()).toEqual(['BPF_TCP_MAX_STATES', 'TCP_MAX_STATES'])
  })
})

describe('declarations', () => {
  it('are right by themselves, those of libraries checked too', async () => {
    const text = `
      import type * as kernel from '@tscc/vmlinux'
      export type Names = ${tcpRoots
        .filter((name) => (findType(header, name, 'struct') ?? findType(header, name, 'enum')) !== undefined)
        .map((name) => `kernel.${name}`)
        .join(' | ')}
      export type Constants = ${tcpConstants.map((name) => `typeof kernel.${name}`).join(' | ')}`
    expect(await typeCheck([], { 'all.bpf.ts': text }, { skipLibCheck: false })).toEqual([])
  })

  it('say since when, and how to guard', () => {
    const text = readFileSync(new URL('../src/generated/kernel.ts', import.meta.url), 'utf8')
    /** The line before a field. */
    const fieldOf = (struct: string, field: string): string | undefined => {
      const lines = text.slice(text.indexOf(`export interface ${struct} `)).split('\n')
      return lines[lines.indexOf(field) - 1]
    }
    expect(fieldOf('tcp_sock', '  snd_cwnd: u32')).toBe('  /** sending congestion window, segments */')
    expect(fieldOf('tcp_sock', '  readonly srtt_us: u32')).toBe('  /** smoothed round-trip time, us << 3 */')
    expect(fieldOf('tcp_sock', '  readonly total_rto: u16')).toBe(
      '  /** retransmission timeouts since the start. Since 6.12: guard with exists(…) */',
    )
    expect(fieldOf('tcp_congestion_ops', '  readonly cwnd_event_tx_start: (sk: sock) => void')).toBe(
      '  /** The first transmission while nothing was in flight. Since 7.1: other kernels go without */',
    )
  })
})

describe('docs', () => {
  it.each(Object.keys(STRUCT_DOCS))('of %s name fields that it has', (struct) => {
    const id = findType(header, struct, 'struct')
    const paths = new Set(id === undefined ? [] : pathsIn(id))
    expect(Object.keys(STRUCT_DOCS[struct] ?? {}).filter((path) => !paths.has(path))).toEqual([])
  })

  it('name constants and functions that there are', () => {
    const constants = constantsOf(header)
    expect(Object.keys(CONSTANT_DOCS).filter((name) => !constants.has(name))).toEqual([])
    expect(Object.keys(FUNCTION_DOCS).filter((name) => findType(header, name, 'func') === undefined)).toEqual([])
  })
})
