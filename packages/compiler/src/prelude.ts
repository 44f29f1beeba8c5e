/** What every program can call, in the language itself: the steps of RFC 5681 in segments, and sequence numbers. */
export const PRELUDE = `
/** Has the window not reached the threshold? (RFC 5681, section 3.1) */
export function tcp_in_slow_start(tp: tcp_sock): bool {
  return tp.snd_cwnd < tp.snd_ssthresh
}

/** Is the window what limits sending? In slow start half of it in flight is enough (RFC 7661, section 4). */
export function tcp_is_cwnd_limited(tp: tcp_sock): bool {
  if (tcp_in_slow_start(tp) && tp.snd_cwnd < 2 * tp.max_packets_out) return true
  return tp.is_cwnd_limited !== 0
}

/** A segment for each one acknowledged, up to the threshold; gives what is left of them. */
export function tcp_slow_start(tp: tcp_sock, acked: u32): u32 {
  const cwnd = tp.snd_cwnd
  const grown = min(cwnd + acked, tp.snd_ssthresh)
  tp.snd_cwnd = min(grown, tp.snd_cwnd_clamp)
  return acked - (grown - cwnd)
}

/** A segment for each \`w\` acknowledged. */
export function tcp_cong_avoid_ai(tp: tcp_sock, w: u32, acked: u32): void {
  let cwnd = tp.snd_cwnd
  let count = tp.snd_cwnd_cnt
  if (count >= w) {
    count = 0
    cwnd++
  }
  count += acked
  if (count >= w) {
    const more = count / w
    count -= more * w
    cwnd += more
  }
  tp.snd_cwnd_cnt = count
  tp.snd_cwnd = min(cwnd, tp.snd_cwnd_clamp)
}

/** Sequence numbers go around: is the first one earlier? */
export function before(first: u32, second: u32): bool {
  return s32(first - second) < 0
}

export function after(first: u32, second: u32): bool {
  return before(second, first)
}

/** Objects are little-endian: the order of the network is the other one. */
export function bpf_ntohs(x: u16): u16 {
  return u16((x << 8) | (x >> 8))
}

export function bpf_htons(x: u16): u16 {
  return bpf_ntohs(x)
}

export function bpf_ntohl(x: u32): u32 {
  return (x << 24) | ((x & 0xff00) << 8) | ((x >> 8) & 0xff00) | (x >> 24)
}

export function bpf_htonl(x: u32): u32 {
  return bpf_ntohl(x)
}
`
