// Which connections get which congestion control, and how they fared with it.
import {
  AF_INET,
  array,
  type bool,
  bpf_htonl,
  bpf_ntohl,
  bpf_setsockopt,
  bpf_sock_ops_cb_flags_set,
  type FixedArray,
  global,
  percpuArray,
  range,
  SOL_TCP,
  skStorage,
  sockOps,
  TCP_CONGESTION,
  tunable,
  type u8,
  type u16,
  u32,
  u64,
} from '@tscc/bpf'
import {
  BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB,
  BPF_SOCK_OPS_STATE_CB,
  BPF_SOCK_OPS_STATE_CB_FLAG,
  BPF_SOCK_OPS_TCP_CONNECT_CB,
  BPF_TCP_CLOSE,
  type bpf_sock_ops,
} from '@tscc/vmlinux'

/** Rows of one table, scopes (cgroups) of one table, and rules that have figures. */
const ROWS = 256
const SCOPES = 64
const SLOTS = 128

/** A row: connections to one prefix and some ports; a rule for several prefixes has a row for each. */
interface Row {
  /** Remote network, as four words of the wire; IPv4 behind ::ffff:0:0. */
  net: FixedArray<u32, 4>
  mask: FixedArray<u32, 4>
  /** The port of the service: the remote one where we connect, the local one where we accept. */
  port_first: u16
  port_last: u16
  /** 1: connections that we make; 2: those that we accept. */
  sides: u8
  unused: u8
  /** Of 10000 connections. */
  share: u16
  /** So that rules choose independently of each other. */
  salt: u32
  /** Where the rule's figures are, and of which rule those have to be. */
  slot: u32
  rule: u32
  cc: FixedArray<u8, 16>
  name: FixedArray<u8, 32>
}

/** The rows of a scope. */
interface Span {
  first: u32
  count: u32
}

/** Two tables, of which one is in use: the other is written, and `current` says from when on it is. */
export const rows = array<Row>(2 * ROWS)
export const spans = array<Span>(2 * SCOPES)
export const current = global<u8>(0)

/** Which cgroup this program is attached to. */
export const scope = tunable<u32>(0)

/** What came of a rule's connections: those it chose, and those of the same kind that it left as they were. */
interface Figures {
  rule: u32
  unused: u32
  matched: u64
  failed: u64
  ended: u64
  bytes: u64
  segments: u64
  retransmits: u64
  /** Sums over connections of squares and products, for confidence intervals of the ratio. */
  segments2: u64
  retransmits2: u64
  both: u64
  /** Of connections that have an RTT: log2 of it in µs, times 1024. */
  rtts: u64
  rtt: u64
  rtt2: u64
  /** Of connections that have a delivery rate: log2 of it in bytes per second, times 1024. */
  rates: u64
  rate: u64
  rate2: u64
}

export const figures = percpuArray<Figures>(2 * SLOTS)

/** What a connection was taken for. */
interface Placed {
  /** 2 × slot, and 1 more where it was left as it was. */
  arm: u32
  rule: u32
}

export const placed = skStorage<Placed>()

/** What a program of a cgroup below leaves to those above: it has decided, or which table it found nothing in (the lowest bit). */
const DECIDED = 0x74736363
const UNDECIDED = 0x74736364

export const policy = sockOps((ctx) => {
  const op = ctx.op
  const side =
    op === BPF_SOCK_OPS_TCP_CONNECT_CB ? u32(1) : op === BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB ? u32(2) : u32(0)
  if (side !== 0) {
    if (ctx.reply !== DECIDED) choose(ctx, side)
  } else if (op === BPF_SOCK_OPS_STATE_CB && ctx.args[1] === BPF_TCP_CLOSE) finish(ctx)
})

