import { bpf_setsockopt, global, SOL_TCP, type s64, structOps, TCP_CONGESTION, tcp_sk, type u32 } from '@tscc/bpf'
import type { tcp_congestion_ops } from '@tscc/vmlinux'
import { ECN_NEGOTIATED, echo, measure, NEEDS_ECN, reduced, start, window_before_loss } from './parts/dctcp.bpf.ts'
import { grow } from './parts/reno.bpf.ts'

const EBUSY = -16

/** What the first `init` was answered: to cubic, to itself, to cubic again. */
export const to_cubic = global<s64>(1)
export const to_itself = global<s64>(1)
export const back_to_cubic = global<s64>(1)
/** What became of "cdg", which no program may choose. */
export const to_cdg = global<s64>(0)
/** How often the kernel refused, because a change was in progress. */
export const busy = global<u32>(0)
export const inits = global<u32>(0)

/** DCTCP that leaves its socket to cubic when the peer does without ECN. */
export default structOps<tcp_congestion_ops>({
  name: 'sc_fallback',
  flags: NEEDS_ECN,
  init(sk) {
    inits.value++
    if ((tcp_sk(sk).ecn_flags & ECN_NEGOTIATED) !== 0) {
      start(sk)
      return
    }
    const first = bpf_setsockopt(sk, SOL_TCP, TCP_CONGESTION, 'cubic', 6)
    if (first === EBUSY) busy.value++
    // This calls init again, within this one.
    const second = bpf_setsockopt(sk, SOL_TCP, TCP_CONGESTION, 'sc_fallback', 12)
    if (second === EBUSY) busy.value++
    const third = bpf_setsockopt(sk, SOL_TCP, TCP_CONGESTION, 'cubic', 6)
    if (third === EBUSY) busy.value++
    to_cdg.value = bpf_setsockopt(sk, SOL_TCP, TCP_CONGESTION, 'cdg', 4)
    // The outer one is the last to write.
    to_cubic.value = first
    to_itself.value = second
    back_to_cubic.value = third
  },
  in_ack_event(sk) {
    measure(sk)
  },
  cwnd_event(sk, ev) {
    echo(sk, ev)
  },
  ssthresh: reduced,
  undo_cwnd: window_before_loss,
  cong_avoid: grow,
})
