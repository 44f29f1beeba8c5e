/** How one field of union bpf_attr is stored: `ptr` is an address of bytes in a u64, `name` a char[16]. */
export type AttrFieldType = 'u32' | 's32' | 'u64' | 'ptr' | 'name'

/** A field of union bpf_attr; `since` is the first kernel that knows it, where that is later than the command. */
export interface AttrField {
  readonly at: number
  readonly type: AttrFieldType
  readonly since?: string
}

/** One row of {@link bpfCommands}. */
export interface BpfCommandRow {
  readonly number: number
  /** Bytes of attr that are always sent: every input that the command needs, and its outputs. */
  readonly minSize: number
  readonly since: string
  /** What the command asks for on 5.8 and later; CAP_SYS_ADMIN grants the first two, before 5.8 only it does. */
  readonly capabilities: readonly ('CAP_BPF' | 'CAP_PERFMON' | 'CAP_NET_ADMIN' | 'CAP_SYS_ADMIN')[]
  readonly fields: Readonly<Record<string, AttrField>>
}

/** The commands of bpf(2) and the part of union bpf_attr (include/uapi/linux/bpf.h) that each one reads. */
export const bpfCommands = {
  BPF_MAP_CREATE: {
    number: 0,
    minSize: 20,
    since: '3.18',
    capabilities: ['CAP_BPF'],
    fields: {
      map_type: { at: 0, type: 'u32' },
      key_size: { at: 4, type: 'u32' },
      value_size: { at: 8, type: 'u32' },
      max_entries: { at: 12, type: 'u32' },
      map_flags: { at: 16, type: 'u32', since: '4.6' },
      inner_map_fd: { at: 20, type: 'u32', since: '4.12' },
      numa_node: { at: 24, type: 'u32', since: '4.14' },
      map_name: { at: 28, type: 'name', since: '4.15' },
      map_ifindex: { at: 44, type: 'u32', since: '4.16' },
      btf_fd: { at: 48, type: 'u32', since: '4.18' },
      btf_key_type_id: { at: 52, type: 'u32', since: '4.18' },
      btf_value_type_id: { at: 56, type: 'u32', since: '4.18' },
      btf_vmlinux_value_type_id: { at: 60, type: 'u32', since: '5.6' },
      map_extra: { at: 64, type: 'u64', since: '5.16' },
      value_type_btf_obj_fd: { at: 72, type: 's32', since: '6.9' },
      map_token_fd: { at: 76, type: 's32', since: '6.9' },
    },
  },
  BPF_MAP_LOOKUP_ELEM: {
    number: 1,
    minSize: 32,
    since: '3.18',
    capabilities: ['CAP_BPF'],
    fields: {
      map_fd: { at: 0, type: 'u32' },
      key: { at: 8, type: 'ptr' },
      value: { at: 16, type: 'ptr' },
      flags: { at: 24, type: 'u64' },
    },
  },
  BPF_MAP_UPDATE_ELEM: {
    number: 2,
    minSize: 32,
    since: '3.18',
    capabilities: ['CAP_BPF'],
    fields: {
      map_fd: { at: 0, type: 'u32' },
      key: { at: 8, type: 'ptr' },
      value: { at: 16, type: 'ptr' },
      flags: { at: 24, type: 'u64' },
    },
  },
  BPF_MAP_DELETE_ELEM: {
    number: 3,
    minSize: 16,
    since: '3.18',
    capabilities: ['CAP_BPF'],
    fields: {
      map_fd: { at: 0, type: 'u32' },
      key: { at: 8, type: 'ptr' },
    },
  },
  BPF_MAP_GET_NEXT_KEY: {
    number: 4,
    minSize: 24,
    since: '3.18',
    capabilities: ['CAP_BPF'],
    fields: {
      map_fd: { at: 0, type: 'u32' },
      key: { at: 8, type: 'ptr' },
      next_key: { at: 16, type: 'ptr' },
    },
  },
  BPF_PROG_LOAD: {
    number: 5,
    minSize: 48,
    since: '3.18',
    capabilities: ['CAP_BPF', 'CAP_PERFMON'],
    fields: {
      prog_type: { at: 0, type: 'u32' },
      insn_cnt: { at: 4, type: 'u32' },
      insns: { at: 8, type: 'ptr' },
      license: { at: 16, type: 'ptr' },
      log_level: { at: 24, type: 'u32' },
      log_size: { at: 28, type: 'u32' },
      log_buf: { at: 32, type: 'ptr' },
      kern_version: { at: 40, type: 'u32', since: '4.1' },
      prog_flags: { at: 44, type: 'u32', since: '4.12' },
      prog_name: { at: 48, type: 'name', since: '4.15' },
      prog_ifindex: { at: 64, type: 'u32', since: '4.16' },
      expected_attach_type: { at: 68, type: 'u32', since: '4.17' },
      prog_btf_fd: { at: 72, type: 'u32', since: '5.0' },
      func_info_rec_size: { at: 76, type: 'u32', since: '5.0' },
      func_info: { at: 80, type: 'ptr', since: '5.0' },
      func_info_cnt: { at: 88, type: 'u32', since: '5.0' },
      line_info_rec_size: { at: 92, type: 'u32', since: '5.0' },
      line_info: { at: 96, type: 'ptr', since: '5.0' },
      line_info_cnt: { at: 104, type: 'u32', since: '5.0' },
      attach_btf_id: { at: 108, type: 'u32', since: '5.5' },
      attach_prog_fd: { at: 112, type: 'u32', since: '5.5' },
      core_relo_cnt: { at: 116, type: 'u32', since: '5.17' },
      fd_array: { at: 120, type: 'ptr', since: '5.14' },
      core_relos: { at: 128, type: 'ptr', since: '5.17' },
      core_relo_rec_size: { at: 136, type: 'u32', since: '5.17' },
      log_true_size: { at: 140, type: 'u32', since: '6.4' },
      prog_token_fd: { at: 144, type: 's32', since: '6.9' },
      fd_array_cnt: { at: 148, type: 'u32', since: '6.14' },
    },
  },
  BPF_OBJ_PIN: {
    number: 6,
    minSize: 12,
    since: '4.4',
    capabilities: ['CAP_BPF'],
    fields: {
      pathname: { at: 0, type: 'ptr' },
      bpf_fd: { at: 8, type: 'u32' },
      file_flags: { at: 12, type: 'u32', since: '4.15' },
      path_fd: { at: 16, type: 's32', since: '6.5' },
    },
  },
  BPF_OBJ_GET: {
    number: 7,
    minSize: 12,
    since: '4.4',
    capabilities: ['CAP_BPF'],
    fields: {
      pathname: { at: 0, type: 'ptr' },
      bpf_fd: { at: 8, type: 'u32' },
      file_flags: { at: 12, type: 'u32', since: '4.15' },
      path_fd: { at: 16, type: 's32', since: '6.5' },
    },
  },
  BPF_PROG_ATTACH: {
    number: 8,
    minSize: 12,
    since: '4.10',
    capabilities: ['CAP_NET_ADMIN'],
    fields: {
      target_fd: { at: 0, type: 'u32' },
      attach_bpf_fd: { at: 4, type: 'u32' },
      attach_type: { at: 8, type: 'u32' },
      attach_flags: { at: 12, type: 'u32', since: '4.14' },
      replace_bpf_fd: { at: 16, type: 'u32', since: '5.6' },
      relative_fd: { at: 20, type: 'u32', since: '6.6' },
    },
  },
  BPF_PROG_DETACH: {
    number: 9,
    minSize: 12,
    since: '4.10',
    capabilities: ['CAP_NET_ADMIN'],
    fields: {
      target_fd: { at: 0, type: 'u32' },
      attach_bpf_fd: { at: 4, type: 'u32' },
      attach_type: { at: 8, type: 'u32' },
      attach_flags: { at: 12, type: 'u32', since: '4.14' },
      replace_bpf_fd: { at: 16, type: 'u32', since: '5.6' },
    },
  },
  BPF_PROG_TEST_RUN: {
    number: 10,
    minSize: 40,
    since: '4.12',
    capabilities: ['CAP_BPF'],
    fields: {
      prog_fd: { at: 0, type: 'u32' },
      retval: { at: 4, type: 'u32' },
      data_size_in: { at: 8, type: 'u32' },
      data_size_out: { at: 12, type: 'u32' },
      data_in: { at: 16, type: 'ptr' },
      data_out: { at: 24, type: 'ptr' },
      repeat: { at: 32, type: 'u32' },
      duration: { at: 36, type: 'u32' },
      ctx_size_in: { at: 40, type: 'u32', since: '5.2' },
      ctx_size_out: { at: 44, type: 'u32', since: '5.2' },
      ctx_in: { at: 48, type: 'ptr', since: '5.2' },
      ctx_out: { at: 56, type: 'ptr', since: '5.2' },
      flags: { at: 64, type: 'u32', since: '5.10' },
      cpu: { at: 68, type: 'u32', since: '5.10' },
      batch_size: { at: 72, type: 'u32', since: '5.18' },
    },
  },
  BPF_PROG_GET_NEXT_ID: {
    number: 11,
    minSize: 8,
    since: '4.13',
    capabilities: ['CAP_SYS_ADMIN'],
    fields: {
      start_id: { at: 0, type: 'u32' },
      next_id: { at: 4, type: 'u32' },
      open_flags: { at: 8, type: 'u32', since: '4.15' },
    },
  },
  BPF_MAP_GET_NEXT_ID: {
    number: 12,
    minSize: 8,
    since: '4.13',
    capabilities: ['CAP_SYS_ADMIN'],
    fields: {
      start_id: { at: 0, type: 'u32' },
      next_id: { at: 4, type: 'u32' },
      open_flags: { at: 8, type: 'u32', since: '4.15' },
    },
  },
  BPF_PROG_GET_FD_BY_ID: {
    number: 13,
    minSize: 4,
    since: '4.13',
    capabilities: ['CAP_SYS_ADMIN'],
    fields: {
      prog_id: { at: 0, type: 'u32' },
      next_id: { at: 4, type: 'u32' },
      open_flags: { at: 8, type: 'u32', since: '4.15' },
    },
  },
  BPF_MAP_GET_FD_BY_ID: {
    number: 14,
    minSize: 4,
    since: '4.13',
    capabilities: ['CAP_SYS_ADMIN'],
    fields: {
      map_id: { at: 0, type: 'u32' },
      next_id: { at: 4, type: 'u32' },
      open_flags: { at: 8, type: 'u32', since: '4.15' },
    },
  },
  BPF_OBJ_GET_INFO_BY_FD: {
    number: 15,
    minSize: 16,
    since: '4.13',
    capabilities: [],
    fields: {
      bpf_fd: { at: 0, type: 'u32' },
      info_len: { at: 4, type: 'u32' },
      info: { at: 8, type: 'ptr' },
    },
  },
  BPF_PROG_QUERY: {
    number: 16,
    minSize: 28,
    since: '4.15',
    capabilities: ['CAP_NET_ADMIN'],
    fields: {
      target_fd: { at: 0, type: 'u32' },
      attach_type: { at: 4, type: 'u32' },
      query_flags: { at: 8, type: 'u32' },
      attach_flags: { at: 12, type: 'u32' },
      prog_ids: { at: 16, type: 'ptr' },
      prog_cnt: { at: 24, type: 'u32' },
      prog_attach_flags: { at: 32, type: 'ptr', since: '6.1' },
    },
  },
  BPF_RAW_TRACEPOINT_OPEN: {
    number: 17,
    minSize: 12,
    since: '4.17',
    capabilities: ['CAP_BPF', 'CAP_PERFMON'],
    fields: {
      name: { at: 0, type: 'ptr' },
      prog_fd: { at: 8, type: 'u32' },
    },
  },
  BPF_BTF_LOAD: {
    number: 18,
    minSize: 28,
    since: '4.18',
    capabilities: ['CAP_BPF'],
    fields: {
      btf: { at: 0, type: 'ptr' },
      btf_log_buf: { at: 8, type: 'ptr' },
      btf_size: { at: 16, type: 'u32' },
      btf_log_size: { at: 20, type: 'u32' },
      btf_log_level: { at: 24, type: 'u32' },
      btf_log_true_size: { at: 28, type: 'u32', since: '6.4' },
      btf_flags: { at: 32, type: 'u32', since: '6.9' },
      btf_token_fd: { at: 36, type: 's32', since: '6.9' },
    },
  },
  BPF_BTF_GET_FD_BY_ID: {
    number: 19,
    minSize: 4,
    since: '4.18',
    capabilities: ['CAP_SYS_ADMIN'],
    fields: {
      btf_id: { at: 0, type: 'u32' },
      next_id: { at: 4, type: 'u32' },
      open_flags: { at: 8, type: 'u32', since: '4.15' },
    },
  },
  BPF_MAP_LOOKUP_AND_DELETE_ELEM: {
    number: 21,
    minSize: 32,
    since: '4.20',
    capabilities: ['CAP_BPF'],
    fields: {
      map_fd: { at: 0, type: 'u32' },
      key: { at: 8, type: 'ptr' },
      value: { at: 16, type: 'ptr' },
      flags: { at: 24, type: 'u64' },
    },
  },
  BPF_MAP_FREEZE: {
    number: 22,
    minSize: 4,
    since: '5.2',
    capabilities: ['CAP_BPF'],
    fields: {
      map_fd: { at: 0, type: 'u32' },
    },
  },
  BPF_BTF_GET_NEXT_ID: {
    number: 23,
    minSize: 8,
    since: '5.4',
    capabilities: ['CAP_SYS_ADMIN'],
    fields: {
      start_id: { at: 0, type: 'u32' },
      next_id: { at: 4, type: 'u32' },
      open_flags: { at: 8, type: 'u32', since: '4.15' },
    },
  },
  BPF_MAP_LOOKUP_BATCH: {
    number: 24,
    minSize: 56,
    since: '5.6',
    capabilities: ['CAP_BPF'],
    fields: {
      in_batch: { at: 0, type: 'ptr' },
      out_batch: { at: 8, type: 'ptr' },
      keys: { at: 16, type: 'ptr' },
      values: { at: 24, type: 'ptr' },
      count: { at: 32, type: 'u32' },
      map_fd: { at: 36, type: 'u32' },
      elem_flags: { at: 40, type: 'u64' },
      flags: { at: 48, type: 'u64' },
    },
  },
  BPF_MAP_LOOKUP_AND_DELETE_BATCH: {
    number: 25,
    minSize: 56,
    since: '5.6',
    capabilities: ['CAP_BPF'],
    fields: {
      in_batch: { at: 0, type: 'ptr' },
      out_batch: { at: 8, type: 'ptr' },
      keys: { at: 16, type: 'ptr' },
      values: { at: 24, type: 'ptr' },
      count: { at: 32, type: 'u32' },
      map_fd: { at: 36, type: 'u32' },
      elem_flags: { at: 40, type: 'u64' },
      flags: { at: 48, type: 'u64' },
    },
  },
  BPF_MAP_UPDATE_BATCH: {
    number: 26,
    minSize: 56,
    since: '5.6',
    capabilities: ['CAP_BPF'],
    fields: {
      in_batch: { at: 0, type: 'ptr' },
      out_batch: { at: 8, type: 'ptr' },
      keys: { at: 16, type: 'ptr' },
      values: { at: 24, type: 'ptr' },
      count: { at: 32, type: 'u32' },
      map_fd: { at: 36, type: 'u32' },
      elem_flags: { at: 40, type: 'u64' },
      flags: { at: 48, type: 'u64' },
    },
  },
  BPF_MAP_DELETE_BATCH: {
    number: 27,
    minSize: 56,
    since: '5.6',
    capabilities: ['CAP_BPF'],
    fields: {
      in_batch: { at: 0, type: 'ptr' },
      out_batch: { at: 8, type: 'ptr' },
      keys: { at: 16, type: 'ptr' },
      values: { at: 24, type: 'ptr' },
      count: { at: 32, type: 'u32' },
      map_fd: { at: 36, type: 'u32' },
      elem_flags: { at: 40, type: 'u64' },
      flags: { at: 48, type: 'u64' },
    },
  },
  BPF_LINK_CREATE: {
    number: 28,
    minSize: 16,
    since: '5.7',
    capabilities: [],
    fields: {
      prog_fd: { at: 0, type: 'u32' },
      target_fd: { at: 4, type: 'u32' },
      attach_type: { at: 8, type: 'u32' },
      flags: { at: 12, type: 'u32' },
      target_btf_id: { at: 16, type: 'u32', since: '5.10' },
    },
  },
  BPF_LINK_UPDATE: {
    number: 29,
    minSize: 16,
    since: '5.7',
    capabilities: [],
    fields: {
      link_fd: { at: 0, type: 'u32' },
      new_prog_fd: { at: 4, type: 'u32' },
      flags: { at: 8, type: 'u32' },
      old_prog_fd: { at: 12, type: 'u32' },
    },
  },
  BPF_LINK_GET_FD_BY_ID: {
    number: 30,
    minSize: 4,
    since: '5.8',
    capabilities: ['CAP_SYS_ADMIN'],
    fields: {
      link_id: { at: 0, type: 'u32' },
      next_id: { at: 4, type: 'u32' },
      open_flags: { at: 8, type: 'u32', since: '4.15' },
    },
  },
  BPF_LINK_GET_NEXT_ID: {
    number: 31,
    minSize: 8,
    since: '5.8',
    capabilities: ['CAP_SYS_ADMIN'],
    fields: {
      start_id: { at: 0, type: 'u32' },
      next_id: { at: 4, type: 'u32' },
      open_flags: { at: 8, type: 'u32', since: '4.15' },
    },
  },
  BPF_ENABLE_STATS: {
    number: 32,
    minSize: 4,
    since: '5.8',
    capabilities: ['CAP_SYS_ADMIN'],
    fields: {
      type: { at: 0, type: 'u32' },
    },
  },
  BPF_ITER_CREATE: {
    number: 33,
    minSize: 8,
    since: '5.8',
    capabilities: [],
    fields: {
      link_fd: { at: 0, type: 'u32' },
      flags: { at: 4, type: 'u32' },
    },
  },
  BPF_LINK_DETACH: {
    number: 34,
    minSize: 4,
    since: '5.9',
    capabilities: [],
    fields: {
      link_fd: { at: 0, type: 'u32' },
    },
  },
  BPF_PROG_BIND_MAP: {
    number: 35,
    minSize: 12,
    since: '5.10',
    capabilities: [],
    fields: {
      prog_fd: { at: 0, type: 'u32' },
      map_fd: { at: 4, type: 'u32' },
      flags: { at: 8, type: 'u32' },
    },
  },
} as const satisfies Readonly<Record<string, BpfCommandRow>>

/** A command of bpf(2) by its kernel name. */
export type BpfCommand = keyof typeof bpfCommands

/** Bytes of the largest attr that any command here fills. */
export const bpfAttrSize = 160
