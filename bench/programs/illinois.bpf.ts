import { inet_csk_ca, max, min, s32, structOps, tcp_sk, type u8, u16, u32, type u64 } from '@tscc/bpf'
import { TCP_CA_Loss, type tcp_congestion_ops, type tcp_sock } from '@tscc/vmlinux'
import { cwnd_limited, in_slow_start, slow_start } from './steps.bpf.ts'

const SHIFT = 7
const SCALE: u32 = 1 << SHIFT
const ALPHA_MAX: u32 = 10 * SCALE
const ALPHA_MIN: u32 = (3 * SCALE) / 10
const BETA_MIN: u32 = SCALE / 8
const BETA_MAX: u32 = SCALE / 2
/** Segments below which it is as Reno. */
const WINDOW = 15
const NONE = 0x7fffffff

interface Illinois {
  /** us, of this round */
  sum_rtt: u64
  end_seq: u32
  /** us */
  base_rtt: u32
  /** us */
  max_rtt: u32
  /** In 1 / SCALE. */
  alpha: u32
  beta: u32
  cnt_rtt: u16
  acked: u16
  rounds_low: u8
  above: u8
}

function new_round(tp: tcp_sock, ca: Illinois): void {
  ca.end_seq = tp.snd_nxt
  ca.cnt_rtt = 0
  ca.sum_rtt = 0
}

function alpha_of(ca: Illinois, delay: u32, most: u32): u32 {
  const low = most / 100
  if (delay <= low) {
    if (ca.above === 0) return ALPHA_MAX
    ca.rounds_low++
    if (ca.rounds_low < 5) return ca.alpha
    ca.rounds_low = 0
    ca.above = 0
    return ALPHA_MAX
  }
  ca.above = 1
  most -= low
  delay -= low
  return (most * ALPHA_MAX) / (most + (delay * (ALPHA_MAX - ALPHA_MIN)) / ALPHA_MIN)
}

function beta_of(delay: u32, most: u32): u32 {
  const low = most / 10
  if (delay <= low) return BETA_MIN
  const high = (8 * most) / 10
  if (delay >= high || high <= low) return BETA_MAX
  return (BETA_MIN * high - BETA_MAX * low + (BETA_MAX - BETA_MIN) * delay) / (high - low)
}

function update(tp: tcp_sock, ca: Illinois): void {
  if (tp.snd_cwnd < WINDOW) {
    ca.alpha = SCALE
    ca.beta = BETA_MAX
  } else if (ca.cnt_rtt > 0) {
    const most = ca.max_rtt - ca.base_rtt
    const mean = u32(ca.sum_rtt / ca.cnt_rtt)
    const delay = mean - ca.base_rtt
    ca.alpha = alpha_of(ca, delay, most)
    ca.beta = beta_of(delay, most)
  }
  new_round(tp, ca)
}

/** In the manner of TCP-Illinois (Liu, Basar, Srikant 2006). The same as ../baseline/illinois.bpf.c. */
export default structOps<tcp_congestion_ops>({
  name: 'ts_illinois',
  init(sk) {
    const ca = inet_csk_ca<Illinois>(sk)
    ca.alpha = ALPHA_MAX
    ca.beta = BETA_MIN
    ca.base_rtt = NONE
    ca.max_rtt = 0
    ca.acked = 0
    ca.rounds_low = 0
    ca.above = 0
    new_round(tcp_sk(sk), ca)
  },
  pkts_acked(sk, sample) {
    const ca = inet_csk_ca<Illinois>(sk)
    const us = sample.rtt_us
    ca.acked = u16(sample.pkts_acked)
    if (us < 0) return
    let rtt = u32(us)
    if (rtt > 10000000) rtt = 10000000
    if (ca.base_rtt > rtt) ca.base_rtt = rtt
    if (ca.max_rtt < rtt) ca.max_rtt = rtt
    ca.cnt_rtt++
    ca.sum_rtt += rtt
  },
  cong_avoid(sk, ack, acked) {
    const tp = tcp_sk(sk)
    const ca = inet_csk_ca<Illinois>(sk)
    if (s32(ack - ca.end_seq) > 0) update(tp, ca)
    if (!cwnd_limited(tp)) return
    if (in_slow_start(tp)) {
      slow_start(tp, acked)
      return
    }
    tp.snd_cwnd_cnt += ca.acked
    ca.acked = 1
    const delta = (tp.snd_cwnd_cnt * ca.alpha) >> SHIFT
    if (delta >= tp.snd_cwnd) {
      tp.snd_cwnd = min(tp.snd_cwnd + delta / tp.snd_cwnd, tp.snd_cwnd_clamp)
      tp.snd_cwnd_cnt = 0
    }
  },
  ssthresh(sk) {
    const tp = tcp_sk(sk)
    const ca = inet_csk_ca<Illinois>(sk)
    const decr = (tp.snd_cwnd * ca.beta) >> SHIFT
    return max(tp.snd_cwnd - decr, 2)
  },
  set_state(sk, state) {
    const ca = inet_csk_ca<Illinois>(sk)
    if (state === TCP_CA_Loss) {
      ca.alpha = SCALE
      ca.beta = BETA_MAX
      ca.rounds_low = 0
      ca.above = 0
      new_round(tcp_sk(sk), ca)
    }
  },
  undo_cwnd(sk) {
    const tp = tcp_sk(sk)
    return max(tp.snd_cwnd, tp.prior_cwnd)
  },
})
