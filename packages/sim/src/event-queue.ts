/**
 * Events in order of their times; events of one time come in the order in which they were put in.
 *
 * A 4-ary heap of plain numbers in typed arrays: putting in and taking out allocates nothing, but for growth. Times are ns.
 */
export interface EventQueue {
  /** What `next` took out last. */
  readonly at: { time: number; kind: number; subject: number; detail: number }
  put(time: number, kind: number, subject: number, detail: number): void
  /** Take the first event out, into `at`; false when there is none. */
  next(): boolean
  /** Time of the first event; infinite when there is none. */
  firstTime(): number
  readonly size: number
}

const FIRST_CAPACITY = 1024

/** An empty queue. */
export function createEventQueue(): EventQueue {
  let times = new Float64Array(FIRST_CAPACITY)
  let orders = new Float64Array(FIRST_CAPACITY)
  let kinds = new Int32Array(FIRST_CAPACITY)
  let subjects = new Int32Array(FIRST_CAPACITY)
  let details = new Int32Array(FIRST_CAPACITY)
  let size = 0
  let order = 0
  const at = { time: 0, kind: 0, subject: 0, detail: 0 }

  const grow = (): void => {
    const capacity = times.length * 2
    const floats = (from: Float64Array): Float64Array<ArrayBuffer> => {
      const to = new Float64Array(capacity)
      to.set(from)
      return to
    }
    const ints = (from: Int32Array): Int32Array<ArrayBuffer> => {
      const to = new Int32Array(capacity)
      to.set(from)
      return to
    }
    times = floats(times)
    orders = floats(orders)
    kinds = ints(kinds)
    subjects = ints(subjects)
    details = ints(details)
  }

  const move = (from: number, to: number): void => {
    times[to] = times[from] ?? 0
    orders[to] = orders[from] ?? 0
    kinds[to] = kinds[from] ?? 0
    subjects[to] = subjects[from] ?? 0
    details[to] = details[from] ?? 0
  }

  const isBefore = (time: number, rank: number, other: number): boolean => {
    const otherTime = times[other] ?? 0
    return time < otherTime || (time === otherTime && rank < (orders[other] ?? 0))
  }

  return {
    at,
    get size() {
      return size
    },
    firstTime: () => (size === 0 ? Number.POSITIVE_INFINITY : (times[0] ?? 0)),
    put(time, kind, subject, detail) {
      if (size === times.length) grow()
      const rank = order++
      let hole = size++
      while (hole > 0) {
        const parent = (hole - 1) >> 2
        if (!isBefore(time, rank, parent)) break
        move(parent, hole)
        hole = parent
      }
      times[hole] = time
      orders[hole] = rank
      kinds[hole] = kind
      subjects[hole] = subject
      details[hole] = detail
    },
    next() {
      if (size === 0) return false
      at.time = times[0] ?? 0
      at.kind = kinds[0] ?? 0
      at.subject = subjects[0] ?? 0
      at.detail = details[0] ?? 0
      const last = --size
      if (last === 0) return true
      const time = times[last] ?? 0
      const rank = orders[last] ?? 0
      let hole = 0
      for (;;) {
        const first = hole * 4 + 1
        if (first >= last) break
        let least = first
        const end = Math.min(first + 4, last)
        for (let child = first + 1; child < end; child++)
          if (isBefore(times[child] ?? 0, orders[child] ?? 0, least)) least = child
        if (isBefore(time, rank, least)) break
        move(least, hole)
        hole = least
      }
      move(last, hole)
      return true
    },
  }
}
