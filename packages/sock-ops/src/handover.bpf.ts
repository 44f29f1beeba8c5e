import {
  AF_INET,
  AF_INET6,
  atomicAdd,
  bpf_ktime_get_ns,
  bpf_setsockopt,
  type FixedArray,
  global,
  lruHash,
  SOL_TCP,
  sockOps,
  type u32,
  type u64,
} from '@tscc/bpf'
import {
  BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB,
  BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB,
  type bpf_sock_ops,
  TCP_BPF_IW,
  TCP_BPF_SNDCWND_CLAMP,
} from '@tscc/vmlinux'

/*
 * What a QUIC connection learned of a path, for the TCP connection that takes its place: its window and its slow start
 * threshold, by where it went.
 */

/** Who it is about. IPv4 addresses are mapped into IPv6; port 0 is any port. */
interface Destination {
  /** Network byte order. */
  address: FixedArray<u32, 4>
  /** As the context has it: network byte order, in the upper half. */
  port: u32
}

interface Handover {
  /** CLOCK_MONOTONIC, ns. */
  expires: u64
  cwnd_bytes: u32
  ssthresh_bytes: u32
  /** Not 0: for every connection until it expires, not for the next one alone. */
  keep: u32
  pad: u32
}

interface Counts {
  applied: u64
  expired: u64
  refused: u64
}

export const handovers = lruHash<Destination, Handover>(16_384)
export const counts = global<Counts>()

/** Segments that hold so many bytes, rounded up. */
function segments(bytes: u32, mss: u32): u32 {
  return bytes / mss + (bytes % mss !== 0 ? 1 : 0)
}

function apply(ctx: bpf_sock_ops, cwnd_bytes: u32, ssthresh_bytes: u32): void {
  const mss = ctx.mss_cache
  if (mss === 0) return
  let failed: u32 = 0
  // The threshold first: the kernel has one option for it and the clamp.
  if (
    ssthresh_bytes !== 0 &&
    bpf_setsockopt(ctx, SOL_TCP, TCP_BPF_SNDCWND_CLAMP, segments(ssthresh_bytes, mss), 4) !== 0
  )
    failed = 1
  if (cwnd_bytes !== 0 && bpf_setsockopt(ctx, SOL_TCP, TCP_BPF_IW, segments(cwnd_bytes, mss), 4) !== 0) failed = 1
  if (failed === 0) atomicAdd(counts.value.applied, 1)
  else atomicAdd(counts.value.refused, 1)
}

/** Is there something for this destination? Then it is used. */
function use(ctx: bpf_sock_ops, who: Destination): bool {
  const found = handovers.lookup(who)
  if (found === null) return false
  const cwnd = found.cwnd_bytes
  const ssthresh = found.ssthresh_bytes
  if (bpf_ktime_get_ns() >= found.expires) {
    // Whoever deletes it counts it.
    if (handovers.delete(who) === 0) atomicAdd(counts.value.expired, 1)
    return false
  }
  // Of two connections at once only one deletes it, and so gets it.
  if (found.keep === 0 && handovers.delete(who) !== 0) return false
  apply(ctx, cwnd, ssthresh)
  return true
}

export const handover = sockOps((ctx) => {
  const op = ctx.op
  if (op !== BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB && op !== BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB) return
  const who: Destination = { address: [0, 0, 0, 0], port: ctx.remote_port }
  if (ctx.family === AF_INET) {
    who.address[2] = 0xffff0000
    who.address[3] = ctx.remote_ip4
  } else if (ctx.family === AF_INET6) {
    who.address[0] = ctx.remote_ip6[0]
    who.address[1] = ctx.remote_ip6[1]
    who.address[2] = ctx.remote_ip6[2]
    who.address[3] = ctx.remote_ip6[3]
  } else return
  if (use(ctx, who)) return
  who.port = 0
  use(ctx, who)
})