/** The first row that is of this connection, and whose share it belongs to, says which congestion control it gets. */
function choose(ctx: bpf_sock_ops, side: u32): void {
  // All programs of a connection look into the same table, though another may come into use between them.
  const left = ctx.reply
  const half: u32 = (left & ~u32(1)) === UNDECIDED ? left & 1 : current.value & 1
  ctx.reply = UNDECIDED | half
  const span = spans.lookup(half * SCOPES + scope.value)
  if (span === null) return
  const mapped = ctx.family === AF_INET
  const r0 = mapped ? u32(0) : ctx.remote_ip6[0]
  const r1 = mapped ? u32(0) : ctx.remote_ip6[1]
  const r2 = mapped ? bpf_htonl(0xffff) : ctx.remote_ip6[2]
  const r3 = mapped ? ctx.remote_ip4 : ctx.remote_ip6[3]
  const local_port = ctx.local_port
  const remote_port = bpf_ntohl(ctx.remote_port)
  const port = side === 1 ? remote_port : local_port
  const tuple = mix(
    mix(mix(mix(mix((local_port << 16) | remote_port, r0), r1), r2), r3),
    mapped ? ctx.local_ip4 : ctx.local_ip6[3],
  )
  const first = half * ROWS + span.first
  const count = span.count
  let control: u32 = 0
  let control_rule: u32 = 0
  for (const i of range(ROWS)) {
    if (i >= count) break
    const row = rows.lookup(first + i)
    if (row === null) break
    if ((row.sides & side) === 0 || port < row.port_first || port > row.port_last) continue
    if ((r3 & row.mask[3]) !== row.net[3] || (r2 & row.mask[2]) !== row.net[2]) continue
    if ((r1 & row.mask[1]) !== row.net[1] || (r0 & row.mask[0]) !== row.net[0]) continue
    if (mix(row.salt, tuple) % 10000 >= row.share) {
      // Those that a rule leaves as they were are what its own are compared with.
      if (control_rule === 0) {
        control = row.slot * 2 + 1
        control_rule = row.rule
      }
      continue
    }
    const failed = bpf_setsockopt(ctx, SOL_TCP, TCP_CONGESTION, row.cc, 16) !== 0
    ctx.reply = DECIDED
    note(ctx, row.slot * 2, row.rule, failed)
    return
  }
  if (control_rule !== 0) note(ctx, control, control_rule, false)
}

/** One step of a hash: every bit of either number matters to the upper bits of the result, and these to the lower. */
function mix(a: u32, b: u32): u32 {
  const x = (a ^ b) * 0x9e3779b1
  const y = (x ^ (x >> 15)) * 0x85ebca77
  return y ^ (y >> 13)
}

/** A connection has been taken for an arm of a rule: it counts, and is asked again when it ends. */
function note(ctx: bpf_sock_ops, arm: u32, rule: u32, failed: bool): void {
  const row = figures.lookup(arm)
  if (row === null || row.rule !== rule) return
  row.matched++
  if (failed) {
    row.failed++
    return
  }
  const sk = ctx.sk
  if (sk === null) return
  const mine = placed.get(sk, { arm, rule })
  if (mine === null) return
  // A socket that connects once more.
  mine.arm = arm
  mine.rule = rule
  bpf_sock_ops_cb_flags_set(ctx, ctx.bpf_sock_ops_cb_flags | BPF_SOCK_OPS_STATE_CB_FLAG)
}

function finish(ctx: bpf_sock_ops): void {
  const sk = ctx.sk
  if (sk === null) return
  const mine = placed.get(sk)
  if (mine === null) return
  const row = figures.lookup(mine.arm)
  // The rule may have gone, and another have its place.
  if (row === null || row.rule !== mine.rule) return
  const segments: u64 = ctx.data_segs_out
  const retransmits: u64 = ctx.total_retrans
  row.ended++
  row.bytes += ctx.bytes_acked
  row.segments += segments
  row.retransmits += retransmits
  row.segments2 += segments * segments
  row.retransmits2 += retransmits * retransmits
  row.both += segments * retransmits
  const rtt = ctx.srtt_us >> 3
  if (rtt !== 0) {
    const log = log2(rtt)
    row.rtts++
    row.rtt += log
    row.rtt2 += log * log
  }
  const us: u64 = ctx.rate_interval_us
  if (us === 0) return
  const rate = (u64(ctx.rate_delivered) * u64(ctx.mss_cache) * 1000000) / us
  if (rate !== 0) {
    const log = log2(rate)
    row.rates++
    row.rate += log
    row.rate2 += log * log
  }
}

/** log2 of a number from 1 on, times 1024; within 0.01 of the true one, as log2(1 + f) is nearly f + 0.344 f (1 - f). */
function log2(value: u64): u64 {
  let n: u64 = 0
  let x = value
  if (x >= 0x100000000) {
    n += 32
    x = x >> 32
  }
  if (x >= 0x10000) {
    n += 16
    x = x >> 16
  }
  if (x >= 0x100) {
    n += 8
    x = x >> 8
  }
  if (x >= 0x10) {
    n += 4
    x = x >> 4
  }
  if (x >= 0x4) {
    n += 2
    x = x >> 2
  }
  if (x >= 0x2) {
    n += 1
  }
  const f = n >= 10 ? (value >> (n - 10)) & 1023 : (value << (10 - n)) & 1023
  return n * 1024 + f + ((f * (1024 - f) * 352) >> 20)
}
