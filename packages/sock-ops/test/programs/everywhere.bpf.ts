import {
  bpf_setsockopt,
  bpf_sock_ops_cb_flags_set,
  global,
  headerOption,
  ringbuf,
  SOL_TCP,
  sockOps,
  TCP_SAVE_SYN,
  TCPHDR_FIN,
  TCPHDR_SYN,
  type u8,
  u16,
  u32,
  type u64,
} from '@tscc/bpf'
import {
  BPF_SOCK_OPS_HDR_OPT_LEN_CB,
  BPF_SOCK_OPS_PARSE_ALL_HDR_OPT_CB_FLAG,
  BPF_SOCK_OPS_PARSE_HDR_OPT_CB,
  BPF_SOCK_OPS_TCP_CONNECT_CB,
  BPF_SOCK_OPS_TCP_LISTEN_CB,
  BPF_SOCK_OPS_WRITE_HDR_OPT_CB,
  BPF_SOCK_OPS_WRITE_HDR_OPT_CB_FLAG,
} from '@tscc/vmlinux'

interface Stamp {
  sequence: u32
  flags: u16
  kind: u8
}

interface Seen {
  sequence: u32
  flags: u32
}

interface Counts {
  written: u64
  failed: u64
}

/** A magic number of 16 bits, and one of 32. */
const stamp = headerOption<Stamp>(253, { magic: 0xeb9f })
const mark = headerOption<Mark>(254, { magic: 0xabcd1234 })

interface Mark {
  value: u16
}

export const seen = ringbuf<Seen>(65536)
export const counts = global<Counts>()

export const everywhere = sockOps((ctx) => {
  switch (ctx.op) {
    case BPF_SOCK_OPS_TCP_LISTEN_CB:
    case BPF_SOCK_OPS_TCP_CONNECT_CB:
      bpf_setsockopt(ctx, SOL_TCP, TCP_SAVE_SYN, u32(1), 4)
      bpf_sock_ops_cb_flags_set(ctx, BPF_SOCK_OPS_WRITE_HDR_OPT_CB_FLAG | BPF_SOCK_OPS_PARSE_ALL_HDR_OPT_CB_FLAG)
      break
    case BPF_SOCK_OPS_HDR_OPT_LEN_CB:
      stamp.reserve(ctx)
      if ((ctx.skb_tcp_flags & (TCPHDR_FIN | TCPHDR_SYN)) === TCPHDR_FIN) mark.reserve(ctx)
      break
    case BPF_SOCK_OPS_WRITE_HDR_OPT_CB: {
      const value: Stamp = { sequence: 0x01020304, flags: u16(ctx.skb_tcp_flags), kind: 7 }
      if (stamp.store(ctx, value) === 0) counts.value.written++
      else counts.value.failed++
      // Twice is once too often.
      if (stamp.store(ctx, value) === 0) counts.value.failed++
      if ((ctx.skb_tcp_flags & (TCPHDR_FIN | TCPHDR_SYN)) === TCPHDR_FIN && mark.store(ctx, { value: 0x55aa }) !== 0)
        counts.value.failed++
      break
    }
    case BPF_SOCK_OPS_PARSE_HDR_OPT_CB: {
      const found = stamp.load(ctx)
      if (found !== null) seen.output({ sequence: found.sequence, flags: found.flags })
      break
    }
  }
})
