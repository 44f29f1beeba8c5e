import { onlyCompiled } from './bpf-errors.ts'
import type { bool, u32 } from './integers.ts'
import type { Opaque } from './kernel.ts'

type TcpSock = Opaque<'tcp_sock'>

/** Has the window not reached the threshold? (RFC 5681, section 3.1) */
export function tcp_in_slow_start(tp: TcpSock): bool
export function tcp_in_slow_start(): never {
  return onlyCompiled('tcp_in_slow_start')
}

/** Is the window what limits sending? In slow start half of it in flight is enough (RFC 7661, section 4). */
export function tcp_is_cwnd_limited(tp: TcpSock): bool
export function tcp_is_cwnd_limited(): never {
  return onlyCompiled('tcp_is_cwnd_limited')
}

/** A segment for each one acknowledged, up to the threshold; gives what is left of them. */
export function tcp_slow_start(tp: TcpSock, acked: u32): u32
export function tcp_slow_start(): never {
  return onlyCompiled('tcp_slow_start')
}

/** A segment for each `w` acknowledged. */
export function tcp_cong_avoid_ai(tp: TcpSock, w: u32, acked: u32): void
export function tcp_cong_avoid_ai(): never {
  return onlyCompiled('tcp_cong_avoid_ai')
}

/** Sequence numbers go around: is the first one earlier? */
export function before(first: u32, second: u32): bool {
  return ((first - second) | 0) < 0
}

/** Sequence numbers go around: is the first one later? */
export function after(first: u32, second: u32): bool {
  return before(second, first)
}
