import {
  array,
  global,
  type Kptr,
  NET_XMIT_DROP,
  NET_XMIT_SUCCESS,
  range,
  structOps,
  type u32,
  type u64,
} from '@tscc/bpf'
import {
  bpf_kfree_skb,
  bpf_qdisc_bstats_update,
  bpf_qdisc_skb_drop,
  type Qdisc_ops,
  type sk_buff,
} from '@tscc/vmlinux/Qdisc_ops'

/** Room for one packet. */
interface Slot {
  skb: Kptr<sk_buff>
}

const LENGTH = 1024

/** The packets that wait: a ring of one qdisc at a time. */
const slots = array<Slot>(LENGTH)
let head: u32 = 0
let tail: u32 = 0

/** Packets that were handed on. */
export const sent = global<u64>(0)
/** Packets that there was no room for. */
export const dropped = global<u64>(0)

export default structOps<Qdisc_ops>({
  id: 'ts_fifo',
  enqueue(skb, sch, to_free) {
    const slot = sch.q.qlen < sch.limit ? slots.lookup(tail & (LENGTH - 1)) : null
    if (slot === null) {
      dropped.value++
      sch.qstats.drops++
      bpf_qdisc_skb_drop(skb, to_free)
      return NET_XMIT_DROP
    }
    sch.qstats.backlog += skb.len
    sch.q.qlen++
    tail++
    const old = slot.skb.exchange(skb)
    if (old !== null) bpf_qdisc_skb_drop(old, to_free)
    return NET_XMIT_SUCCESS
  },
  dequeue(sch) {
    if (head === tail) return null
    const slot = slots.lookup(head & (LENGTH - 1))
    if (slot === null) return null
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
