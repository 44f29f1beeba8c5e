import { bpf_sock_ops_cb_flags_set, global, hash, skStorage, sockOps, type u32, type u64 } from '@tscc/bpf'
import { BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB, BPF_SOCK_OPS_RTT_CB, BPF_SOCK_OPS_RTT_CB_FLAG } from '@tscc/vmlinux'

/* Two things that are kept of a socket: its round trip times, which the program writes, and where the peer is, which Node does. */

interface Rtt {
  samples: u32
  least_us: u32
}

interface Location {
  region: u32
}

interface Tuple {
  remote: u32
  remote_port: u32
  local_port: u32
}

export const rtt = skStorage<Rtt>()
export const location = skStorage<Location>()
/** The same by addresses, which nobody removes. */
export const byTuple = hash<Tuple, Rtt>(1024)
/** Samples by region. */
export const samples = hash<u32, u64>(16)
export const lost = global<u64>(0)

export const keep = sockOps((ctx) => {
  const sk = ctx.sk
  if (sk === null) return
  const tuple: Tuple = { remote: ctx.remote_ip4, remote_port: ctx.remote_port, local_port: ctx.local_port }
  switch (ctx.op) {
    case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB:
      if (rtt.get(sk, { samples: 0, least_us: 0xffffffff }) === null) lost.value++
      if (byTuple.lookup(tuple) === null) byTuple.update(tuple, { samples: 0, least_us: 0xffffffff })
      bpf_sock_ops_cb_flags_set(ctx, BPF_SOCK_OPS_RTT_CB_FLAG)
      break
    case BPF_SOCK_OPS_RTT_CB: {
      const mine = rtt.get(sk)
      if (mine !== null) {
        mine.samples++
        mine.least_us = ctx.rtt_min
      }
      const other = byTuple.lookup(tuple)
      if (other !== null) other.samples++
      const where = location.get(sk)
      if (where !== null) {
        const count = samples.lookup(where.region)
        if (count === null) samples.update(where.region, 1)
        else count.value++
      }
      break
    }
  }
})
