import {
  array,
  bpf_get_prandom_u32,
  bpf_ktime_get_ns,
  global,
  type Kptr,
  loop,
  max,
  min,
  NET_XMIT_CN,
  NET_XMIT_DROP,
  NET_XMIT_SUCCESS,
  NSEC_PER_SEC,
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
/** Bytes that may wait for the rate, without those that are still delayed; 0: as many as there is room for. */
export const buffer = tunable<u32>(0)
/** Bytes of backlog above which a local sender is told that there is congestion; 0: never. */
export const mark = tunable<u32>(0)

/** A packet, and when it goes on, ns of the monotonic clock. */
interface Slot {
  skb: Kptr<sk_buff>
  at: u64
}

const LENGTH = 16_384

/** Packets that it holds at most. */
export const limit = tunable<u32>(LENGTH)

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
/** The most bytes that waited for the rate. */
export const longest = global<u64>(0)

/** The line is busy for so long from when the packet comes to it, ns; what the queue holds then. */
function queued(wait: u64): u64 {
  return (wait * rate.value) / (8 * NSEC_PER_SEC)
}

/** Let go of the packet in a slot. */
function empty(i: u32): boolean {
  const slot = slots.lookup((head + i) & (LENGTH - 1))
  if (slot === null) return false
  const skb = slot.skb.exchange(null)
  if (skb !== null) bpf_kfree_skb(skb)
  return false
}

export default structOps<Qdisc_ops>({
  id: 'ts_netem',
  enqueue(skb, sch, to_free) {
    if (bpf_get_prandom_u32() < loss.value) {
      lost.value++
      bpf_qdisc_skb_drop(skb, to_free)
      return NET_XMIT_SUCCESS
    }
    const due = bpf_ktime_get_ns() + delay.value
    const start = max(last, due)
    let end = start
    if (rate.value > 0) end += (u64(skb.len) * 8 * NSEC_PER_SEC) / rate.value
    const waiting = queued(end - due)
    // An idle line takes any packet
    const full = buffer.value > 0 && start > due && waiting > buffer.value
    const slot = full || sch.q.qlen >= sch.limit ? null : slots.lookup(tail & (LENGTH - 1))
    if (slot === null) {
      dropped.value++
      sch.qstats.drops++
      bpf_qdisc_skb_drop(skb, to_free)
      return NET_XMIT_DROP
    }
    last = end
    longest.value = max(longest.value, waiting)
    slot.at = end
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
    sch.limit = min(limit.value, LENGTH)
    head = 0
    tail = 0
    last = 0
    return 0
  },
  reset(sch) {
    loop(tail - head, empty)
    sch.q.qlen = 0
    sch.qstats.backlog = 0
    head = tail
  },
  destroy() {},
})
