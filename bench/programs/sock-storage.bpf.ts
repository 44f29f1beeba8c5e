import { bpf_sock_ops_cb_flags_set, global, hash, skStorage, sockOps, type u32, type u64 } from '@tscc/bpf'
import {
  BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB,
  BPF_SOCK_OPS_RTT_CB,
  BPF_SOCK_OPS_RTT_CB_FLAG,
  type bpf_sock_ops,
} from '@tscc/vmlinux'

/* What a program keeps of a connection, found by the socket and by the addresses: so often for each round trip sample. */

interface Tuple {
  remote: u32
  local: u32
  remote_port: u32
  local_port: u32
}

interface Kept {
  rtt: u64
}

const LOOKUPS = 64

export const bySock = skStorage<Kept>()
export const byAddress = hash<Tuple, Kept>(65536)
export const sum = global<u64>(0)

function wantSamples(ctx: bpf_sock_ops): void {
  if (ctx.op === BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB) bpf_sock_ops_cb_flags_set(ctx, BPF_SOCK_OPS_RTT_CB_FLAG)
}

/** What an event costs that nothing is made of. */
export const empty = sockOps(() => {})

/** What calling and counting costs, of samples. */
export const none = sockOps((ctx) => {
  wantSamples(ctx)
  if (ctx.op === BPF_SOCK_OPS_RTT_CB) sum.value++
})

export const storage = sockOps((ctx) => {
  wantSamples(ctx)
  if (ctx.op !== BPF_SOCK_OPS_RTT_CB) return
  const sk = ctx.sk
  if (sk === null) return
  if (bySock.get(sk, { rtt: 1 }) === null) return
  let total: u64 = 0
  for (let i: u32 = 0; i < LOOKUPS; i++) {
    const kept = bySock.get(sk)
    if (kept !== null) total += kept.rtt
  }
  sum.value += total
})

export const tuples = sockOps((ctx) => {
  wantSamples(ctx)
  if (ctx.op !== BPF_SOCK_OPS_RTT_CB) return
  const key: Tuple = {
    remote: ctx.remote_ip4,
    local: ctx.local_ip4,
    remote_port: ctx.remote_port,
    local_port: ctx.local_port,
  }
  if (byAddress.lookup(key) === null) byAddress.update(key, { rtt: 1 })
  let total: u64 = 0
  for (let i: u32 = 0; i < LOOKUPS; i++) {
    const kept = byAddress.lookup(key)
    if (kept !== null) total += kept.rtt
  }
  sum.value += total
})
