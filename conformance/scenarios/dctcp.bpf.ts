import { global, type s64, skStorage, structOps, type u64 } from '@tscc/bpf'
import type { tcp_congestion_ops } from '@tscc/vmlinux'
import { echo, measure, NEEDS_ECN, reduced, start, window_before_loss } from './parts/dctcp.bpf.ts'
import { grow } from './parts/reno.bpf.ts'

/** What user space left at the socket before it connected. */
export const storage = skStorage<u64>()
export const found = global<u64>(0)
export const deleted = global<s64>(-1)

/** DCTCP whose `init` reads the storage of its socket and deletes it. */
export default structOps<tcp_congestion_ops>({
  name: 'sc_dctcp',
  flags: NEEDS_ECN,
  init(sk) {
    const mine = storage.get(sk)
    if (mine !== null) {
      found.value = mine.value
      deleted.value = storage.delete(sk)
    }
    start(sk)
  },
  in_ack_event(sk) {
    measure(sk)
  },
  cwnd_event(sk, ev) {
    echo(sk, ev)
  },
  ssthresh: reduced,
  undo_cwnd: window_before_loss,
  cong_avoid: grow,
})
