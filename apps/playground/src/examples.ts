import { algorithms } from '@tscc/algos'

/** A program to begin with. */
export interface Example {
  /** What people choose, and what stands in links. */
  readonly name: string
  readonly about: string
  readonly text: string
}

/** Additive increase, multiplicative decrease: short enough to be read at once. */
export const aimd = `// Additive increase, multiplicative decrease (AIMD), as in RFC 5681. The kernel calls these functions for each
// connection; windows are counted in segments. Change a number and simulate again.
import {
  max,
  structOps,
  tcp_cong_avoid_ai,
  tcp_in_slow_start,
  tcp_is_cwnd_limited,
  tcp_sk,
  tcp_slow_start,
  tunable,
  type u32,
} from '@tscc/bpf'
import type { tcp_congestion_ops } from '@tscc/vmlinux'

/** Percent of the window that stay after a loss. */
export const keep = tunable<u32>(50)

export default structOps<tcp_congestion_ops>({
  name: 'aimd',

  // After a loss: where slow start shall end from now on.
  ssthresh(sk) {
    return max((tcp_sk(sk).snd_cwnd * keep.value) / 100, 2)
  },

  // At each acknowledgement of new data.
  cong_avoid(sk, ack, acked) {
    const tp = tcp_sk(sk)
    if (!tcp_is_cwnd_limited(tp)) return // the application was what limited us
    let left = acked
    if (tcp_in_slow_start(tp)) {
      left = tcp_slow_start(tp, acked) // one segment more for each that arrived
      if (left === 0) return
    }
    tcp_cong_avoid_ai(tp, tp.snd_cwnd, left) // one more for each window that arrived
  },

  // It was no loss after all: back to the window of before.
  undo_cwnd(sk) {
    const tp = tcp_sk(sk)
    return max(tp.snd_cwnd, tp.prior_cwnd)
  },
})
`

/** What the page offers; the first is there at the start. */
export const examples: readonly Example[] = [
  { name: 'aimd', about: 'additive increase, multiplicative decrease', text: aimd },
  ...algorithms.flatMap((one) =>
    one.kind === 'language' ? [{ name: one.name, about: one.about, text: one.text }] : [],
  ),
]

/** The example of a name; the first where there is none. */
export function exampleOf(name: string): Example {
  const found = examples.find((one) => one.name === name) ?? examples[0]
  if (found === undefined) throw new RangeError('there are no examples')
  return found
}
