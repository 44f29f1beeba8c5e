import { exists, inet_csk, inet_csk_ca, max, min, type s32, structOps, tcp_sk, u8, type u16, u32, u64 } from '@tscc/bpf'
import {
  CA_EVENT_COMPLETE_CWR,
  CA_EVENT_ECN_IS_CE,
  CA_EVENT_LOSS,
  CA_EVENT_TX_START,
  TCP_CA_Recovery,
  type tcp_congestion_ops,
} from '@tscc/vmlinux'

const NONE = 0xffffffff
const FLOOR = 4
const RATES = 8

interface Paced {
  /** tp.delivered at which the round ends */
  round_at: u64
  /** Segments per second. */
  best: u32
  /** The best of this round. */
  newest: u32
  /** us */
  least_rtt: u32
  /** How many of the rounds were faster than the one before. */
  trend: s32
  rounds: u16
  hold: u8
  seen_ecn: u8
  kind: u8
}

/**
 * By rate: the window is what the best delivery rate of the last rounds needs for the least RTT, times 5/4, and sending is
 * paced at that rate; after a loss it stays at the rate itself for a round. The same as ../baseline/paced.bpf.c.
 */
export default structOps<tcp_congestion_ops>({
  name: 'ts_paced',
  init(sk) {
    const p = inet_csk_ca<Paced>(sk)
    p.round_at = 0
    p.best = 0
    p.newest = 0
    p.least_rtt = NONE
    p.rounds = 0
    p.hold = 0
    p.seen_ecn = 0
    p.kind = 0
    p.trend = 0
  },
  cong_control(sk, rs) {
    const tp = tcp_sk(sk)
    const p = inet_csk_ca<Paced>(sk)
    if (rs.delivered <= 0 || rs.interval_us <= 0) return
    if (rs.rtt_us > 0) p.least_rtt = min(p.least_rtt, u32(rs.rtt_us))
    if (exists(rs.delivered_ce) && rs.delivered_ce !== 0) p.seen_ecn = 1
    const rate = u32((u64(u32(rs.delivered)) * 1000000) / u64(rs.interval_us))
    if (!rs.is_app_limited || rate > p.newest) p.newest = max(p.newest, rate)
    if (rs.prior_delivered >= u32(p.round_at)) {
      p.round_at = tp.delivered
      p.rounds++
      if (p.newest > p.best) p.trend = p.trend < 0 ? 1 : p.trend + 1
      else p.trend = p.trend > 0 ? -1 : p.trend - 1
      if (p.newest >= p.best || p.trend <= -RATES) p.best = p.newest
      p.newest = 0
      p.hold = u8(rs.losses > 0)
    }
    if (p.least_rtt === NONE) return
    let cwnd = u32((u64(p.best) * p.least_rtt) / 1000000)
    if (p.hold === 0) cwnd += cwnd / 4
    cwnd = max(cwnd, FLOOR)
    if (tp.snd_cwnd < cwnd) cwnd = min(cwnd, tp.snd_cwnd + rs.acked_sacked)
    tp.snd_cwnd = min(cwnd, tp.snd_cwnd_clamp)
    let bytes = u64(p.best) * tp.mss_cache
    if (p.seen_ecn !== 0) bytes -= bytes >> 4
    sk.sk_pacing_rate = p.hold !== 0 ? bytes : bytes + (bytes >> 2)
  },
  ssthresh(sk) {
    const tp = tcp_sk(sk)
    const p = inet_csk_ca<Paced>(sk)
    p.hold = 1
    if (inet_csk(sk).icsk_ca_state >= TCP_CA_Recovery) return tp.snd_ssthresh
    return max(tp.snd_cwnd - tp.snd_cwnd / 5, FLOOR)
  },
  cwnd_event(sk, event) {
    const tp = tcp_sk(sk)
    const p = inet_csk_ca<Paced>(sk)
    switch (event) {
      case CA_EVENT_TX_START:
        p.kind = 1
        p.newest = 0
        break
      case CA_EVENT_LOSS:
        p.kind = 2
        p.hold = 1
        break
      case CA_EVENT_ECN_IS_CE:
        p.seen_ecn = 1
        break
      case CA_EVENT_COMPLETE_CWR:
        p.kind = 3
        tp.snd_cwnd = max(tp.snd_ssthresh, FLOOR)
        break
      default:
        break
    }
  },
  undo_cwnd(sk) {
    const tp = tcp_sk(sk)
    const p = inet_csk_ca<Paced>(sk)
    p.hold = 0
    p.trend = 0
    return max(tp.snd_cwnd, tp.prior_cwnd)
  },
})
