import { atomicAdd, type bool, type FixedArray, global, sleepable, structOps, type u32, type u64 } from '@tscc/bpf'
import {
  SCX_DSQ_LOCAL,
  SCX_SLICE_DFL,
  type sched_ext_ops,
  scx_bpf_create_dsq,
  scx_bpf_dsq_insert,
  scx_bpf_dsq_move_to_local,
  scx_bpf_select_cpu_dfl,
} from '@tscc/vmlinux/sched_ext_ops'

/** The one queue, which all processors take from. */
const SHARED: u64 = 0

/** How often a task waited for its turn. */
export const queued = global<u64>(0)
/** Why it ended, SCX_EXIT_*; 0 while it runs. */
export const ended = global<u32>(0)

export default structOps<sched_ext_ops>({
  name: 'ts_fifo',
  timeout_ms: 20_000,
  init: sleepable(() => scx_bpf_create_dsq(SHARED, -1)),
  select_cpu(p, prev_cpu, wake_flags) {
    const idle: FixedArray<bool, 1> = [false]
    const cpu = scx_bpf_select_cpu_dfl(p, prev_cpu, wake_flags, idle)
    // A processor with nothing to do takes it at once
    if (idle[0]) scx_bpf_dsq_insert(p, SCX_DSQ_LOCAL, SCX_SLICE_DFL, 0)
    return cpu
  },
  enqueue(p, enq_flags) {
    atomicAdd(queued.value, 1)
    scx_bpf_dsq_insert(p, SHARED, SCX_SLICE_DFL, enq_flags)
  },
  dispatch() {
    scx_bpf_dsq_move_to_local(SHARED)
  },
  exit(info) {
    ended.value = info.kind
  },
})
