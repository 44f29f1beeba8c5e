import {
  atomicAdd,
  bpf_setsockopt,
  bpf_sock_ops_cb_flags_set,
  global,
  headerOption,
  max,
  min,
  SOL_TCP,
  skStorage,
  sockOps,
  TCP_SAVE_SYN,
  TCPHDR_ACK,
  TCPHDR_SYN,
  tunable,
  USEC_PER_MSEC,
  u8,
  u32,
  type u64,
} from '@tscc/bpf'
import {
  BPF_LOAD_HDR_OPT_TCP_SYN,
  BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB,
  BPF_SOCK_OPS_HDR_OPT_LEN_CB,
  BPF_SOCK_OPS_PARSE_ALL_HDR_OPT_CB_FLAG,
  BPF_SOCK_OPS_PARSE_HDR_OPT_CB,
  BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB,
  BPF_SOCK_OPS_TCP_CONNECT_CB,
  BPF_SOCK_OPS_TCP_LISTEN_CB,
  BPF_SOCK_OPS_WRITE_HDR_OPT_CB,
  BPF_SOCK_OPS_WRITE_HDR_OPT_CB_FLAG,
  BPF_WRITE_HDR_TCP_SYNACK_COOKIE,
  type bpf_sock_ops,
  TCP_BPF_DELACK_MAX,
  TCP_BPF_RTO_MIN,
} from '@tscc/vmlinux'

/*
 * The most that a receiver delays an acknowledgement, told in a header option of the handshake: the sender waits no longer than
 * that before it takes silence for loss.
 *
 *   SYN       →  da 04 00 ms        the client's
 *             ←  SYN-ACK da 04 00 ms, only where the SYN had one; with a SYN cookie the server forgets the SYN: da 04 01 ms
 *   ACK …     →  da 04 00 ms        where it was asked to say it again, on all packets until something comes back
 */

interface MaxDelack {
  /** 1: say it again, the SYN is forgotten. */
  flags: u8
  ms: u8
}

/** What the peer said. */
interface Peer {
  ms: u32
  /** 1: it was said again; 2: this end says it again. */
  again: u32
}

interface Counts {
  told: u64
  again: u64
  refused: u64
}

const RESEND = 1
const maxDelack = headerOption<MaxDelack>(0xda)

/** What this end says, ms. */
export const own = tunable<u32>(40)
/** The least retransmission timeout that the kernel takes, us: two ticks. */
export const least = tunable<u32>(8000)
export const peers = skStorage<Peer>()
export const counts = global<Counts>()

function want(ctx: bpf_sock_ops, flags: u32): void {
  bpf_sock_ops_cb_flags_set(ctx, ctx.bpf_sock_ops_cb_flags | flags)
}

/** Nothing more of headers. */
function enough(ctx: bpf_sock_ops): void {
  bpf_sock_ops_cb_flags_set(
    ctx,
    ctx.bpf_sock_ops_cb_flags & ~(BPF_SOCK_OPS_WRITE_HDR_OPT_CB_FLAG | BPF_SOCK_OPS_PARSE_ALL_HDR_OPT_CB_FLAG),
  )
}

/** The peer waits no longer than this, and so does this end, as it said. */
function agree(ctx: bpf_sock_ops, ms: u32, again: u32): void {
  const sk = ctx.sk
  if (sk === null) return
  const peer = peers.get(sk, { ms, again })
  if (peer === null) return
  atomicAdd(counts.value.told, 1)
  const rto = min(max(ms * USEC_PER_MSEC, least.value), 200_000)
  if (bpf_setsockopt(ctx, SOL_TCP, TCP_BPF_RTO_MIN, rto, 4) !== 0) atomicAdd(counts.value.refused, 1)
  if (bpf_setsockopt(ctx, SOL_TCP, TCP_BPF_DELACK_MAX, u32(own.value * USEC_PER_MSEC), 4) !== 0)
    atomicAdd(counts.value.refused, 1)
}

/** Is this packet to have the option? Those of the handshake, and what is said again. */
function isToTell(ctx: bpf_sock_ops): bool {
  const flags = ctx.skb_tcp_flags & (TCPHDR_SYN | TCPHDR_ACK)
  if (flags === TCPHDR_SYN) return true
  if (flags === (TCPHDR_SYN | TCPHDR_ACK)) return maxDelack.load(ctx, BPF_LOAD_HDR_OPT_TCP_SYN) !== null
  const sk = ctx.sk
  if (sk === null) return false
  const peer = peers.get(sk)
  return peer !== null && (peer.again & 2) !== 0
}

function establishedActively(ctx: bpf_sock_ops): void {
  const told = maxDelack.load(ctx)
  if (told === null) {
    enough(ctx)
    return
  }
  if ((told.flags & RESEND) === 0) {
    enough(ctx)
    agree(ctx, told.ms, 0)
    return
  }
  atomicAdd(counts.value.again, 1)
  agree(ctx, told.ms, 2)
  want(ctx, BPF_SOCK_OPS_PARSE_ALL_HDR_OPT_CB_FLAG)
}

function establishedPassively(ctx: bpf_sock_ops): void {
  const told = maxDelack.load(ctx, BPF_LOAD_HDR_OPT_TCP_SYN)
  enough(ctx)
  if (told !== null) {
    agree(ctx, told.ms, 0)
    return
  }
  // With a cookie there is no SYN any more: the packet that ends the handshake says it again.
  const again = maxDelack.load(ctx)
  if (again !== null) agree(ctx, again.ms, 1)
}

export const delack = sockOps((ctx) => {
  switch (ctx.op) {
    case BPF_SOCK_OPS_TCP_LISTEN_CB:
      bpf_setsockopt(ctx, SOL_TCP, TCP_SAVE_SYN, u32(1), 4)
      want(ctx, BPF_SOCK_OPS_WRITE_HDR_OPT_CB_FLAG)
      break
    case BPF_SOCK_OPS_TCP_CONNECT_CB:
      want(ctx, BPF_SOCK_OPS_WRITE_HDR_OPT_CB_FLAG)
      break
    case BPF_SOCK_OPS_HDR_OPT_LEN_CB:
      if (isToTell(ctx)) maxDelack.reserve(ctx)
      break
    case BPF_SOCK_OPS_WRITE_HDR_OPT_CB:
      if (isToTell(ctx)) {
        const isCookie = ctx.args[0] === BPF_WRITE_HDR_TCP_SYNACK_COOKIE
        maxDelack.store(ctx, { flags: u8(isCookie ? RESEND : 0), ms: u8(own.value) })
      }
      break
    case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB:
      establishedActively(ctx)
      break
    case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
      establishedPassively(ctx)
      break
    case BPF_SOCK_OPS_PARSE_HDR_OPT_CB: {
      // The peer is there, and so has what was said again.
      const sk = ctx.sk
      if (sk !== null) {
        const peer = peers.get(sk)
        if (peer !== null) peer.again = 0
      }
      enough(ctx)
      break
    }
  }
})
