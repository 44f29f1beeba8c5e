import { compile, irText } from '@tscc/compiler'
import { describe, expect, it } from 'vitest'

const module = (body: string): string => `
import { inet_csk_ca, structOps, tcp_sk, u16, u32, type u64 } from '@tscc/bpf'
import type { tcp_congestion_ops } from '@tscc/vmlinux'
const SHIFT = 7
const SCALE: u32 = 1 << SHIFT
const MOST: u32 = (10 * SCALE) / 3
interface State { wide: u64; half: u16 }
export default structOps<tcp_congestion_ops>({
  name: 'cuts',
  ssthresh(sk) {
    const v = inet_csk_ca<State>(sk)
    ${body}
  },
  cong_avoid(sk, ack, acked) {},
  undo_cwnd(sk) { return 2 },
})`

const ir = (body: string, without: readonly 'dropCuts'[] = []): string => {
  const { functions, diagnostics } = compile(module(body), { without })
  expect(diagnostics).toEqual([])
  const [first] = functions
  return first === undefined ? '' : irText(first.ir)
}

describe('cuts', () => {
  it('a store of 16 bits takes more', () => {
    const body = 'v.half = u16(tcp_sk(sk).snd_cwnd); return 2'
    expect(ir(body)).not.toMatch(/ & /)
    expect(ir(body, ['dropCuts'])).toMatch(/ & 65535/)
  })
  it('a comparison of what was cut sees it cut', () => {
    expect(ir('const low = u16(tcp_sk(sk).snd_cwnd); if (low > 9) v.half = low; return 2')).toMatch(/ & 65535/)
  })
})

describe('constants', () => {
  it('are made of constants', () => {
    expect(ir('return MOST')).toMatch(/return 426/)
  })
})
