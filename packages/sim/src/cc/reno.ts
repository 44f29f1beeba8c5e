import { type TcpSock, tcp_in_slow_start, tcp_is_cwnd_limited } from '../tcp/tcp-sock.ts'
import type { SimAlgorithm } from './congestion-control.ts'
import { tcp_cong_avoid_ai, tcp_slow_start } from './window.ts'

/** Half the window, at least 2 (RFC 5681, equation 4). */
export const tcp_reno_ssthresh = (tp: TcpSock): number => Math.max(tp.snd_cwnd >> 1, 2)

/** Back to the window before the reduction (RFC 4015, section 3.2). */
export const tcp_reno_undo_cwnd = (tp: TcpSock): number => Math.max(tp.snd_cwnd, tp.prior_cwnd)

/** Slow start, then a segment for each round trip (RFC 5681, section 3.1); a window that was not used does not grow. */
export function tcp_reno_cong_avoid(tp: TcpSock, _ack: number, acked: number): void {
  if (!tcp_is_cwnd_limited(tp)) return
  let left = acked
  if (tcp_in_slow_start(tp)) {
    left = tcp_slow_start(tp, acked)
    if (left === 0) return
  }
  tcp_cong_avoid_ai(tp, tp.snd_cwnd, left)
}

/** Reno (RFC 5681), in plain TypeScript: what the simulator itself is tested with. */
export const renoReference: SimAlgorithm = {
  name: 'reno',
  open: () => ({
    ssthresh: tcp_reno_ssthresh,
    undo_cwnd: tcp_reno_undo_cwnd,
    cong_avoid: tcp_reno_cong_avoid,
  }),
}
