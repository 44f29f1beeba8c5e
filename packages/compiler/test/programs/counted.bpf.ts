import { type FixedArray, global, hash, max, ringbuf, structOps, tcp_sk, tunable, type u32, type u64 } from '@tscc/bpf'
import type { tcp_congestion_ops } from '@tscc/vmlinux'

interface Flow {
  acks: u64
  most: u32
}
interface Sample {
  cwnd: u32
  acked: u32
}
interface Totals {
  segments: u64
  parts: FixedArray<u32, 3>
}

/** Windows grow by so many segments for each one acknowledged. */
export const step = tunable<u32>(1)
export const acks = global<u64>(0)
export const totals = global<Totals>()
export const flows = hash<u32, Flow>(16)
export const samples = ringbuf<Sample>(65536)

/** Counts what it sees. */
export default structOps<tcp_congestion_ops>({
  name: 'ts_counted',
  ssthresh(sk) {
    return max(tcp_sk(sk).snd_cwnd / 2, 2)
  },
  undo_cwnd(sk) {
    return tcp_sk(sk).snd_cwnd
  },
  cong_avoid(sk, ack, acked) {
    const tp = tcp_sk(sk)
    tp.snd_cwnd += acked * step.value
    acks.value++
    totals.value.segments += acked
    totals.value.parts[1] = step.value
    const flow = flows.lookup(7)
    if (flow === null) flows.update(7, { acks: 1, most: tp.snd_cwnd })
    else {
      flow.acks++
      flow.most = max(flow.most, tp.snd_cwnd)
    }
    samples.output({ cwnd: tp.snd_cwnd, acked })
  },
})
