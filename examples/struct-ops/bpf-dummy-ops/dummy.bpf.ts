import { global, sleepable, structOps, u64 } from '@tscc/bpf'
import type { bpf_dummy_ops } from '@tscc/vmlinux/bpf_dummy_ops'

/** How often `test_1` ran. */
export const calls = global<u64>(0)
/** What `test_2` was called with, added up. */
export const sum = global<u64>(0)

export default structOps<bpf_dummy_ops>({
  test_1(state) {
    calls.value++
    if (state === null) return -1
    const before = state.val
    state.val = before + 1
    return before
  },
  test_2(state, a1, a2, a3, a4) {
    sum.value = u64(a1) + a2 + a3 + a4
    state.val = 2
    return a1
  },
  test_sleepable: sleepable((state) => {
    state.val = 3
    return 0
  }),
})
