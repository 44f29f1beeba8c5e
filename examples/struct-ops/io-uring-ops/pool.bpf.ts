import { global, max, min, sizeof, sleepable, structOps, tunable, type u32, type u64 } from '@tscc/bpf'
import {
  bpf_io_uring_get_region,
  bpf_io_uring_submit_sqes,
  IOU_LOOP_CONTINUE,
  IOU_LOOP_STOP,
  IOU_REGION_CQ,
  type io_uring_bpf_ops,
} from '@tscc/vmlinux/io_uring_bpf_ops'

/** How many requests may be in flight. */
export const depth = tunable<u32>(4)

/** How a ring's shared memory begins; `io_uring_setup` says the same in its `sq_off` and `cq_off`. */
interface Queues {
  sq_head: u32
  sq_tail: u32
  cq_head: u32
  cq_tail: u32
  sq_mask: u32
  cq_mask: u32
  sq_entries: u32
  cq_entries: u32
}

/** How often the kernel called. */
export const steps = global<u64>(0)
/** Requests that were given to the kernel. */
export const submitted = global<u32>(0)
/** The most that were in flight at a time. */
export const most = global<u32>(0)

/** One step of waiting: has as many requests of the queue begin as there is room for, and waits for the next to end. */
export default structOps<io_uring_bpf_ops>({
  loop_step: sleepable((ctx, lp) => {
    steps.value++
    const queues = bpf_io_uring_get_region<Queues>(ctx, IOU_REGION_CQ, sizeof<Queues>())
    if (queues === null) return IOU_LOOP_STOP
    let inFlight = submitted.value - queues.cq_tail
    // Every completion has its place: nothing begins that there would be none for.
    const places = queues.cq_entries - (queues.cq_tail - queues.cq_head)
    const limit = min(depth.value, places)
    const queued = queues.sq_tail - queues.sq_head
    if (queued > 0 && inFlight < limit) {
      const begun = bpf_io_uring_submit_sqes(ctx, min(queued, limit - inFlight))
      if (begun <= 0) return IOU_LOOP_STOP
      submitted.value += begun
      inFlight = submitted.value - queues.cq_tail
      most.value = max(most.value, inFlight)
    }
    if (submitted.value === queues.cq_tail) return IOU_LOOP_STOP
    lp.cq_wait_idx = queues.cq_tail + 1
    return IOU_LOOP_CONTINUE
  }),
})
