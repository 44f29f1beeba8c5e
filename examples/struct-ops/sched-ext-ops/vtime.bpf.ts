import { atomicAdd, global, s64, sleepable, structOps, type u32, type u64 } from '@tscc/bpf'
import {
  SCX_SLICE_DFL,
  type sched_ext_ops,
  scx_bpf_create_dsq,
  scx_bpf_dsq_insert_vtime,
  scx_bpf_dsq_move_to_local,
} from '@tscc/vmlinux/sched_ext_ops'

/** The one queue, in the order of virtual time. */
const SHARED: u64 = 0

/** Virtual time of the task that ran last, ns of a task of weight 100. */
export const now = global<u64>(0)
/** How often a task waited for its turn. */
export const queued = global<u64>(0)
/** Why it ended, SCX_EXIT_*; 0 while it runs. */
export const ended = global<u32>(0)

export default structOps<sched_ext_ops>({
  name: 'ts_vtime',
  init: sleepable(() => scx_bpf_create_dsq(SHARED, -1)),
  enable(p) {
    p.scx.dsq_vtime = now.value
  },
  enqueue(p, enq_flags) {
    atomicAdd(queued.value, 1)
    // Who slept may save up no more than one slice.
    const least = now.value - SCX_SLICE_DFL
    const own = p.scx.dsq_vtime
    scx_bpf_dsq_insert_vtime(p, SHARED, SCX_SLICE_DFL, s64(own - least) < 0 ? least : own, enq_flags)
  },
  dispatch() {
    scx_bpf_dsq_move_to_local(SHARED)
  },
  running(p) {
    if (s64(now.value - p.scx.dsq_vtime) < 0) now.value = p.scx.dsq_vtime
  },
  stopping(p) {
    // Time goes by more slowly the more a task weighs.
    p.scx.dsq_vtime += ((SCX_SLICE_DFL - p.scx.slice) * 100) / p.scx.weight
  },
  exit(info) {
    ended.value = info.kind
  },
})
