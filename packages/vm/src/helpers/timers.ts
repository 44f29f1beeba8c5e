import { EBUSY, EINVAL, type VmMap } from '../maps/map.ts'
import { TWO_32 } from '../memory/layout.ts'
import { guarded } from '../program/guarded.ts'
import type { Running, Runtime } from '../runtime.ts'

/** The timers of a machine, by the addresses of their `struct bpf_timer` in map values. */
export interface Timers {
  init(timer: number, map: VmMap): number
  setCallback(timer: number, callback: number): number
  start(timer: number, due: bigint): number
  cancel(timer: number): number
  /** When the next one is due; undefined if none is. */
  next(): bigint | undefined
  /** Run the one that is due first, if that is at `now` or before; whether there was one. */
  runOne(now: bigint): boolean
}

interface Timer {
  readonly map: VmMap
  readonly running: Running
  callback: number
  due: bigint | undefined
}

/** Timers, none of them yet. */
export function createTimers(runtime: Runtime): Timers {
  const timers = new Map<number, Timer>()
  const first = (): readonly [number, Timer] | undefined => {
    let found: readonly [number, Timer] | undefined
    for (const entry of timers)
      if (entry[1].due !== undefined && (found?.[1].due === undefined || entry[1].due < found[1].due)) found = entry
    return found
  }
  /** The key of the element that the timer is in. */
  const keyOf = ({ map }: Timer, address: number): Uint8Array | undefined => {
    const tag = Math.floor(address / TWO_32)
    return map.keys().find((key) => {
      const value = map.lookup(key)
      return Math.floor(value / TWO_32) === tag && address >= value && address < value + map.valueSize
    })
  }
  return {
    init(timer, map) {
      const { running } = runtime
      if (running === undefined) return EINVAL
      if (timers.has(timer)) return EBUSY
      timers.set(timer, { map, running, callback: 0, due: undefined })
      return 0
    },
    setCallback(timer, callback) {
      const found = timers.get(timer)
      if (found === undefined) return EINVAL
      found.callback = callback
      return 0
    },
    start(timer, due) {
      const found = timers.get(timer)
      if (found === undefined || found.callback === 0) return EINVAL
      found.due = due
      return 0
    },
    cancel(timer) {
      const found = timers.get(timer)
      if (found === undefined) return EINVAL
      const active = found.due !== undefined
      found.due = undefined
      return active ? 1 : 0
    },
    next: () => first()?.[1].due,
    runOne(now) {
      const found = first()
      if (found?.[1].due === undefined || found[1].due > now) return false
      const [address, timer] = found
      timer.due = undefined
      const key = keyOf(timer, address)
      if (key === undefined) {
        timers.delete(address)
        return true
      }
      const { host } = runtime
      guarded(runtime, timer.running, () =>
        host.withBytes(`key of ${timer.map.name}`, key, (place) =>
          host.call(timer.callback, timer.map.address, place, timer.map.lookup(key)),
        ),
      )
      return true
    },
  }
}
