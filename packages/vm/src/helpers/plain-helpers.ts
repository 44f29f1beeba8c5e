import { type HostCall, hostFunction } from '../host/host-function.ts'
import { E2BIG, EINVAL } from '../maps/map.ts'
import { formatText } from './format.ts'
import type { HelperRow } from './helper-table.ts'

/** BPF_MAX_LOOPS */
const MAX_LOOPS = 8 * 1024 * 1024
const MAX_TEXT = 512

/** The text that ends with a zero byte, or with its region. */
function textAt(call: HostCall, address: number): string {
  let text = ''
  for (let i = 0; i < MAX_TEXT; i++) {
    const [byte = 0] = call.bytes(address + i, 1, 'read')
    if (byte === 0) break
    text += String.fromCharCode(byte)
  }
  return text
}

function print(call: HostCall, format: number, size: number, values: readonly bigint[]): bigint {
  const bytes = call.bytes(format, Math.min(size, MAX_TEXT), 'read')
  const end = bytes.indexOf(0)
  const pattern = String.fromCharCode(...(end < 0 ? bytes : bytes.subarray(0, end)))
  const text = formatText(pattern, values, (address) => textAt(call, address))
  call.trace(text)
  return BigInt(text.length)
}

/** Copy from anywhere: what cannot be read gives zeros and an error, no fault. */
function probeRead(call: HostCall, to: number, size: number, from: number): bigint {
  const target = call.bytes(to, size, 'write')
  const source = call.readable(from, size)
  if (source === undefined) target.fill(0)
  else target.set(source)
  return source === undefined ? -14n : 0n
}

const nothing = hostFunction(['pointer'], 'void', () => undefined)
/** A socket is what it is: sockets of the machine are whole. */
const sameSocket = hostFunction(['pointer'], 'pointer', (_call, socket) => socket)

/** Helpers that need no kernel: time, chance, text, loops, copies. */
export const plainHelpers: readonly HelperRow[] = [
  ...[
    { id: 5, name: 'bpf_ktime_get_ns' },
    { id: 125, name: 'bpf_ktime_get_boot_ns' },
    { id: 160, name: 'bpf_ktime_get_coarse_ns' },
    { id: 208, name: 'bpf_ktime_get_tai_ns' },
  ].map((row) => ({ ...row, host: hostFunction([], 'u64', (call) => call.now()) })),
  // At the kernel's usual HZ of 1000
  { id: 118, name: 'bpf_jiffies64', host: hostFunction([], 'u64', (call) => call.now() / 1_000_000n) },
  { id: 7, name: 'bpf_get_prandom_u32', host: hostFunction([], 'u32', (call) => call.random()) },
  { id: 8, name: 'bpf_get_smp_processor_id', host: hostFunction([], 'u32', () => 0) },
  { id: 42, name: 'bpf_get_numa_node_id', host: hostFunction([], 'u32', () => 0) },
  { id: 93, name: 'bpf_spin_lock', host: nothing },
  { id: 94, name: 'bpf_spin_unlock', host: nothing },
  { id: 96, name: 'bpf_tcp_sock', host: sameSocket },
  { id: 137, name: 'bpf_skc_to_tcp_sock', host: sameSocket },
  {
    id: 6,
    name: 'bpf_trace_printk',
    host: hostFunction(['pointer', 'u32', 'u64', 'u64', 'u64'], 's64', (call, format, size, ...values) =>
      print(call, format, size, values),
    ),
  },
  {
    id: 177,
    name: 'bpf_trace_vprintk',
    host: hostFunction(['pointer', 'u32', 'pointer', 'u32'], 's64', (call, format, size, data, length) => {
      if (length % 8 !== 0 || length > 96) return BigInt(EINVAL)
      const bytes = length === 0 ? new Uint8Array(0) : call.bytes(data, length, 'read')
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      const values = Array.from({ length: length / 8 }, (_, i) => view.getBigUint64(8 * i, true))
      return print(call, format, size, values)
    }),
  },
  {
    id: 4,
    name: 'bpf_probe_read',
    host: hostFunction(['pointer', 'u32', 'pointer'], 's64', probeRead),
  },
  {
    id: 113,
    name: 'bpf_probe_read_kernel',
    host: hostFunction(['pointer', 'u32', 'pointer'], 's64', probeRead),
  },
  {
    id: 182,
    name: 'bpf_strncmp',
    host: hostFunction(['pointer', 'u32', 'pointer'], 's64', (call, text, size, other) => {
      const left = call.bytes(text, size, 'read')
      for (let i = 0; i < size; i++) {
        const [right = 0] = call.bytes(other + i, 1, 'read')
        const difference = (left[i] ?? 0) - right
        if (difference !== 0) return BigInt(difference)
        if (right === 0) return 0n
      }
      return 0n
    }),
  },
  {
    id: 181,
    name: 'bpf_loop',
    host: hostFunction(['u32', 'pointer', 'pointer', 'u64'], 's64', (call, count, callback, context, flags) => {
      if (flags !== 0n) return BigInt(EINVAL)
      if (count > MAX_LOOPS) return BigInt(E2BIG)
      for (let i = 0; i < count; i++) if (call.call(callback, i, context) !== 0) return BigInt(i + 1)
      return BigInt(count)
    }),
  },
  {
    id: 164,
    name: 'bpf_for_each_map_elem',
    host: hostFunction(['pointer', 'pointer', 'pointer', 'u64'], 's64', (call, map, callback, context, flags) => {
      if (flags !== 0n) return BigInt(EINVAL)
      const found = call.map(map)
      let visited = 0
      for (const key of found.keys()) {
        const value = found.lookup(key)
        if (value === 0) continue
        visited++
        const stop = call.withBytes(`key of ${found.name}`, key, (address) =>
          call.call(callback, map, address, value, context),
        )
        if (stop !== 0) break
      }
      return BigInt(visited)
    }),
  },
]
