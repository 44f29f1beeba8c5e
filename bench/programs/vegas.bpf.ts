import { inet_csk_ca, max, min, s32, structOps, tcp_sk, u32, u64 } from '@tscc/bpf'
import {
  CA_EVENT_CWND_RESTART,
  CA_EVENT_TX_START,
  TCP_CA_Open,
  type tcp_congestion_ops,
  type tcp_sock,
} from '@tscc/vmlinux'
import { cwnd_limited, in_slow_start, reno_avoid, slow_start } from './steps.bpf.ts'

const ALPHA = 2
const BETA = 4
const GAMMA = 1
const NONE = 0x7fffffff

interface Vegas {
  /** us, least ever seen */
  base_rtt: u32
  /** us, least of this round */
  min_rtt: u32
  samples: u32
  /** snd_nxt when this round began */
  round_end: u32
  /** Off while the stack recovers from loss. */
  on: u32
  /** Slow start grows every second round. */
  odd: u32
}

function new_round(tp: tcp_sock, v: Vegas): void {
  v.round_end = tp.snd_nxt
  v.samples = 0
  v.min_rtt = NONE
}

/** a <= b in sequence space */
function seq_leq(a: u32, b: u32): boolean {
  return s32(b - a) >= 0
}

/** TCP Vegas: Brakmo and Peterson, IEEE JSAC 13(8), 1995. The same as ../baseline/vegas.bpf.c. */
export default structOps<tcp_congestion_ops>({
  name: 'ts_vegas',
  init(sk) {
    const v = inet_csk_ca<Vegas>(sk)
    v.base_rtt = NONE
    v.on = 1
    v.odd = 0
    new_round(tcp_sk(sk), v)
  },
  pkts_acked(sk, sample) {
    const v = inet_csk_ca<Vegas>(sk)
    const us = sample.rtt_us
    if (us < 0) return
    const rtt = u32(us) + 1
    if (rtt < v.base_rtt) v.base_rtt = rtt
    if (rtt < v.min_rtt) v.min_rtt = rtt
    v.samples++
  },
  set_state(sk, state) {
    const v = inet_csk_ca<Vegas>(sk)
    if (state === TCP_CA_Open) {
      v.on = 1
      new_round(tcp_sk(sk), v)
    } else v.on = 0
  },
  cwnd_event(sk, event) {
    if (event === CA_EVENT_CWND_RESTART || event === CA_EVENT_TX_START) {
      const v = inet_csk_ca<Vegas>(sk)
      v.on = 1
      new_round(tcp_sk(sk), v)
    }
  },
  cong_avoid(sk, ack, acked) {
    const tp = tcp_sk(sk)
    const v = inet_csk_ca<Vegas>(sk)
    if (v.on === 0) {
      reno_avoid(tp, acked)
      return
    }
    if (seq_leq(ack, v.round_end)) {
      if (in_slow_start(tp) && v.odd !== 0 && cwnd_limited(tp)) slow_start(tp, acked)
      return
    }
    if (v.samples < 3) {
      new_round(tp, v)
      reno_avoid(tp, acked)
      return
    }
    const rtt = v.min_rtt
    const base = v.base_rtt
    let cwnd = tp.snd_cwnd
    const diff = u32((u64(cwnd) * (rtt - base)) / rtt)
    v.odd ^= 1
    new_round(tp, v)
    if (in_slow_start(tp)) {
      if (diff <= GAMMA) {
        if (v.odd !== 0 && cwnd_limited(tp)) slow_start(tp, acked)
        return
      }
      cwnd = min(cwnd, u32((u64(cwnd) * base) / rtt) + 1)
    } else if (diff > BETA) {
      cwnd--
    } else if (diff < ALPHA && cwnd_limited(tp)) {
      cwnd++
    }
    cwnd = max(min(cwnd, tp.snd_cwnd_clamp), 2)
    tp.snd_cwnd = cwnd
    tp.snd_ssthresh = min(tp.snd_ssthresh, cwnd)
  },
  ssthresh(sk) {
    return max(tcp_sk(sk).snd_cwnd / 2, 2)
  },
  undo_cwnd(sk) {
    const tp = tcp_sk(sk)
    return max(tp.snd_cwnd, tp.prior_cwnd)
  },
})
