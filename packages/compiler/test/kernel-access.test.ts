import { type Compiled, compile } from '@tscc/compiler'
import { describe, expect, test } from 'vitest'

const program = (body: string, members = ''): Compiled =>
  compile(`const NEEDS_ECN = 2
interface V { a: u32; b: u32 }
export default structOps<tcp_congestion_ops>({
  name: 'x',
  ${members}
  set_state(sk, new_state) {
    const tp = tcp_sk(sk)
    const v = inet_csk_ca<V>(sk)
    ${body}
  },
})`)

describe('arrays in structs of the kernel', () => {
  test('an element by its number is a field', () => {
    const { spec, diagnostics } = program('v.a = tp.rtt_min.s[2].v')
    expect(diagnostics).toEqual([])
    const fields = spec?.callbacks.set_state?.flatMap((step) => (step.kind === 'loadField' ? [step.field] : []))
    expect(fields).toEqual(['rtt_min.s[2].v'])
  })

  test.each([
    ['v.a = tp.rtt_min.s[3].v', 'TSCC2002'],
    ['v.a = tp.rtt_min.s[v.b].v', 'TSCC1002'],
    ['v.a = tp.rtt_min.q[0].v', 'TSCC2002'],
  ])('%s', (body, code) => {
    expect(program(body).diagnostics.map((one) => one.code)).toEqual([code])
  })
})

test('plain members of the ops take numbers by name', () => {
  expect(program('v.a = 1', 'flags: NEEDS_ECN,').spec?.data).toEqual({ flags: 2n })
})

describe('bpf_tcp_send_ack', () => {
  test.each(['bpf_tcp_send_ack(tp, v.b)', 'v.a = tp.snd_cwnd; bpf_tcp_send_ack(tp, v.a)', 'bpf_tcp_send_ack(tp, 7)'])(
    'has the socket in r1 and the number in r2: %s',
    (body) => {
      const { spec, diagnostics } = program(body)
      expect(diagnostics).toEqual([])
      // What each register holds when the call comes, by the step that put it there.
      const holds = new Map<string, string>()
      for (const step of spec?.callbacks.set_state ?? []) {
        if (step.kind === 'callHelper') break
        if (step.kind === 'loadArgument') holds.set(step.dst, 'sk')
        else if (step.kind === 'loadField') holds.set(step.dst, step.field)
        else if (step.kind === 'loadPrivate') holds.set(step.dst, `v+${step.offset}`)
        else if (step.kind === 'alu' && step.op === 'mov')
          holds.set(step.dst, typeof step.src === 'number' ? `${step.src}` : (holds.get(`${step.src}`) ?? ''))
      }
      expect(holds.get('r1')).toBe('sk')
      expect(holds.get('r2')).toBe(body.includes('7') ? '7' : body.includes('cwnd') ? 'snd_cwnd' : 'v+4')
    },
  )

  test('takes two arguments, of which the first is a tcp_sock', () => {
    expect(program('bpf_tcp_send_ack(tp)').diagnostics.map((one) => one.code)).toEqual(['TSCC2201'])
    expect(program('bpf_tcp_send_ack(sk, 1)').diagnostics.map((one) => one.code)).toEqual(['TSCC2101'])
  })
})
