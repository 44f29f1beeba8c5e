import { readFileSync } from 'node:fs'
import { parseBtf } from '@tscc/btf'
import {
  fieldAtOffset,
  fieldOfInstruction,
  lineAt,
  linesOf,
  linkObject,
  loopLine,
  readObject,
  relocationTexts,
} from '@tscc/object'
import { describe, expect, test } from 'vitest'

const bytesOf = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(path, import.meta.url)))
const object = readObject(bytesOf('../../../conformance/kernels/suites/objects/c_reno.bpf.o'))
const linked = linkObject(object, { btf: parseBtf(bytesOf('../fixtures/btf/tcp-6.18.btf')) }, { untold: 'zero' })

describe('lines of a linked program', () => {
  test.each(linked.programs.map((program) => [program.name, program] as const))(
    '%s: as the object has them',
    (_, program) => {
      const lines = linesOf(linked, program)
      const own = object.functions[program.function]?.lines ?? []
      expect(own.length).toBeGreaterThan(2)
      expect(lines.slice(0, own.length)).toEqual(own)
      expect(lineAt(lines, 0)).toEqual(own[0])
      expect(lineAt(lines, (own[2]?.at ?? 0) - 1)).toEqual(own[1])
      expect(lineAt(lines, 1 << 20)).toEqual(lines.at(-1))
    },
  )

  test('none where there are no records', () => {
    const [program] = linked.programs
    if (program === undefined) throw new Error('there is a program')
    expect(linesOf(linked, { ...program, lineInfo: new Uint8Array(0) })).toEqual([])
    expect(lineAt([], 3)).toBeUndefined()
  })
})

test('a loop is found by its jump back, calls are none', () => {
  const [program] = linked.programs
  if (program === undefined) throw new Error('there is a program')
  const lines = [0, 1, 2, 3].map((at) => ({ at, file: 'a.ts', text: '', line: at + 1, column: 1 }))
  const code = (...insns: readonly string[]) =>
    Uint8Array.from(insns.flatMap((insn) => insn.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)))
  const call = '8510000ffeffffff'
  const back = '0500fdff00000000'
  const far = '06000000feffffff'
  const exit = '9500000000000000'
  expect(loopLine({ ...program, code: code(call, exit) }, lines)).toBeUndefined()
  expect(loopLine({ ...program, code: code(call, exit, back) }, lines)?.line).toBe(3)
  expect(loopLine({ ...program, code: code(exit, far) }, lines)?.line).toBe(2)
})

test('a field by its offset on the kernel', () => {
  const row = linked.resolved.core.find(
    ({ relocation, resolved }) =>
      relocation.kind === 'field_byte_offset' && resolved.localSpec.accessors.at(-1)?.name === 'snd_cwnd',
  )
  const offset = Number(row?.resolved.target?.value)
  expect(offset).toBe(1452)
  expect(fieldAtOffset(object, linked, offset, undefined)).toBe('tcp_sock.snd_cwnd')
  expect(fieldAtOffset(object, linked, 3, undefined)).toBeUndefined()
})

test('a field by the instruction that uses it', () => {
  const named = linked.programs.flatMap((program) =>
    Array.from({ length: program.code.length / 8 }, (_, slot) => fieldOfInstruction(object, linked, program, slot)),
  )
  const names = new Set(named.filter((name) => name !== undefined))
  expect(names).toContain('tcp_sock.snd_cwnd')
  expect(names).toContain('tcp_sock.prior_cwnd')
  expect(named.filter((name) => name === undefined).length).toBeGreaterThan(names.size)
})

test('what linking will write, in words', () => {
  const texts = object.functions.map((f) => [...relocationTexts(object, f).values()])
  expect(new Set(texts.flat())).toEqual(
    new Set([
      'LINUX_KERNEL_VERSION',
      'by_kfunc',
      'byte size of tcp_sock.inet_conn.icsk_ca_state',
      'call halved',
      'calls',
      'exists(tcp_sock)',
      'exists(tcp_sock___never.tscc_never)',
      'least',
      'signed of tcp_sock.inet_conn.icsk_ca_state',
      'tcp_ca_state.TCP_CA_Loss',
      'tcp_reno_cong_avoid',
      'tcp_sock.prior_cwnd',
      'tcp_sock.snd_cwnd',
      'tcp_sock.snd_cwnd_cnt',
      'tcp_sock.snd_ssthresh',
      'tcp_sock___never.tscc_never',
      'tscc_no_such_kfunc',
      'tx_starts',
      'version',
      'wrong',
    ]),
  )
})
