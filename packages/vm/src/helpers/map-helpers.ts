import { type MachineCall, machineFunction } from '../host/machine-call.ts'
import { EINVAL, EOPNOTSUPP, type VmMap } from '../maps/map.ts'
import type { HelperRow } from './helper-table.ts'

const keyAt = (call: MachineCall, map: VmMap, address: number): Uint8Array => call.bytes(address, map.keySize, 'read')
const BPF_LOCAL_STORAGE_GET_F_CREATE = 1n

/** Helpers that work on maps of every kind. */
export const mapHelpers: readonly HelperRow[] = [
  {
    id: 1,
    name: 'bpf_map_lookup_elem',
    host: machineFunction(['pointer', 'pointer'], 'pointer', (call, map, key) => {
      const found = call.map(map)
      return found.lookup(keyAt(call, found, key))
    }),
  },
  {
    id: 2,
    name: 'bpf_map_update_elem',
    host: machineFunction(['pointer', 'pointer', 'pointer', 'u64'], 's64', (call, map, key, value, flags) => {
      const found = call.map(map)
      const content = call.bytes(value, found.valueSize, 'read')
      return BigInt(flags > 7n ? EINVAL : found.update(keyAt(call, found, key), content, Number(flags)))
    }),
  },
  {
    id: 3,
    name: 'bpf_map_delete_elem',
    host: machineFunction(['pointer', 'pointer'], 's64', (call, map, key) => {
      const found = call.map(map)
      return BigInt(found.delete(keyAt(call, found, key)))
    }),
  },
  {
    id: 87,
    name: 'bpf_map_push_elem',
    host: machineFunction(['pointer', 'pointer', 'u64'], 's64', (call, map, value, flags) => {
      const found = call.map(map)
      return BigInt(found.push?.(call.bytes(value, found.valueSize, 'read'), Number(flags)) ?? EOPNOTSUPP)
    }),
  },
  ...([88, 89] as const).map((id) => ({
    id,
    name: id === 88 ? 'bpf_map_pop_elem' : 'bpf_map_peek_elem',
    host: machineFunction(['pointer', 'pointer'], 's64', (call, map, value) => {
      const found = call.map(map)
      return BigInt(found.pop?.(call.bytes(value, found.valueSize, 'write'), id === 89) ?? EOPNOTSUPP)
    }),
  })),
  {
    id: 107,
    name: 'bpf_sk_storage_get',
    host: machineFunction(['pointer', 'pointer', 'pointer', 'u64'], 'pointer', (call, map, owner, value, flags) => {
      const found = call.map(map)
      if (owner === 0 || found.storage === undefined) return 0
      call.region(owner)
      const create = (flags & BPF_LOCAL_STORAGE_GET_F_CREATE) !== 0n
      const initial = value === 0 ? new Uint8Array(found.valueSize) : call.bytes(value, found.valueSize, 'read')
      return found.storage(owner, create ? initial : undefined)
    }),
  },
  {
    id: 108,
    name: 'bpf_sk_storage_delete',
    host: machineFunction(['pointer', 'pointer'], 's64', (call, map, owner) =>
      BigInt(call.map(map).deleteStorage?.(owner) ?? EOPNOTSUPP),
    ),
  },
  {
    id: 195,
    name: 'bpf_map_lookup_percpu_elem',
    host: machineFunction(['pointer', 'pointer', 'u32'], 'pointer', (call, map, key, cpu) => {
      const found = call.map(map)
      return cpu === 0 ? found.lookup(keyAt(call, found, key)) : 0
    }),
  },
]

const BPF_RINGBUF = ['avail', 'size', 'consumer', 'producer'] as const

/** Helpers of ring buffers. */
export const ringBufferHelpers: readonly HelperRow[] = [
  {
    id: 130,
    name: 'bpf_ringbuf_output',
    host: machineFunction(['pointer', 'pointer', 'u64', 'u64'], 's64', (call, map, data, size) => {
      const found = call.map(map)
      const content = call.bytes(data, Number(size), 'read')
      const record = found.reserve?.(content.length) ?? 0
      if (record === 0) return -11n
      call.bytes(record, content.length, 'write').set(content)
      found.commit?.(record, false)
      return 0n
    }),
  },
  {
    id: 131,
    name: 'bpf_ringbuf_reserve',
    host: machineFunction(['pointer', 'u64', 'u64'], 'pointer', (call, map, size) => {
      const found = call.map(map)
      const record = found.reserve?.(Number(size)) ?? 0
      if (record !== 0) call.reserved(record, found)
      return record
    }),
  },
  ...([132, 133] as const).map((id) => ({
    id,
    name: id === 132 ? 'bpf_ringbuf_submit' : 'bpf_ringbuf_discard',
    host: machineFunction(['pointer', 'u64'], 'void', (call, record) => {
      if (!call.committed(record, id === 133)) throw call.badArgument('a reserved record', record)
    }),
  })),
  {
    id: 134,
    name: 'bpf_ringbuf_query',
    host: machineFunction(['pointer', 'u64'], 'u64', (call, map, what) => {
      const name = BPF_RINGBUF[Number(what)]
      return name === undefined ? 0n : BigInt(call.map(map).query?.(name) ?? 0)
    }),
  },
]
