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

const ir = (body: string): string => {
  const { functions, diagnostics } = compile(module(body))
  expect(diagnostics).toEqual([])
  const [first] = functions
  return first === undefined ? '' : irText(first.ir)
}

describe('constants', () => {
  it('are made of constants', () => {
    expect(ir('return MOST')).toMatch(/return 426/)
  })
})
