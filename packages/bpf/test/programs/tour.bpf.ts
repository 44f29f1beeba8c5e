import {
  abs,
  after,
  array,
  atomicAdd,
  before,
  bpf_get_prandom_u32,
  bpf_ktime_get_ns,
  bpf_setsockopt,
  bpf_sk_storage_get,
  bpf_tcp_send_ack,
  clamp,
  exists,
  type FixedArray,
  global,
  hasCallback,
  hash,
  hasKfunc,
  inet_csk,
  inet_csk_ca,
  kernelAtLeast,
  loop,
  lpmTrie,
  lruHash,
  lruPercpuHash,
  max,
  min,
  noinline,
  percpuArray,
  percpuHash,
  printk,
  queue,
  range,
  ringbuf,
  SOL_TCP,
  type s32,
  type s64,
  sizeof,
  skStorage,
  sockOps,
  stack,
  structOps,
  TCP_CONG_NEEDS_ECN,
  tcp_sk,
  tcp_slow_start,
  tunable,
  type u8,
  u16,
  u32,
  u64,
} from '@tscc/bpf'
import {
  BPF_SOCK_OPS_RTT_CB,
  CA_EVENT_TX_START,
  type rate_sample,
  type sock,
  TCP_CA_Loss,
  type tcp_congestion_ops,
  tcp_reno_undo_cwnd,
} from '@tscc/vmlinux'

interface Flow {
  bytes: u64
  last: u32
  hist: FixedArray<u32, 4>
  on: u8
}
interface Key {
  daddr: u32
  dport: u16
}
interface Prefix {
  prefixlen: u32
  addr: u32
}
export const alpha = tunable<u32>(2)
export const losses = global<u64>(0)
export const total = global<Flow>()
export const flows = hash<Key, Flow>(1024, { pin: true, name: 'flows' })
export const counts = array<u64>(8)
export const pc = percpuArray<u64>(1)
export const ph = percpuHash<u32, Flow>(10)
export const lru = lruHash<u32, u32>(10)
export const lrup = lruPercpuHash<u32, u32>(10)
export const trie = lpmTrie<Prefix, u32>(10)
export const own = skStorage<Flow>()
export const q = queue<u32>(16)
export const st = stack<Flow>(16)
export const events = ringbuf<{ cwnd: u32; at: u64 }>(4096)

const helper = noinline((x: u32): u32 => x * 2 + 1)
function shared(sk: sock): u32 {
  return max(tcp_sk(sk).snd_cwnd >> 1, 2)
}

export default structOps<tcp_congestion_ops>({
  name: 'all',
  flags: TCP_CONG_NEEDS_ECN,
  ssthresh: shared,
  undo_cwnd(sk) {
    return hasKfunc(tcp_reno_undo_cwnd) ? tcp_reno_undo_cwnd(sk) : tcp_sk(sk).snd_cwnd
  },
  cong_control(sk, rs) {
    const tp = tcp_sk(sk)
    const a: s64 = rs.rtt_us
    if (rs.interval_us <= 0 || a < 0) return
    const flow = own.get(sk, { bytes: 0, last: 0, hist: [0, 0, 0, 0], on: 0 })
    if (flow === null) return
    flow.bytes += tp.bytes_acked
    flow.hist[flow.last & 3] = tp.snd_cwnd
    flow.last++
    const c = counts.lookup(1)
    if (c !== null) {
      c.value++
      atomicAdd(c.value, 1)
    }
    losses.value++
    total.value.on = 1
    const key: Key = { daddr: 1, dport: u16(sk.__sk_common.skc_num) }
    flows.update(key, { bytes: u64(1), last: 0, hist: [1, 2, 3, 4], on: 1 })
    const local: FixedArray<u32, 4> = [0, 0, 0, 0]
    for (const i of range(4)) local[i] = i * 2
    let sum: u32 = 0
    for (const i of range(1, 4)) sum += local[i]
    loop(tp.snd_cwnd, (i) => {
      sum += i
    })
    loop(10, (i) => i > 5)
    const e = events.reserve()
    if (e !== null) {
      e.cwnd = sum
      e.at = bpf_ktime_get_ns()
      events.submit(e)
    }
    events.output({ cwnd: 1, at: 2 })
    if (exists(tp.accecn_minlen)) sum += tp.accecn_minlen
    if (hasCallback('cwnd_event_tx_start') && kernelAtLeast(6, 12)) sum++
    printk('cwnd %u %d', tp.snd_cwnd, rs.rtt_us)
    const n = sizeof<Flow>() + sizeof(local)
    tp.snd_cwnd = clamp(helper(n), alpha.value, tp.snd_cwnd_clamp)
    sk.sk_pacing_rate = u64(tp.snd_cwnd) * 1000
    inet_csk(sk).icsk_ack.pending = 1
    const v = inet_csk_ca<Flow>(sk)
    v.hist[0] = min(v.hist[0], abs(3))
    if (before(tp.snd_una, v.last) || after(1, 2)) bpf_tcp_send_ack(tp, tp.rcv_nxt)
    const d = q.pop()
    if (d !== null) d.value++
    q.push(3)
    const s = st.peek()
    if (s !== null) s.on = 1
    const big = u64(0xffff_ffff_ffff_ffffn)
    const name: FixedArray<u8, 8> = [1]
    bpf_setsockopt(sk, SOL_TCP, 13, name, sizeof(name))
    const x = trie.lookup({ prefixlen: 32, addr: 1 })
    const r = bpf_sk_storage_get(own, sk, v, 1)
    const pcv = pc.lookup(0)
    if (pcv) pcv.value += big
    ph.lookup(3)
    lru.lookup(2)
    lrup.delete(2)
    const wide = (u64(tp.snd_cwnd) * (tp.snd_cwnd - v.last)) / v.last
    const back = u32(wide)
    void [x, r, back, bpf_get_prandom_u32(), TCP_CA_Loss, CA_EVENT_TX_START, tcp_slow_start(tp, 1)]
  },
})
export const two = structOps<tcp_congestion_ops>({
  name: 'four',
  ssthresh: (sk) => 2,
  undo_cwnd: (sk) => 2,
  cong_control(sk, ack, flag, rs) {
    const k: u32 = ack
    const f: s32 = flag
    const z: s64 = rs.rtt_us
    tcp_sk(sk).snd_cwnd = ack + k + f + u32(z)
  },
})
export const three = structOps<tcp_congestion_ops>({
  name: 'three',
  ssthresh: (sk) => 2,
  undo_cwnd: (sk) => 2,
  cong_control(sk: sock, rs: rate_sample) {
    tcp_sk(sk).snd_cwnd = rs.acked_sacked
  },
})
export const so = sockOps((ctx) => {
  if (ctx.op === BPF_SOCK_OPS_RTT_CB) ctx.reply = 1
})
