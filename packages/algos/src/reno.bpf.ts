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

/*
 * Reno: RFC 5681, with the window counted in segments.
 *
 * Fast retransmit and fast recovery (section 3.2) are the stack's, which does them by PRR (RFC 6937) with SACK or RACK; it
 * asks for the threshold, and for the window back where the loss was none (RFC 4015). Deviates from the RFC: a window that
 * was not used does not grow (RFC 7661, section 4), and slow start counts what is acknowledged without a limit (RFC 3465
 * has two segments per acknowledgement), since receivers and offloads merge acknowledgements.
 */

/** Least threshold after a loss, segments (RFC 5681, equation 4). */
export const min_ssthresh = tunable<u32>(2)

export default structOps<tcp_congestion_ops>({
  name: 'ts_reno',
  /** RFC 5681, equation 4: half of what was in flight, for which the window stands. */
  ssthresh(sk) {
    return max(tcp_sk(sk).snd_cwnd / 2, min_ssthresh.value)
  },
  /** RFC 5681, section 3.1: doubling in a round trip up to the threshold, then a segment for each round trip. */
  cong_avoid(sk, ack, acked) {
    const tp = tcp_sk(sk)
    if (!tcp_is_cwnd_limited(tp)) return
    let left = acked
    if (tcp_in_slow_start(tp)) {
      left = tcp_slow_start(tp, acked)
      if (left === 0) return
    }
    tcp_cong_avoid_ai(tp, tp.snd_cwnd, left)
  },
  /** RFC 4015, section 3.2: the window from before a recovery for which there was no reason. */
  undo_cwnd(sk) {
    const tp = tcp_sk(sk)
    return max(tp.snd_cwnd, tp.prior_cwnd)
  },
})
