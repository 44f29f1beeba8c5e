import { type Compiled, compile } from '@tscc/compiler'
import { explainLink, linkObject } from '@tscc/object'
import { describe, expect, test } from 'vitest'
import { fixtureTypes } from '../../algos/test/compiled.ts'

const program = (body: string, members = ''): Compiled =>
  compile(`const NEEDS_ECN = 2
interface V { a: u32; b: u32 }
export default structOps<tcp_congestion_ops>({
  name: 'x',
  ${members}
  ssthresh: () => 2,
  undo_cwnd: () => 2,
  cong_avoid() {},
  set_state(sk, new_state) {
    const tp = tcp_sk(sk)
    const v = inet_csk_ca<V>(sk)
    ${body}
  },
})`)

describe('arrays in structs of the kernel', () => {
  test('an element by its number is a field', () => {
    const { object, diagnostics } = program('v.a = tp.rtt_min.s[2].v')
    expect(diagnostics).toEqual([])
    if (object === undefined) return
    const linked = linkObject(object, { btf: fixtureTypes('tcp-6.18.btf') })
    expect(explainLink(linked).map((one) => one.subject)).toContain('struct tcp_sock.rtt_min.s[2].v')
  })

  test.each([
    ['v.a = tp.rtt_min.s[3].v', 'TSCC2304'],
    ['v.a = tp.rtt_min.s[v.b].v', 'TSCC2305'],
    ['v.a = tp.rtt_min.q[0].v', 'TSCC2002'],
  ])('%s', (body, code) => {
    expect(program(body).diagnostics.map((one) => one.code)).toEqual([code])
  })
})

test('plain members of the ops take numbers by name, those of headers too', () => {
  const value = (flags: string): number | undefined => {
    const { object } = program('v.a = 1', `flags: ${flags},`)
    const linked = object && linkObject(object, { btf: fixtureTypes('tcp-6.18.btf') }).structOps[0]
    const at = linked?.layout.members.find(({ name }) => name === 'flags')?.offset ?? 0
    return linked?.value[linked.layout.dataOffset + at]
  }
  expect([value('NEEDS_ECN'), value('TCP_CONG_NEEDS_ECN'), value('1')]).toEqual([2, 2, 1])
})

test('bpf_tcp_send_ack takes a socket and a number', () => {
  expect(program('bpf_tcp_send_ack(tp, v.b)').diagnostics).toEqual([])
  expect(program('bpf_tcp_send_ack(tp)').diagnostics.map((one) => one.code)).toEqual(['TSCC2201'])
  expect(program('bpf_tcp_send_ack(v, 1)').diagnostics.map((one) => one.code)).toEqual(['TSCC2101'])
})
