import { addressOf } from '@tscc/syscall/libc'

const MAX_BYTES = 512 * 1024 * 1024

/** Frames on their way, in order, each with the time at which it arrives. Frame bytes live at fixed addresses, ready for send(2). */
export interface DelayLine {
  /** When the first frame is due, ms; infinite when there is none. */
  readonly nextDue: number
  /** Copy a frame in; false when 512 MiB are on their way already. */
  push(bytes: Uint8Array, offset: number, length: number, due: number): boolean
  /** Address of the first frame. */
  headAddress(): number
  headLength(): number
  pop(): void
  /** The memory that frames are copied to, and its address; growth moves it. */
  readonly memory: Uint8Array
  readonly baseAddress: number
  clear(): void
}

/** A line for frames of at most `slot` bytes; it grows as it needs. */
export function createDelayLine(slot: number): DelayLine {
  let capacity = 1024
  let memory = new Uint8Array(capacity * slot)
  let base = Number(addressOf(memory))
  let lengths = new Uint32Array(capacity)
  let dues = new Float64Array(capacity)
  let head = 0
  let count = 0

  const grow = (): boolean => {
    if (capacity * slot * 2 > MAX_BYTES) return false
    const grown = new Uint8Array(capacity * slot * 2)
    const grownLengths = new Uint32Array(capacity * 2)
    const grownDues = new Float64Array(capacity * 2)
    for (let i = 0; i < count; i++) {
      const at = (head + i) & (capacity - 1)
      grown.set(memory.subarray(at * slot, (at + 1) * slot), i * slot)
      grownLengths[i] = lengths[at] ?? 0
      grownDues[i] = dues[at] ?? 0
    }
    memory = grown
    base = Number(addressOf(memory))
    lengths = grownLengths
    dues = grownDues
    capacity *= 2
    head = 0
    return true
  }

  return {
    get nextDue() {
      return count === 0 ? Number.POSITIVE_INFINITY : (dues[head] ?? 0)
    },
    push(bytes, offset, length, due) {
      if (length > slot || (count === capacity && !grow())) return false
      const at = (head + count) & (capacity - 1)
      memory.set(bytes.subarray(offset, offset + length), at * slot)
      lengths[at] = length
      dues[at] = due
      count += 1
      return true
    },
    headAddress: () => base + head * slot,
    headLength: () => lengths[head] ?? 0,
    pop() {
      head = (head + 1) & (capacity - 1)
      count -= 1
    },
    get memory() {
      return memory
    },
    get baseAddress() {
      return base
    },
    clear() {
      head = 0
      count = 0
    },
  }
}
