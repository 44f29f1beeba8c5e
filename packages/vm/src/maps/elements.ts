import type { Memory, Region } from '../memory/memory.ts'
import type { MapSpec } from './map.ts'

/** Elements of one size in guest memory, by number. */
export interface Elements {
  readonly count: number
  address(index: number): number
  bytes(index: number): Uint8Array
}

/** Up to so many, each element is a region of its own, so that an access beyond its end faults. */
const MAX_WINDOWS = 4096

const BPF_F_RDONLY_PROG = 1 << 7

/** Make room for `count` elements, 8-byte aligned. */
export function createElements(memory: Memory, count: number, { name, valueSize: size, flags = 0 }: MapSpec): Elements {
  const access = (flags & BPF_F_RDONLY_PROG) === 0 ? 'read-write' : 'read'
  const stride = Math.ceil(size / 8) * 8
  const start = memory.reserve(name, stride * count)
  const bytes = (index: number): Uint8Array =>
    memory.bytes.subarray(start + index * stride, start + index * stride + size)
  if (count > MAX_WINDOWS) {
    const all = memory.window({ name, size: stride * count, access }, start)
    return { count, bytes, address: (index) => all.address + index * stride }
  }
  const windows: (Region | undefined)[] = []
  return {
    count,
    bytes,
    address(index) {
      const window =
        windows[index] ?? memory.window({ name: `${name}[${index}]`, size, access }, start + index * stride)
      windows[index] = window
      return window.address
    },
  }
}
