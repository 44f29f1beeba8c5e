import {
  array,
  bpf_get_prandom_u32,
  bpf_ktime_get_ns,
  global,
  type Kptr,
  max,
  NET_XMIT_CN,
  NET_XMIT_DROP,
  NET_XMIT_SUCCESS,
  NSEC_PER_SEC,
  range,
  structOps,
  tunable,
  type u32,
  u64,
} from '@tscc/bpf'
import {
  bpf_kfree_skb,
  bpf_qdisc_bstats_update,
  bpf_qdisc_skb_drop,
  bpf_qdisc_watchdog_schedule,
  type Qdisc_ops,
  type sk_buff,
} from '@tscc/vmlinux/Qdisc_ops'

/** How long each packet is held, ns. */
export const delay = tunable<u64>(0)
/** Bits per second; 0: as fast as they come. */
export const rate = tunable<u64>(0)
/** How many of 2^32 packets are lost. */
export const loss = tunable<u32>(0)
/** Bytes of backlog above which a local sender is told that there is congestion; 0: never. */
export const mark = tunable<u32>(0)

/** A packet, and when it goes on, ns of the monotonic clock. */
interface Slot {
  skb: Kptr<sk_buff>
  at: u64
}

const LENGTH = 1024

/** The packets that wait, in the order in which they go: a ring of one qdisc at a time. */
const slots = array<Slot>(LENGTH)
let head: u32 = 0
let tail: u32 = 0
/** When the last one goes. */
let last: u64 = 0

/** Packets that were handed on. */
export const sent = global<u64>(0)
/** Packets that were lost on purpose. */
export const lost = global<u64>(0)
/** Packets that there was no room for. */
export const dropped = global<u64>(0)
/** Packets whose sender was told. */
export const marked = global<u64>(0)

export default structOps<Qdisc_ops>({
  id: 'ts_netem',
  enqueue(skb, sch, to_free) {
    if (bpf_get_prandom_u32() < loss.value) {
      lost.value++
      bpf_qdisc_skb_drop(skb, to_free)
      return NET_XMIT_SUCCESS
    }
    const slot = sch.q.qlen < sch.limit ? slots.lookup(tail & (LENGTH - 1)) : null
    if (slot === null) {
      dropped.value++
      sch.qstats.drops++
      bpf_qdisc_skb_drop(skb, to_free)
      return NET_XMIT_DROP
    }
    last = max(last, bpf_ktime_get_ns() + delay.value)
    if (rate.value > 0) last += (u64(skb.len) * 8 * NSEC_PER_SEC) / rate.value
    slot.at = last
    sch.qstats.backlog += skb.len
    sch.q.qlen++
    tail++
    const old = slot.skb.exchange(skb)
    if (old !== null) bpf_qdisc_skb_drop(old, to_free)
    if (mark.value === 0 || sch.qstats.backlog < mark.value) return NET_XMIT_SUCCESS
    marked.value++
    return NET_XMIT_CN
  },
  dequeue(sch) {
    if (head === tail) return null
    const slot = slots.lookup(head & (LENGTH - 1))
    if (slot === null) return null
    if (slot.at > bpf_ktime_get_ns()) {
      bpf_qdisc_watchdog_schedule(sch, slot.at, 0)
      return null
    }
    head++
    const skb = slot.skb.exchange(null)
    if (skb === null) return null
    sch.q.qlen--
    sch.qstats.backlog -= skb.len
    sent.value++
    bpf_qdisc_bstats_update(sch, skb)
    return skb
  },
  init(sch) {
    sch.limit = 1000
    head = 0
    tail = 0
    last = 0
    return 0
  },
  reset(sch) {
    for (const i of range(LENGTH)) {
      const slot = slots.lookup(i)
      if (slot === null) continue
      const skb = slot.skb.exchange(null)
      if (skb !== null) bpf_kfree_skb(skb)
    }
    sch.q.qlen = 0
    sch.qstats.backlog = 0
    head = tail
  },
  destroy() {},
})
