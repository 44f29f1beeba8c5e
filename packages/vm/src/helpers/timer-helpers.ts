import { hostFunction } from '../host/host-function.ts'
import { EINVAL } from '../maps/map.ts'
import type { HelperRow } from './helper-table.ts'
import type { Timers } from './timers.ts'

const BPF_F_TIMER_ABS = 1n
/** sizeof(struct bpf_timer) */
const TIMER_SIZE = 16

/** Helpers of timers, which `Machine.advance` and `Machine.runTimers` let run. */
export const timerHelpers = (timers: Timers): readonly HelperRow[] => [
  {
    id: 169,
    name: 'bpf_timer_init',
    host: hostFunction(['pointer', 'pointer', 'u64'], 's64', (call, timer, map) => {
      call.bytes(timer, TIMER_SIZE, 'write')
      return BigInt(timers.init(timer, call.map(map)))
    }),
  },
  {
    id: 170,
    name: 'bpf_timer_set_callback',
    host: hostFunction(['pointer', 'pointer'], 's64', (_call, timer, callback) =>
      BigInt(timers.setCallback(timer, callback)),
    ),
  },
  {
    id: 171,
    name: 'bpf_timer_start',
    host: hostFunction(['pointer', 'u64', 'u64'], 's64', (call, timer, ns, flags) => {
      if (flags > BPF_F_TIMER_ABS) return BigInt(EINVAL)
      return BigInt(timers.start(timer, flags === BPF_F_TIMER_ABS ? ns : call.now() + ns))
    }),
  },
  {
    id: 172,
    name: 'bpf_timer_cancel',
    host: hostFunction(['pointer'], 's64', (_call, timer) => BigInt(timers.cancel(timer))),
  },
]
