import {
  alignOf,
  btfErrors,
  encodeBtf,
  findType,
  findTypes,
  kfuncs,
  kindOf,
  membersOf,
  nameOf,
  parseBtf,
  resolveField,
  sizeOf,
  structOpsTypes,
  typeCount,
  typeOf,
} from '@tscc/btf'
import { expect, test } from 'vitest'
import { runTool, vmlinux, vmlinuxPath } from './vmlinux.ts'

const dump = vmlinux === undefined ? undefined : runTool('bpftool', ['btf', 'dump', 'file', vmlinuxPath, '-j'])

/** One type as `bpftool -j` prints it. */
interface Dumped {
  readonly id: number
  readonly kind: string
  readonly name: string
  readonly size?: number
  readonly type_id?: number
  readonly ret_type_id?: number
  readonly nr_elems?: number
  readonly index_type_id?: number
  readonly nr_bits?: number
  readonly encoding?: string
  readonly fwd_kind?: string
  readonly linkage?: string
  readonly component_idx?: number
  readonly members?: readonly { name: string; type_id: number; bits_offset: number; bitfield_size?: number }[]
  readonly values?: readonly { name: string; val: number }[]
  readonly params?: readonly { name: string; type_id: number }[]
  readonly vars?: readonly { type_id: number; offset: number; size: number }[]
}

test.skipIf(dump === undefined)(`every type of vmlinux as bpftool prints it (needs ${vmlinuxPath} and bpftool)`, () => {
  if (vmlinux === undefined || dump === undefined) return
  const btf = parseBtf(vmlinux)
  const parsed: { readonly types: readonly Dumped[] } = JSON.parse(dump)
  expect(typeCount(btf)).toBe(parsed.types.length)
  const anon = (name: string) => (name === '' ? '(anon)' : name)
  const differences: string[] = []
  for (const want of parsed.types) {
    const type = typeOf(btf, want.id)
    const same = (...pairs: readonly (readonly [unknown, unknown])[]) => {
      for (const [mine, theirs] of pairs)
        if (mine !== theirs) differences.push(`[${want.id}] ${want.kind} ${want.name}: ${mine} != ${theirs}`)
    }
    same([type.kind.toUpperCase(), want.kind], [anon(type.name), want.name])
    if ('size' in type) same([type.size, want.size])
    if ('typeId' in type) same([type.typeId, want.type_id])
    switch (type.kind) {
      case 'int': {
        const encoding = type.signed ? 'SIGNED' : type.char ? 'CHAR' : type.bool ? 'BOOL' : '(none)'
        same([type.bits, want.nr_bits], [encoding, want.encoding])
        break
      }
      case 'array':
        same([type.length, want.nr_elems], [type.indexTypeId, want.index_type_id])
        break
      case 'struct':
      case 'union':
        same([type.members.length, want.members?.length])
        for (const [i, member] of type.members.entries()) {
          const other = want.members?.[i]
          same([anon(member.name), other?.name], [member.typeId, other?.type_id])
          same([member.bitOffset, other?.bits_offset], [member.bitSize, other?.bitfield_size ?? 0])
        }
        break
      case 'enum':
      case 'enum64':
        same([type.values.length, want.values?.length], [type.signed ? 'SIGNED' : 'UNSIGNED', want.encoding])
        for (const [i, value] of type.values.entries()) {
          const other = want.values?.[i]
          same([value.name, other?.name])
          // bpftool 7.1 sign-extends unsigned values in JSON, whose numbers also lose digits.
          const val = other?.val ?? Number.NaN
          const extended = type.kind === 'enum' && !type.signed && val > 0xffff_ffff
          same([Number(extended ? BigInt.asUintN(64, BigInt.asIntN(32, BigInt(value.value))) : value.value), val])
        }
        break
      case 'fwd':
        same([type.of, want.fwd_kind])
        break
      case 'func':
      case 'var':
        same([type.linkage, want.linkage === 'global-alloc' ? 'global' : want.linkage])
        break
      case 'func_proto':
        same([type.returnTypeId, want.ret_type_id], [type.params.length, want.params?.length])
        for (const [i, param] of type.params.entries())
          same([anon(param.name), want.params?.[i]?.name], [param.typeId, want.params?.[i]?.type_id])
        break
      case 'datasec':
        for (const [i, entry] of type.vars.entries()) {
          const other = want.vars?.[i]
          same([entry.typeId, other?.type_id], [entry.offset, other?.offset], [entry.size, other?.size])
        }
        break
      case 'decl_tag':
        same([type.component, want.component_idx])
        break
    }
    if (differences.length > 20) break
  }
  expect(differences).toEqual([])
})

