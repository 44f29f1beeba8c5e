import { min, type u32 } from '@tscc/bpf'
import type { tcp_sock } from '@tscc/vmlinux'

// The steps of ../baseline/cc.h, so that both compilers get the same algorithm.

export function slow_start(tp: tcp_sock, acked: u32): u32 {
  const cwnd = tp.snd_cwnd
  const to = min(cwnd + acked, tp.snd_ssthresh)
  tp.snd_cwnd = min(to, tp.snd_cwnd_clamp)
  return acked - (to - cwnd)
}

export function avoid_ai(tp: tcp_sock, w: u32, acked: u32): void {
  let cwnd = tp.snd_cwnd
  let cnt = tp.snd_cwnd_cnt
  if (cnt >= w) {
    cnt = 0
    cwnd++
  }
  cnt += acked
  if (cnt >= w) {
    const more = cnt / w
    cnt -= more * w
    cwnd += more
  }
  tp.snd_cwnd_cnt = cnt
  tp.snd_cwnd = min(cwnd, tp.snd_cwnd_clamp)
}

export function in_slow_start(tp: tcp_sock): boolean {
  return tp.snd_cwnd < tp.snd_ssthresh
}

export function cwnd_limited(tp: tcp_sock): boolean {
  if (tp.is_cwnd_limited) return true
  return in_slow_start(tp) && tp.snd_cwnd < 2 * tp.max_packets_out
}

export function reno_avoid(tp: tcp_sock, acked: u32): void {
  if (!cwnd_limited(tp)) return
  let left = acked
  if (in_slow_start(tp)) {
    left = slow_start(tp, acked)
    if (left === 0) return
  }
  avoid_ai(tp, tp.snd_cwnd, left)
}
