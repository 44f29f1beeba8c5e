import { type AsmItem, decode, placeLabels } from '@tscc/insn'
import { expect, test } from 'vitest'
import { compiled } from './compiled.ts'

const text = `
interface S { a: u32; b: s32; c: u64; d: s64; e: s8; f: s16; g: u32 }
export default structOps<tcp_congestion_ops>({
  name: 'cpus',
  ssthresh(sk) {
    const v = inet_csk_ca<S>(sk)
    if (v.a < v.g) v.a++
    if (v.b <= s32(v.e) && v.d > s64(v.b)) v.d /= s64(v.f)
    v.b %= s32(v.e) + 3
    if (v.c >= u64(v.a) || v.b < -5) v.c = v.c / u64(v.g)
    return max(tcp_sk(sk).snd_cwnd / 2, 2)
  },
  undo_cwnd: (sk) => tcp_sk(sk).snd_cwnd,
  cong_avoid(sk) {},
})`

const cpus = ['v1', 'v2', 'v3', 'v4'] as const

test.each(cpus)('%s has only its own instructions', (cpu) => {
  const { object } = compiled(text, { cpu })
  const [ssthresh] = object.functions
  const insns: readonly AsmItem[] = decode(ssthresh?.code ?? new Uint8Array())
  expect(() => placeLabels(insns, { cpu })).not.toThrow()
  // And makes use of them.
  const below = cpus[cpus.indexOf(cpu) - 1]
  if (below !== undefined) expect(() => placeLabels(insns, { cpu: below })).toThrow(/cpu|needs/)
})
