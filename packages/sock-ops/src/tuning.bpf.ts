import {
  AF_INET,
  AF_INET6,
  atomicAdd,
  bpf_ktime_get_ns,
  bpf_ntohl,
  bpf_setsockopt,
  bpf_skc_to_tcp_sock,
  bpf_sock_ops_cb_flags_set,
  ENOENT,
  type FixedArray,
  global,
  lpmTrie,
  lruHash,
  max,
  min,
  NSEC_PER_SEC,
  noinline,
  SO_RCVBUF,
  SO_SNDBUF,
  SOL_SOCKET,
  SOL_TCP,
  s32,
  skStorage,
  sockOps,
  TCP_CONGESTION,
  TCP_ECN_OK,
  type u8,
  u32,
  u64,
} from '@tscc/bpf'
import {
  BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB,
  BPF_SOCK_OPS_BASE_RTT,
  BPF_SOCK_OPS_NEEDS_ECN,
  BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB,
  BPF_SOCK_OPS_RWND_INIT,
  BPF_SOCK_OPS_STATE_CB,
  BPF_SOCK_OPS_STATE_CB_FLAG,
  BPF_SOCK_OPS_TCP_CONNECT_CB,
  BPF_SOCK_OPS_TIMEOUT_INIT,
  BPF_TCP_CLOSE,
  type bpf_sock_ops,
  TCP_BPF_DELACK_MAX,
  TCP_BPF_IW,
  TCP_BPF_RTO_MIN,
  TCP_BPF_SNDCWND_CLAMP,
} from '@tscc/vmlinux'

/*
 * Connections as rules say, by the port of the service and the prefix of the peer. A rule that does not say something
 * has 0 there. What a program of a cgroup below answered stands: `reply` is not 0 then.
 */

/** IPv4 addresses are mapped into IPv6; port 0 is any. The port comes first, so that a prefix has all of it. */
interface RuleKey {
  prefixlen: u32
  port: u32
  address: FixedArray<u32, 4>
}

interface Rule {
  /** Ticks. */
  syn_rto: u32
  /** Segments. */
  rwnd: u32
  iw: u32
  clamp: u32
  /** Bytes. */
  sndbuf: u32
  rcvbuf: u32
  /** Microseconds. */
  rto_min: u32
  delack_max: u32
  base_rtt: u32
  /** 1: ask for ECN. 2: only where both ends are equal under `same`. 4: learn the initial window. */
  flags: u32
  /** Bounds of what is learned, segments, and how long until half of it is forgotten, s. */
  lower: u32
  upper: u32
  half_life: u32
  same: FixedArray<u32, 4>
  /** What of an address is the subnet that is learned of. */
  subnet: FixedArray<u32, 4>
  cc: FixedArray<u8, 16>
  /** Where both ends do ECN. */
  ecn_cc: FixedArray<u8, 16>
}

interface Subnet {
  address: FixedArray<u32, 4>
}

interface Learned {
  /** CLOCK_MONOTONIC of the last one, ns. */
  at: u64
  /** Sixteenths of segments. */
  window: u32
  connections: u32
}

/** What is to be learned of a connection when it ends. */
interface Track {
  subnet: Subnet
  lower: u32
  upper: u32
  half_life: u32
}

interface Counts {
  /** Connections that a rule was for. */
  tuned: u64
  /** A rule names a congestion control that is not there: the connection keeps its own. */
  cc_missing: u64
  /** The kernel refused another option. */
  refused: u64
  learned: u64
}

const ECN = 1
const WITHIN = 2
const LEARN = 4
/** Sixteenths. */
const FRACTION = 4
/** One loss in so many segments is too many. */
const TOLERATED = 50

export const rules = lpmTrie<RuleKey, Rule>(4096)
export const learned = lruHash<Subnet, Learned>(4096)
export const tracks = skStorage<Track>()
export const counts = global<Counts>()
/** How many rules have a port: where there is none, nobody looks for one. */
export const ported = global<u32>()

function option(ctx: bpf_sock_ops, level: u32, name: u32, value: u32): void {
  if (value !== 0 && bpf_setsockopt(ctx, s32(level), name, value, 4) !== 0) atomicAdd(counts.value.refused, 1)
}

function useCc(ctx: bpf_sock_ops, name: FixedArray<u8, 16>): void {
  if (name[0] === 0) return
  const status = bpf_setsockopt(ctx, SOL_TCP, TCP_CONGESTION, name, 16)
  if (status === -ENOENT) atomicAdd(counts.value.cc_missing, 1)
  else if (status !== 0) atomicAdd(counts.value.refused, 1)
}

/** Half of what is above the lower bound goes with each half-life. */
function decayed(window: u32, lower: u32, at: u64, half_life: u32): u32 {
  const floor = lower << FRACTION
  if (half_life === 0 || window <= floor) return max(window, floor)
  const halves = (bpf_ktime_get_ns() - at) / (u64(half_life) * NSEC_PER_SEC)
  return halves > 31 ? floor : floor + ((window - floor) >> u32(halves))
}

/** What connections with this subnet came to, and to be told of this one. */
function learnedWindow(ctx: bpf_sock_ops, rule: Rule, remote: FixedArray<u32, 4>): u32 {
  const subnet: Subnet = { address: [0, 0, 0, 0] }
  for (let i: u32 = 0; i < 4; i++) subnet.address[i] = remote[i] & rule.subnet[i]
  const sk = ctx.sk
  if (sk !== null) {
    const track = tracks.get(sk, { lower: rule.lower, upper: rule.upper, half_life: rule.half_life })
    if (track !== null) {
      for (let i: u32 = 0; i < 4; i++) track.subnet.address[i] = subnet.address[i]
      bpf_sock_ops_cb_flags_set(ctx, ctx.bpf_sock_ops_cb_flags | BPF_SOCK_OPS_STATE_CB_FLAG)
    }
  }
  const found = learned.lookup(subnet)
  if (found === null) return rule.iw
  return min(decayed(found.window, rule.lower, found.at, rule.half_life) >> FRACTION, rule.upper)
}

