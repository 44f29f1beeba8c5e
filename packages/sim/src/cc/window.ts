import type { TcpSock } from '../tcp/tcp-sock.ts'

/** Grow by what was acknowledged, up to the threshold; gives what is left of it (RFC 5681, section 3.1; RFC 3465). */
export function tcp_slow_start(tp: TcpSock, acked: number): number {
  const cwnd = Math.min(tp.snd_cwnd + acked, tp.snd_ssthresh)
  const left = acked - (cwnd - tp.snd_cwnd)
  tp.snd_cwnd = Math.min(cwnd, tp.snd_cwnd_clamp)
  return left
}

/** Grow by one for each `w` segments acknowledged (RFC 5681, section 3.1). */
export function tcp_cong_avoid_ai(tp: TcpSock, w: number, acked: number): void {
  // What was credited before, when more than w was wanted.
  if (tp.snd_cwnd_cnt >= w) {
    tp.snd_cwnd_cnt = 0
    tp.snd_cwnd += 1
  }
  tp.snd_cwnd_cnt += acked
  if (tp.snd_cwnd_cnt >= w) {
    const delta = Math.floor(tp.snd_cwnd_cnt / w)
    tp.snd_cwnd_cnt -= delta * w
    tp.snd_cwnd += delta
  }
  tp.snd_cwnd = Math.min(tp.snd_cwnd, tp.snd_cwnd_clamp)
}
