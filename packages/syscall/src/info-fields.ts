/** One field of an info struct; `since` marks fields that older kernels leave out. */
export interface InfoField {
  readonly at: number
  readonly type: 'u8' | 'u16' | 'u32' | 'u64' | 'name' | 'tag'
  readonly since?: string
}

/** struct bpf_prog_info (include/uapi/linux/bpf.h), without the pointers to arrays. */
export const programInfoFields = {
  type: { at: 0, type: 'u32' },
  id: { at: 4, type: 'u32' },
  tag: { at: 8, type: 'tag' },
  jited_prog_len: { at: 16, type: 'u32' },
  xlated_prog_len: { at: 20, type: 'u32' },
  load_time: { at: 40, type: 'u64', since: '4.15' },
  created_by_uid: { at: 48, type: 'u32', since: '4.15' },
  nr_map_ids: { at: 52, type: 'u32', since: '4.15' },
  name: { at: 64, type: 'name', since: '4.15' },
  btf_id: { at: 128, type: 'u32', since: '5.0' },
  run_time_ns: { at: 192, type: 'u64', since: '5.1' },
  run_cnt: { at: 200, type: 'u64', since: '5.1' },
  recursion_misses: { at: 208, type: 'u64', since: '5.12' },
  verified_insns: { at: 216, type: 'u32', since: '5.16' },
  attach_btf_obj_id: { at: 220, type: 'u32', since: '6.0' },
  attach_btf_id: { at: 224, type: 'u32', since: '6.0' },
} as const satisfies Readonly<Record<string, InfoField>>

/** Bytes of struct bpf_prog_info that are asked for. */
export const programInfoSize = 232

/** Where struct bpf_prog_info takes the addresses of arrays that the caller wants filled. */
export const programInfoPointers = { jited_prog_insns: 24, xlated_prog_insns: 32, map_ids: 56 } as const

/** struct bpf_map_info. */
export const mapInfoFields = {
  type: { at: 0, type: 'u32' },
  id: { at: 4, type: 'u32' },
  key_size: { at: 8, type: 'u32' },
  value_size: { at: 12, type: 'u32' },
  max_entries: { at: 16, type: 'u32' },
  map_flags: { at: 20, type: 'u32' },
  name: { at: 24, type: 'name', since: '4.15' },
  ifindex: { at: 40, type: 'u32', since: '4.16' },
  btf_vmlinux_value_type_id: { at: 44, type: 'u32', since: '5.6' },
  btf_id: { at: 64, type: 'u32', since: '4.18' },
  btf_key_type_id: { at: 68, type: 'u32', since: '4.18' },
  btf_value_type_id: { at: 72, type: 'u32', since: '4.18' },
  btf_vmlinux_id: { at: 76, type: 'u32', since: '6.9' },
  map_extra: { at: 80, type: 'u64', since: '5.16' },
} as const satisfies Readonly<Record<string, InfoField>>

/** Bytes of struct bpf_map_info that are asked for. */
export const mapInfoSize = 88

/** struct bpf_btf_info, without its buffers. */
export const btfInfoFields = {
  btf_size: { at: 8, type: 'u32' },
  id: { at: 12, type: 'u32' },
  name_len: { at: 24, type: 'u32', since: '5.11' },
  kernel_btf: { at: 28, type: 'u32', since: '5.11' },
} as const satisfies Readonly<Record<string, InfoField>>

/** Bytes of struct bpf_btf_info. */
export const btfInfoSize = 32

/** struct bpf_link_info: what all links have. */
export const linkInfoFields = {
  type: { at: 0, type: 'u32' },
  id: { at: 4, type: 'u32' },
  prog_id: { at: 8, type: 'u32' },
} as const satisfies Readonly<Record<string, InfoField>>

/** struct bpf_link_info: what links of one type add. */
export const linkTypeInfoFields = {
  BPF_LINK_TYPE_TRACING: {
    attach_type: { at: 16, type: 'u32' },
    target_obj_id: { at: 20, type: 'u32', since: '5.13' },
    target_btf_id: { at: 24, type: 'u32', since: '5.13' },
  },
  BPF_LINK_TYPE_CGROUP: { cgroup_id: { at: 16, type: 'u64' }, attach_type: { at: 24, type: 'u32' } },
  BPF_LINK_TYPE_NETNS: { netns_ino: { at: 16, type: 'u32' }, attach_type: { at: 20, type: 'u32' } },
  BPF_LINK_TYPE_XDP: { ifindex: { at: 16, type: 'u32' } },
  BPF_LINK_TYPE_STRUCT_OPS: { map_id: { at: 16, type: 'u32' } },
  BPF_LINK_TYPE_TCX: { ifindex: { at: 16, type: 'u32' }, attach_type: { at: 20, type: 'u32' } },
} as const satisfies Readonly<Record<string, Readonly<Record<string, InfoField>>>>

/** Bytes of struct bpf_link_info that are asked for. */
export const linkInfoSize = 32
