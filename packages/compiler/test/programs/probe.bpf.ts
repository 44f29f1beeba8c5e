import {
  bpf_getsockopt,
  bpf_ntohl,
  bpf_setsockopt,
  bpf_skc_to_tcp_sock,
  bpf_sock_ops_cb_flags_set,
  type FixedArray,
  global,
  hash,
  SO_SNDBUF,
  SOL_SOCKET,
  SOL_TCP,
  skStorage,
  sockOps,
  TCP_CONGESTION,
  type u8,
  u32,
} from '@tscc/bpf'
import {
  BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB,
  BPF_SOCK_OPS_STATE_CB_FLAG,
  BPF_SOCK_OPS_TCP_CONNECT_CB,
  BPF_SOCK_OPS_TIMEOUT_INIT,
  TCP_BPF_IW,
} from '@tscc/vmlinux'

interface Seen {
  count: u32
  port: u32
  cwnd: u32
}

interface Name {
  text: FixedArray<u8, 16>
}

/** By operation. */
export const seen = hash<u32, Seen>(64)
export const kept = skStorage<Seen>()
export const cc = global<Name>()
/** What the reply's other names read as. */
export const reply = global<u32>()

export const probe = sockOps((ctx) => {
  const op = ctx.op
  const before = seen.lookup(op)
  if (before === null) seen.update(op, { count: 1, port: bpf_ntohl(ctx.remote_port), cwnd: ctx.snd_cwnd })
  else before.count++
  switch (op) {
    case BPF_SOCK_OPS_TIMEOUT_INIT:
      ctx.reply = 50
      reply.value = ctx.replylong[0] + ctx.args[0] + ctx.reply
      return
    case BPF_SOCK_OPS_TCP_CONNECT_CB:
      bpf_setsockopt(ctx, SOL_SOCKET, SO_SNDBUF, u32(150_000), 4)
      bpf_setsockopt(ctx, SOL_TCP, TCP_CONGESTION, 'reno', 4)
      bpf_sock_ops_cb_flags_set(ctx, BPF_SOCK_OPS_STATE_CB_FLAG)
      break
    case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB: {
      bpf_setsockopt(ctx, SOL_TCP, TCP_BPF_IW, u32(33), 4)
      bpf_getsockopt(ctx, SOL_TCP, TCP_CONGESTION, cc.value.text, 16)
      const sk = ctx.sk
      if (sk === null) return
      const one = kept.get(sk, { count: 1, port: sk.src_port, cwnd: 0 })
      const tp = bpf_skc_to_tcp_sock(sk)
      if (one !== null && tp !== null) one.cwnd = tp.snd_cwnd
      break
    }
    default:
      ctx.reply = u32(-1)
  }
})

/** The same events, seen by one that says with its result whether it answered. */
export const second = sockOps(
  (ctx) => {
    if (ctx.op === BPF_SOCK_OPS_TIMEOUT_INIT) return 1
    return 0
  },
  { name: 'other' },
)
