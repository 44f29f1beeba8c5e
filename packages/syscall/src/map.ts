import { bpfError, callBpf, tryBpfCreate } from './bpf-call.ts'
import { type BpfMapType, bpfMapTypes } from './bpf-types.ts'
import { type Descriptor, ownDescriptor } from './descriptor.ts'
import type { Kernel } from './kernel.ts'
import { type ElementCalls, prepareElementCalls } from './map-element-calls.ts'

/** BPF_MAP_CREATE flags (include/uapi/linux/bpf.h). */
export const bpfMapFlags = {
  BPF_F_NO_PREALLOC: 1 << 0,
  BPF_F_NO_COMMON_LRU: 1 << 1,
  BPF_F_NUMA_NODE: 1 << 2,
  BPF_F_RDONLY: 1 << 3,
  BPF_F_WRONLY: 1 << 4,
  BPF_F_STACK_BUILD_ID: 1 << 5,
  BPF_F_ZERO_SEED: 1 << 6,
  BPF_F_RDONLY_PROG: 1 << 7,
  BPF_F_WRONLY_PROG: 1 << 8,
  BPF_F_CLONE: 1 << 9,
  BPF_F_MMAPABLE: 1 << 10,
  BPF_F_PRESERVE_ELEMS: 1 << 11,
  BPF_F_INNER_MAP: 1 << 12,
  BPF_F_LINK: 1 << 13,
  BPF_F_PATH_FD: 1 << 14,
  BPF_F_VTYPE_BTF_OBJ_FD: 1 << 15,
  BPF_F_TOKEN_FD: 1 << 16,
  BPF_F_SEGV_ON_FAULT: 1 << 17,
  BPF_F_NO_USER_CONV: 1 << 18,
} as const

/** A map to create; sizes are bytes. */
export interface MapSpec {
  readonly type: BpfMapType | number
  readonly keySize: number
  readonly valueSize: number
  readonly maxEntries: number
  /** Sum of {@link bpfMapFlags}. */
  readonly flags?: number
  readonly name?: string
  readonly innerMapFd?: number
  readonly numaNode?: number
  /** BTF of key and value: descriptor and type ids. */
  readonly btf?: { readonly fd: number; readonly keyTypeId?: number; readonly valueTypeId?: number }
  /** Type id of the value in the kernel's BTF: `bpf_struct_ops_<name>` for a STRUCT_OPS map. */
  readonly vmlinuxValueTypeId?: number
  /** Descriptor of the module BTF that {@link vmlinuxValueTypeId} is in; needs `BPF_F_VTYPE_BTF_OBJ_FD` (6.9). */
  readonly valueTypeBtfObjectFd?: number
  readonly mapExtra?: bigint
}

/** A map and its owner. */
export interface BpfMap extends Descriptor {
  readonly kind: 'map'
  readonly kernel: Kernel
  readonly type: number
  readonly name: string
  readonly keySize: number
  readonly valueSize: number
  readonly maxEntries: number
  readonly flags: number
  /** Bytes of a value as user space sees it: per-CPU maps hold one value, rounded up to 8, for each possible CPU. */
  readonly bufferSize: number
  /** The prepared calls behind `lookupElement` and its kin. */
  readonly calls: ElementCalls
}

/** What is known of a map that exists already. */
export type MapShape = Required<Pick<MapSpec, 'keySize' | 'valueSize' | 'maxEntries'>> & {
  readonly type: number
  readonly flags: number
  readonly name: string
}

/** BPF_MAP_CREATE. A failure is `syscall/bpf`. */
export function createMap(kernel: Kernel, spec: MapSpec): BpfMap {
  const type = typeof spec.type === 'string' ? bpfMapTypes[spec.type] : spec.type
  const { result } = tryBpfCreate(kernel, 'BPF_MAP_CREATE', {
    map_type: type,
    key_size: spec.keySize,
    value_size: spec.valueSize,
    max_entries: spec.maxEntries,
    map_flags: spec.flags,
    inner_map_fd: spec.innerMapFd,
    numa_node: spec.numaNode,
    map_name: spec.name,
    btf_fd: spec.btf?.fd,
    btf_key_type_id: spec.btf?.keyTypeId,
    btf_value_type_id: spec.btf?.valueTypeId,
    btf_vmlinux_value_type_id: spec.vmlinuxValueTypeId,
    value_type_btf_obj_fd: spec.valueTypeBtfObjectFd,
    map_extra: spec.mapExtra,
  })
  if (result < 0) throw bpfError(kernel, 'BPF_MAP_CREATE', -result)
  const { keySize, valueSize, maxEntries, flags = 0, name = '' } = spec
  return ownMap(kernel, result, { type, keySize, valueSize, maxEntries, flags, name })
}

const perCpuTypes: ReadonlySet<number> = new Set([
  bpfMapTypes.BPF_MAP_TYPE_PERCPU_HASH,
  bpfMapTypes.BPF_MAP_TYPE_PERCPU_ARRAY,
  bpfMapTypes.BPF_MAP_TYPE_LRU_PERCPU_HASH,
  bpfMapTypes.BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE,
])

/** Maps whose values are descriptors going in and ids (4 bytes) coming out. */
const fdValueTypes: ReadonlySet<number> = new Set([
  bpfMapTypes.BPF_MAP_TYPE_PROG_ARRAY,
  bpfMapTypes.BPF_MAP_TYPE_PERF_EVENT_ARRAY,
  bpfMapTypes.BPF_MAP_TYPE_CGROUP_ARRAY,
  bpfMapTypes.BPF_MAP_TYPE_ARRAY_OF_MAPS,
  bpfMapTypes.BPF_MAP_TYPE_HASH_OF_MAPS,
])

/** Own a map descriptor that came from elsewhere; the shape must be the map's (see `mapInfo`), or lookups overrun their buffers. */
export function ownMap(kernel: Kernel, fd: number, shape: MapShape): BpfMap {
  const { type, keySize, valueSize } = shape
  const bufferSize = perCpuTypes.has(type)
    ? Math.ceil(valueSize / 8) * 8 * kernel.possibleCpus()
    : fdValueTypes.has(type)
      ? Math.max(4, valueSize)
      : valueSize
  let calls: ElementCalls | undefined
  const owner = ownDescriptor(kernel, fd, `map ${shape.name}`, () => calls?.disable())
  const { close } = owner
  return {
    kind: 'map',
    kernel,
    ...shape,
    bufferSize,
    get fd() {
      return owner.fd
    },
    get closed() {
      return owner.closed
    },
    get calls() {
      calls ??= prepareElementCalls(kernel, owner.fd, keySize, bufferSize)
      return calls
    },
    close,
    [Symbol.dispose]: close,
  }
}

/** BPF_MAP_FREEZE: from now on user space can only read the map. Not for maps that are mapped writable. */
export function freezeMap(map: BpfMap): void {
  callBpf(map.kernel, 'BPF_MAP_FREEZE', { map_fd: map.fd })
}
