import { inet_csk_ca, max, min, structOps, tcp_sk, u8, type u16, u32, u64 } from '@tscc/bpf'
import { TCP_CA_Loss, type tcp_congestion_ops } from '@tscc/vmlinux'
import { cwnd_limited, in_slow_start, slow_start } from './steps.bpf.ts'

const NONE = 0xffffffff

interface Aimd {
  /** us << 16 */
  mean: u64
  /** us */
  least: u32
  /** us */
  most: u32
  /** Segments acknowledged beyond the last increase. */
  credit: u32
  losses: u16
  /** The last decrease was a half. */
  deep: u8
}

/**
 * Additive increase, and a decrease by how far the mean RTT lies between the least and the greatest. The same as
 * ../baseline/aimd.bpf.c.
 */
export default structOps<tcp_congestion_ops>({
  name: 'ts_aimd',
  init(sk) {
    const a = inet_csk_ca<Aimd>(sk)
    a.mean = 0
    a.least = NONE
    a.most = 0
    a.credit = 0
    a.losses = 0
    a.deep = 0
  },
  pkts_acked(sk, sample) {
    const a = inet_csk_ca<Aimd>(sk)
    if (sample.rtt_us <= 0) return
    const us = u32(sample.rtt_us)
    const fine = u64(us) << 16
    if (a.mean === 0) a.mean = fine
    else a.mean = a.mean - (a.mean >> 3) + (fine >> 3)
    a.least = min(a.least, us)
    a.most = max(a.most, us)
  },
  cong_avoid(sk, ack, acked) {
    const tp = tcp_sk(sk)
    const a = inet_csk_ca<Aimd>(sk)
    if (!cwnd_limited(tp)) return
    let left = acked
    if (in_slow_start(tp)) {
      left = slow_start(tp, acked)
      if (left === 0) return
    }
    // twice as fast after a small decrease
    const step = a.deep !== 0 ? tp.snd_cwnd : (tp.snd_cwnd + 1) / 2
    a.credit += left
    if (a.credit >= step) {
      a.credit -= step
      tp.snd_cwnd = min(tp.snd_cwnd + 1, tp.snd_cwnd_clamp)
    }
  },
  ssthresh(sk) {
    const a = inet_csk_ca<Aimd>(sk)
    const cwnd = tcp_sk(sk).snd_cwnd
    const mean = u32(a.mean >> 16)
    a.losses++
    a.credit = 0
    if (a.most > a.least && mean > a.least) {
      const part = (u64(mean - a.least) * 1024) / (a.most - a.least)
      a.deep = u8(part >= 512)
      if (a.deep === 0) return max(cwnd - u32((u64(cwnd) * part) >> 10), 2)
    } else {
      a.deep = 0
      if ((a.losses & 1) !== 0) return max(cwnd - cwnd / 8, 2)
    }
    return max(cwnd / 2, 2)
  },
  set_state(sk, state) {
    const a = inet_csk_ca<Aimd>(sk)
    if (state === TCP_CA_Loss) {
      a.mean = 0
      a.most = 0
      a.deep = 1
    }
  },
  undo_cwnd(sk) {
    const tp = tcp_sk(sk)
    const a = inet_csk_ca<Aimd>(sk)
    if (a.losses !== 0) a.losses--
    return max(tp.snd_cwnd, tp.prior_cwnd)
  },
})