test.skipIf(vmlinux === undefined)(`names of vmlinux: one by one, together, and by kind (needs ${vmlinuxPath})`, () => {
  if (vmlinux === undefined) return
  const reference = parseBtf(vmlinux)
  const lowest = new Map<string, number>()
  const lowestOfKind = new Map<string, number>()
  for (let id = typeCount(reference); id > 0; id--) {
    lowest.set(nameOf(reference, id), id)
    lowestOfKind.set(`${kindOf(reference, id)} ${nameOf(reference, id)}`, id)
  }
  const names = [...lowest.keys()].filter((name, i) => name !== '' && i % 97 === 0)
  const wanted = names.map((name) => lowest.get(name))
  expect(findTypes(parseBtf(vmlinux), names)).toEqual(wanted)
  const one = parseBtf(vmlinux)
  expect(names.map((name) => findType(one, name))).toEqual(wanted)
  const few = ['tcp_sock', 'u8', 'no_such_type', 'list_head', '']
  expect(findTypes(parseBtf(vmlinux), few)).toEqual(few.map((name) => (name === '' ? undefined : lowest.get(name))))
  for (const [kind, name] of [
    ['struct', 'tcp_sock'],
    ['func', 'tcp_slow_start'],
    ['typedef', 'u64'],
    ['enum', 'tcp_ca_state'],
  ] as const)
    expect(findType(parseBtf(vmlinux), name, kind)).toBe(lowestOfKind.get(`${kind} ${name}`))
  expect(findType(parseBtf(vmlinux), 'tcp_sock', 'union')).toBeUndefined()
})

test.skipIf(vmlinux === undefined)(`tcp_sock on the live kernel (needs ${vmlinuxPath})`, () => {
  if (vmlinux === undefined) return
  const btf = parseBtf(vmlinux)
  const cwnd = resolveField(btf, 'tcp_sock', 'snd_cwnd')
  expect(cwnd).toMatchObject({ kind: 'int', size: 4, signed: false, path: 'snd_cwnd' })
  expect(cwnd.bitfield).toBeUndefined()
  const state = resolveField(btf, 'tcp_sock', 'icsk_ca_state')
  expect(state).toEqual(resolveField(btf, 'tcp_sock', 'inet_conn.icsk_ca_state'))
  expect(state.bitfield?.bitSize).toBe(5)
  expect(state.size).toBe(1)
  const [first, fourth] = [0, 3].map((i) => resolveField(btf, 'tcp_sock', `inet_conn.icsk_ca_priv[${i}]`))
  expect((fourth?.offset ?? 0) - (first?.offset ?? 0)).toBe(24)
  expect(resolveField(btf, 'tcp_sock', 'sk_pacing_rate')).toEqual(
    resolveField(btf, 'tcp_sock', 'inet_conn.icsk_inet.sk.sk_pacing_rate'),
  )
  try {
    resolveField(btf, 'tcp_sock', 'snd_cwnd_cntt')
    expect.unreachable()
  } catch (error) {
    expect(btfErrors.is(error, 'btf/unknown-field') && error.context.nearest[0]).toBe('snd_cwnd_cnt')
  }
  const ops = structOpsTypes(btf).find((entry) => entry.name === 'tcp_congestion_ops')
  expect(ops).toMatchObject({ valueName: 'bpf_struct_ops_tcp_congestion_ops', dataOffset: 64 })
  expect(kfuncs(btf).map((entry) => entry.name)).toContain('tcp_slow_start')
  const sock = findType(btf, 'tcp_sock', 'struct') ?? 0
  expect(sizeOf(btf, sock) % alignOf(btf, sock)).toBe(0)
  expect(membersOf(btf, sock).length).toBeGreaterThan(100)
})

test.skipIf(vmlinux === undefined)(`vmlinux survives a turn of byte order and back (needs ${vmlinuxPath})`, () => {
  if (vmlinux === undefined) return
  const swapped = encodeBtf(parseBtf(vmlinux), { littleEndian: false })
  const big = parseBtf(swapped)
  expect(big.littleEndian).toBe(false)
  expect(nameOf(big, findType(big, 'tcp_sock') ?? 0)).toBe('tcp_sock')
  expect(Buffer.compare(encodeBtf(big, { littleEndian: true }), vmlinux)).toBe(0)
})