function established(ctx: bpf_sock_ops, rule: Rule, remote: FixedArray<u32, 4>): void {
  atomicAdd(counts.value.tuned, 1)
  if ((ctx.ecn_flags & TCP_ECN_OK) !== 0) useCc(ctx, rule.ecn_cc)
  option(ctx, SOL_TCP, TCP_BPF_RTO_MIN, rule.rto_min)
  option(ctx, SOL_TCP, TCP_BPF_DELACK_MAX, rule.delack_max)
  option(ctx, SOL_TCP, TCP_BPF_SNDCWND_CLAMP, rule.clamp)
  const iw = (rule.flags & LEARN) !== 0 ? learnedWindow(ctx, rule, remote) : rule.iw
  option(ctx, SOL_TCP, TCP_BPF_IW, iw)
}

function buffers(ctx: bpf_sock_ops, rule: Rule): void {
  option(ctx, SOL_SOCKET, SO_SNDBUF, rule.sndbuf)
  option(ctx, SOL_SOCKET, SO_RCVBUF, rule.rcvbuf)
  useCc(ctx, rule.cc)
}

/** Is there a rule under a key, and is it for this connection? Then it is followed. */
const follow = noinline((ctx: bpf_sock_ops, key: RuleKey, local: Subnet, op: u32): u32 => {
  const rule = rules.lookup(key)
  if (rule === null) return 0
  if ((rule.flags & WITHIN) !== 0) {
    let apart: u32 = 0
    for (let i: u32 = 0; i < 4; i++) apart |= (key.address[i] ^ local.address[i]) & rule.same[i]
    if (apart !== 0) return 0
  }
  switch (op) {
    case BPF_SOCK_OPS_TIMEOUT_INIT:
      ctx.reply = rule.syn_rto
      break
    case BPF_SOCK_OPS_RWND_INIT:
      ctx.reply = rule.rwnd
      break
    case BPF_SOCK_OPS_NEEDS_ECN:
      ctx.reply = rule.flags & ECN
      break
    case BPF_SOCK_OPS_BASE_RTT:
      ctx.reply = rule.base_rtt
      break
    case BPF_SOCK_OPS_TCP_CONNECT_CB:
      buffers(ctx, rule)
      ctx.reply = 1
      break
    case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
      buffers(ctx, rule)
      established(ctx, rule, key.address)
      ctx.reply = 1
      break
    case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB:
      established(ctx, rule, key.address)
      ctx.reply = 1
      break
  }
  return 1
})

/** A connection has ended: what did its window come to? */
function learn(ctx: bpf_sock_ops): void {
  const sk = ctx.sk
  if (sk === null) return
  const track = tracks.get(sk)
  const tp = bpf_skc_to_tcp_sock(sk)
  if (track === null || tp === null) return
  const delivered = u32(tp.delivered)
  const before = learned.lookup(track.subnet)
  // Too little was sent to know more than was known.
  if (delivered < track.lower) return
  let sample = min(tp.snd_cwnd, delivered)
  if (u64(ctx.total_retrans) * TOLERATED > delivered) sample /= 2
  sample = min(max(sample, track.lower), track.upper) << FRACTION
  atomicAdd(counts.value.learned, 1)
  if (before === null) {
    learned.update(track.subnet, { at: bpf_ktime_get_ns(), window: sample, connections: 1 })
    return
  }
  const old = decayed(before.window, track.lower, before.at, track.half_life)
  before.window = old - old / 4 + sample / 4
  before.connections++
  before.at = bpf_ktime_get_ns()
}

export const tuning = sockOps((ctx) => {
  const op = ctx.op
  if (op === BPF_SOCK_OPS_STATE_CB) {
    if (ctx.args[1] === BPF_TCP_CLOSE) learn(ctx)
    return
  }
  if (op < BPF_SOCK_OPS_TIMEOUT_INIT || op > BPF_SOCK_OPS_BASE_RTT || ctx.reply !== 0) return
  const key: RuleKey = { prefixlen: 160, port: 0, address: [0, 0, 0xffff0000, 0] }
  const local: Subnet = { address: [0, 0, 0xffff0000, 0] }
  if (ctx.family === AF_INET) {
    key.address[3] = ctx.remote_ip4
    local.address[3] = ctx.local_ip4
  } else if (ctx.family === AF_INET6) {
    key.address[0] = ctx.remote_ip6[0]
    key.address[1] = ctx.remote_ip6[1]
    key.address[2] = ctx.remote_ip6[2]
    key.address[3] = ctx.remote_ip6[3]
    local.address[0] = ctx.local_ip6[0]
    local.address[1] = ctx.local_ip6[1]
    local.address[2] = ctx.local_ip6[2]
    local.address[3] = ctx.local_ip6[3]
  } else return
  if (ported.value !== 0) {
    // The service's port: of those who accept it is their own, and until then they are no full sockets.
    const accepts = op === BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB || ctx.is_fullsock === 0
    key.port = accepts ? ctx.local_port : bpf_ntohl(ctx.remote_port)
    if (follow(ctx, key, local, op) !== 0) return
    key.port = 0
  }
  follow(ctx, key, local, op)
})
