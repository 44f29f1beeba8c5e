import {
  array,
  exists,
  type FixedArray,
  global,
  hasCallback,
  hash,
  hasKfunc,
  inet_csk_ca,
  kernelAtLeast,
  max,
  min,
  noinline,
  range,
  structOps,
  tcp_cong_avoid_ai,
  tcp_in_slow_start,
  tcp_is_cwnd_limited,
  tcp_sk,
  tcp_slow_start,
  tunable,
  u8,
  type u32,
  type u64,
} from '@tscc/bpf'
import { type tcp_congestion_ops, tcp_reno_undo_cwnd } from '@tscc/vmlinux'

interface State {
  acks: u32
  /** A byte between the elements of the private state. */
  odd: u8
  rounds: u64
}
interface Flow {
  acks: u64
  most: u32
}

/** Least threshold; the suite sets another. */
export const least = tunable<u32>(2)
export const calls = global<u64>(0)
export const answers = global<u32>(0)
export const total = global<u32>(0)
/** What a table has for the last number of segments, or 7. */
export const power = global<u32>(0)
/** The same of an array on the stack. */
export const weight = global<u32>(0)
export const flows = hash<u32, Flow>(16)
export const counts = array<u64>(2)

const POWERS: FixedArray<u32, 4> = [10, 100, 1000, 10_000]

const weigh = noinline((x: u32, y: u32): u32 => x * 3 + y)

/** What a kernel has, asked in the language; and most of what a program can hold. */
export default structOps<tcp_congestion_ops>({
  name: 'ts_questions',
  init(sk) {
    const s = inet_csk_ca<State>(sk)
    s.acks = 0
    s.odd = 7
    s.rounds = 0
    let bits: u32 = 0
    if (kernelAtLeast(5, 10)) bits |= 1
    if (kernelAtLeast(6, 4)) bits |= 2
    if (hasKfunc(tcp_reno_undo_cwnd)) bits |= 4
    if (hasCallback('cwnd_event_tx_start')) bits |= 8
    if (exists(tcp_sk(sk).accecn_minlen)) bits |= 16
    answers.value = bits
  },
  ssthresh(sk) {
    return max(tcp_sk(sk).snd_cwnd / 2, least.value)
  },
  undo_cwnd(sk) {
    if (hasKfunc(tcp_reno_undo_cwnd)) return tcp_reno_undo_cwnd(sk)
    const tp = tcp_sk(sk)
    return max(tp.snd_cwnd, tp.prior_cwnd)
  },
  cong_avoid(sk, ack, acked) {
    const tp = tcp_sk(sk)
    const s = inet_csk_ca<State>(sk)
    calls.value++
    s.acks++
    s.odd = u8(s.odd * 3)
    s.rounds += weigh(s.acks, s.odd)
    const weights: FixedArray<u32, 4> = [1, 2, 3, 4]
    let sum: u32 = 0
    for (const i of range(4)) sum += weights[i]
    total.value = sum
    power.value = acked < POWERS.length ? POWERS[acked] : 7
    weight.value = acked >= 4 ? 7 : weights[acked]
    const flow = flows.lookup(5)
    if (flow === null) flows.update(5, { acks: 1, most: tp.snd_cwnd })
    else {
      flow.acks++
      flow.most = max(flow.most, tp.snd_cwnd)
    }
    const count = counts.lookup(1)
    if (count !== null) count.value += min(acked, 100)
    if (!tcp_is_cwnd_limited(tp)) return
    let left = acked
    if (tcp_in_slow_start(tp)) {
      left = tcp_slow_start(tp, acked)
      if (left === 0) return
    }
    tcp_cong_avoid_ai(tp, tp.snd_cwnd, left)
  },
})
