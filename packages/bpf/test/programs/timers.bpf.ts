import {
  array,
  type bool,
  bpf_for_each_map_elem,
  type bpf_timer,
  bpf_timer_init,
  bpf_timer_set_callback,
  bpf_timer_start,
  CLOCK_MONOTONIC,
  global,
  hash,
  max,
  min,
  structOps,
  tcp_sk,
  type u32,
  type u64,
} from '@tscc/bpf'
import type { tcp_congestion_ops } from '@tscc/vmlinux'

interface Pace {
  fired: u32
  started: u32
  timer: bpf_timer
}
export const paces = array<Pace>(2)
export const flows = hash<u32, u64>(16)
export const sum = global<u64>(0)
export const keys = global<u64>(0)

function tick(pace: Pace, index: u32): void {
  pace.fired += 10 + index
  bpf_timer_start(pace.timer, 1_000_000, 0)
}

interface Total {
  sum: u64
  keys: u64
}

function add(value: u64, key: u32, total: Total): bool {
  total.sum += value
  total.keys += key
  return false
}

export default structOps<tcp_congestion_ops>({
  name: 'tstimer',
  ssthresh(sk) {
    return max(tcp_sk(sk).snd_cwnd / 2, 2)
  },
  undo_cwnd(sk) {
    return tcp_sk(sk).snd_cwnd
  },
  cong_avoid(sk, ack, acked) {
    const tp = tcp_sk(sk)
    tp.snd_cwnd = min(tp.snd_cwnd + acked, tp.snd_cwnd_clamp)
    flows.update(3, 100)
    flows.update(4, 11)
    const total: Total = { sum: 0, keys: 0 }
    bpf_for_each_map_elem(flows, add, total, 0)
    sum.value = total.sum
    keys.value = total.keys
    const pace = paces.lookup(1)
    if (pace === null || pace.started !== 0) return
    pace.started = 1
    bpf_timer_init(pace.timer, paces, CLOCK_MONOTONIC)
    bpf_timer_set_callback(pace.timer, tick)
    bpf_timer_start(pace.timer, 1_000_000, 0)
  },
})
