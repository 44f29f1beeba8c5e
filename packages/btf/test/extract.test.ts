import {
  enumValues,
  extractBtf,
  findType,
  funcProto,
  kfuncs,
  membersOf,
  parseBtf,
  referencesOf,
  requireType,
  resolveField,
  sizeOf,
  structOpsTypes,
  typeCount,
  typeOf,
} from '@tscc/btf'
import { expect, test } from 'vitest'
import { fixture, vmlinux } from './vmlinux.ts'

const fields = [
  'snd_cwnd',
  'snd_ssthresh',
  'srtt_us',
  'icsk_ca_state',
  'inet_conn.icsk_ca_priv[12]',
  'sk_pacing_rate',
  'sk_pacing_status',
  'mss_cache',
  'is_cwnd_limited',
]

test('the fixture, cut from a 6.18 kernel: facts that do not move', () => {
  const btf = parseBtf(fixture('tcp-6.18.btf'))
  expect(sizeOf(btf, requireType(btf, 'tcp_congestion_ops', 'struct'))).toBe(192)
  expect(structOpsTypes(btf)).toMatchObject([{ name: 'tcp_congestion_ops', dataOffset: 64 }])
  const value = requireType(btf, 'bpf_struct_ops_tcp_congestion_ops')
  expect(sizeOf(btf, value)).toBe(256)
  const state = resolveField(btf, 'tcp_sock', 'icsk_ca_state')
  expect(state).toMatchObject({ size: 1, bitfield: { bitSize: 5 }, path: 'inet_conn.icsk_ca_state' })
  expect(resolveField(btf, 'tcp_sock', 'mss_cache')).toMatchObject({ kind: 'int', size: 4, signed: false })
  expect(resolveField(btf, 'inet_connection_sock', 'icsk_ca_priv')).toMatchObject({ kind: 'array', size: 104 })
  expect(enumValues(btf, requireType(btf, 'tcp_ca_state', 'enum')).map((entry) => entry.name)).toEqual([
    'TCP_CA_Open',
    'TCP_CA_Disorder',
    'TCP_CA_CWR',
    'TCP_CA_Recovery',
    'TCP_CA_Loss',
  ])
  const control = membersOf(btf, requireType(btf, 'tcp_congestion_ops')).find((m) => m.name === 'cong_control')
  expect(funcProto(btf, control?.typeId ?? 0).params).toHaveLength(4)
  expect(funcProto(btf, requireType(btf, 'bpf_tcp_ca_cong_avoid')).params.map((param) => param.name)).toEqual([
    'sk',
    'ack',
    'acked',
  ])
  expect(kfuncs(btf).map((entry) => entry.name)).toContain('tcp_reno_cong_avoid')
  for (const gone of ['task_struct', 'net']) expect(findType(btf, gone, 'struct')).toBeUndefined()
})

test('an extract is closed, and of an extract the whole is the same', () => {
  const bytes = fixture('tcp-6.18.btf')
  const btf = parseBtf(bytes)
  const count = typeCount(btf)
  for (let id = 1; id <= count; id++)
    for (const reference of referencesOf(typeOf(btf, id))) expect(reference).toBeLessThanOrEqual(count)
  const again = parseBtf(
    extractBtf(
      btf,
      Array.from({ length: count }, (_, i) => i + 1),
      { depth: 0 },
    ),
  )
  expect(typeCount(again)).toBe(count)
  for (let id = 1; id <= count; id++) expect(typeOf(again, id)).toEqual(typeOf(btf, id))
})

test.skipIf(vmlinux === undefined)('an extract of the live kernel has its offsets, in both byte orders', () => {
  if (vmlinux === undefined) return
  const whole = parseBtf(vmlinux)
  for (const littleEndian of [true, false])
    for (const depth of [0, 1]) {
      const small = parseBtf(extractBtf(whole, ['tcp_sock', 'tcp_congestion_ops'], { depth, littleEndian }))
      expect(small.littleEndian).toBe(littleEndian)
      for (const field of fields) {
        const { typeId: _mine, bitfield: mine, ...rest } = resolveField(small, 'tcp_sock', field)
        const { typeId: _theirs, bitfield: theirs, ...want } = resolveField(whole, 'tcp_sock', field)
        expect(rest).toEqual(want)
        expect(mine?.bitSize).toBe(theirs?.bitSize)
      }
      expect(sizeOf(small, requireType(small, 'tcp_sock'))).toBe(sizeOf(whole, requireType(whole, 'tcp_sock')))
      const sock = findType(small, 'task_struct')
      if (sock !== undefined && depth === 0) expect(typeOf(small, sock).kind).toBe('fwd')
    }
})
