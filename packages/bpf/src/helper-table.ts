/** How a helper takes an argument. */
export type HelperParamType =
  | 'u32'
  | 'u64'
  | 's32'
  | 's64'
  /** A socket of any of the kernel's types. */
  | 'sock'
  /** A socket, or the context of a sock_ops program for its own. */
  | 'sock-or-context'
  /** A pointer to a local record or array, whose `size` follows unless the helper knows it (keys and values of maps). */
  | 'memory'
  /** The same, and the helper fills it. */
  | 'memory-out'
  /** Bytes of the memory before it. */
  | 'size'
  /** The program's own context. */
  | 'context'
  | 'map'
  /** A constant text, whose `size` follows. */
  | 'string'
  /** A function of the program. */
  | 'callback'

/** One argument of a helper. */
export interface HelperParam {
  readonly name: string
  readonly type: HelperParamType
}

/** What a helper gives; everything but a number and `void` is a pointer that may be null. */
export type HelperReturn =
  | 'u32'
  | 'u64'
  | 's32'
  | 's64'
  | 'void'
  | 'sock'
  | 'tcp_sock'
  | 'tcp6_sock'
  | 'tcp_timewait_sock'
  | 'tcp_request_sock'
  | 'bpf_sock'
  | 'bpf_tcp_sock'
  /** A map's value, or a record of a ring buffer. */
  | 'memory'

/** Programs whose authors this table is for. */
export type HelperProgram = 'struct_ops' | 'sock_ops'

/** A function of the kernel that programs call by its number. */
export interface HelperRow {
  readonly name: string
  /** BPF_FUNC_* of uapi/linux/bpf.h. */
  readonly id: number
  readonly params: readonly HelperParam[]
  readonly returns: HelperReturn
  readonly doc: string
  /** The first kernel that has it; absent: 5.10 and all later ones. */
  readonly since?: string
  /** Programs that may call it, as 6.18 has it; none: other types of programs only. */
  readonly programs: readonly HelperProgram[]
}

const both = ['struct_ops', 'sock_ops'] as const
const ccOnly = ['struct_ops'] as const
const sockOpsOnly = ['sock_ops'] as const
const neither = [] as const

const p = (name: string, type: HelperParamType): HelperParam => ({ name, type })

const map = p('map', 'map')
const key = p('key', 'memory')
const value = p('value', 'memory')
const flags = p('flags', 'u64')
const sk = p('sk', 'sock')
const ctx = p('ctx', 'context')
const socketOf = p('sk', 'sock-or-context')
const option = [p('level', 's32'), p('optname', 'u32')] as const

/** The helpers that congestion controls and sock_ops programs may want, by number. */
export const helperTable: readonly HelperRow[] = [
  {
    name: 'bpf_map_lookup_elem',
    id: 1,
    params: [map, key],
    returns: 'memory',
    doc: 'The value under a key, or null.',
    programs: both,
  },
  {
    name: 'bpf_map_update_elem',
    id: 2,
    params: [map, key, value, flags],
    returns: 's64',
    doc: 'Write a value under a key: flags 0 always, 1 (BPF_NOEXIST) only a new one, 2 (BPF_EXIST) only an old one.',
    programs: both,
  },
  {
    name: 'bpf_map_delete_elem',
    id: 3,
    params: [map, key],
    returns: 's64',
    doc: 'Remove a key; -2 (ENOENT) where it is not there.',
    programs: both,
  },
  {
    name: 'bpf_ktime_get_ns',
    id: 5,
    params: [],
    returns: 'u64',
    doc: 'Time since boot without that spent asleep, ns.',
    programs: both,
  },
  {
    name: 'bpf_trace_printk',
    id: 6,
    params: [p('fmt', 'string'), p('fmt_size', 'size'), p('arg1', 'u64'), p('arg2', 'u64'), p('arg3', 'u64')],
    returns: 's64',
    doc: 'A line to tracefs: up to three arguments; `printk` writes the call.',
    programs: both,
  },
  {
    name: 'bpf_get_prandom_u32',
    id: 7,
    params: [],
    returns: 'u32',
    doc: 'A pseudo-random number, not for secrets.',
    programs: both,
  },
  {
    name: 'bpf_get_smp_processor_id',
    id: 8,
    params: [],
    returns: 'u32',
    doc: 'The processor that runs the program.',
    programs: both,
  },
  {
    name: 'bpf_get_current_pid_tgid',
    id: 14,
    params: [],
    returns: 'u64',
    doc: 'Process id << 32 | thread id of what runs now, which for an incoming packet is anyone.',
    programs: both,
  },
  {
    name: 'bpf_get_current_uid_gid',
    id: 15,
    params: [],
    returns: 'u64',
    doc: 'Group id << 32 | user id of what runs now.',
    programs: both,
  },
  {
    name: 'bpf_perf_event_output',
    id: 25,
    params: [ctx, map, flags, p('data', 'memory'), p('size', 'size')],
    returns: 's64',
    doc: 'A record into a perf event array; a ring buffer is the better choice from 5.8 on.',
    programs: sockOpsOnly,
  },
  {
    name: 'bpf_get_numa_node_id',
    id: 42,
    params: [],
    returns: 's64',
    doc: 'The memory node of the processor that runs the program.',
    programs: both,
  },
  {
    name: 'bpf_get_socket_cookie',
    id: 46,
    params: [ctx],
    returns: 'u64',
    doc: 'A number that no other socket has since boot.',
    programs: sockOpsOnly,
  },
  {
    name: 'bpf_setsockopt',
    id: 49,
    params: [socketOf, ...option, p('optval', 'memory'), p('optlen', 'size')],
    returns: 's64',
    doc: 'Set an option of the socket: level SOL_SOCKET, SOL_TCP, IPPROTO_IP or IPPROTO_IPV6. Not in `release`.',
    programs: both,
  },
  {
    name: 'bpf_sock_map_update',
    id: 53,
    params: [ctx, map, key, flags],
    returns: 's64',
    doc: 'Put the socket of a sock_ops program into a socket map.',
    programs: sockOpsOnly,
  },
  {
    name: 'bpf_getsockopt',
    id: 57,
    params: [socketOf, ...option, p('optval', 'memory-out'), p('optlen', 'size')],
    returns: 's64',
    doc: 'Read an option of the socket. Not in `release`.',
    programs: both,
  },
  {
    name: 'bpf_sock_ops_cb_flags_set',
    id: 59,
    params: [ctx, p('argval', 'u32')],
    returns: 's64',
    doc: 'Which events the sock_ops program wants of this connection (BPF_SOCK_OPS_*_CB_FLAG); gives the unknown ones.',
    programs: sockOpsOnly,
  },
  {
    name: 'bpf_sock_hash_update',
    id: 70,
    params: [ctx, map, key, flags],
    returns: 's64',
    doc: 'Put the socket of a sock_ops program into a socket hash.',
    programs: sockOpsOnly,
  },
  {
    name: 'bpf_get_current_cgroup_id',
    id: 80,
    params: [],
    returns: 'u64',
    doc: 'The cgroup of what runs now.',
    programs: both,
  },
  {
    name: 'bpf_map_push_elem',
    id: 87,
    params: [map, value, flags],
    returns: 's64',
    doc: 'Add to a queue or stack; flags 2 (BPF_EXIST) drops the oldest when it is full.',
    programs: both,
  },
  {
    name: 'bpf_map_pop_elem',
    id: 88,
    params: [map, p('value', 'memory-out')],
    returns: 's64',
    doc: 'Take the next of a queue or stack; -2 (ENOENT) where it is empty.',
    programs: both,
  },
  {
    name: 'bpf_map_peek_elem',
    id: 89,
    params: [map, p('value', 'memory-out')],
    returns: 's64',
    doc: 'Read the next of a queue or stack and leave it there.',
    programs: both,
  },
  {
    name: 'bpf_sk_fullsock',
    id: 95,
    params: [sk],
    returns: 'bpf_sock',
    doc: 'The full socket behind one that may be a request or in time-wait; else null.',
    programs: neither,
  },
  {
    name: 'bpf_tcp_sock',
    id: 96,
    params: [sk],
    returns: 'bpf_tcp_sock',
    doc: 'What a TCP socket shows to sock_ops programs (`struct bpf_tcp_sock`), or null.',
    programs: sockOpsOnly,
  },
  {
    name: 'bpf_get_listener_sock',
    id: 98,
    params: [sk],
    returns: 'bpf_sock',
    doc: 'The listening socket of a request, or null.',
    programs: neither,
  },
  {
    name: 'bpf_strtol',
    id: 105,
    params: [p('buf', 'memory'), p('buf_len', 'size'), flags, p('res', 'memory-out')],
    returns: 's64',
    doc: 'A text as a signed number; gives how many bytes were read. Flags hold the base.',
    programs: both,
  },
  {
    name: 'bpf_strtoul',
    id: 106,
    params: [p('buf', 'memory'), p('buf_len', 'size'), flags, p('res', 'memory-out')],
    returns: 's64',
    doc: 'A text as an unsigned number; gives how many bytes were read. Flags hold the base.',
    programs: both,
  },
  {
    name: 'bpf_sk_storage_get',
    id: 107,
    params: [map, sk, value, flags],
    returns: 'memory',
    doc: 'What the map keeps for a socket; flags 1 (BPF_SK_STORAGE_GET_F_CREATE) makes it, from `value` or zeros.',
    programs: both,
  },
  {
    name: 'bpf_sk_storage_delete',
    id: 108,
    params: [map, sk],
    returns: 's64',
    doc: 'Forget what the map keeps for a socket.',
    programs: both,
  },
  {
    name: 'bpf_tcp_send_ack',
    id: 116,
    params: [p('tp', 'sock'), p('rcv_nxt', 'u32')],
    returns: 's64',
    doc: 'Send an ACK now, with this acknowledgement number.',
    programs: ccOnly,
  },
  {
    name: 'bpf_jiffies64',
    id: 118,
    params: [],
    returns: 'u64',
    doc: 'Ticks of the kernel since boot, or nearly; `tcp_jiffies32` is its low half.',
    programs: both,
  },
  {
    name: 'bpf_get_netns_cookie',
    id: 122,
    params: [ctx],
    returns: 'u64',
    doc: 'A number that no other network namespace has since boot.',
    programs: sockOpsOnly,
  },
  {
    name: 'bpf_ktime_get_boot_ns',
    id: 125,
    params: [],
    returns: 'u64',
    doc: 'Time since boot, that spent asleep included, ns.',
    programs: both,
  },
  {
    name: 'bpf_sk_cgroup_id',
    id: 128,
    params: [sk],
    returns: 'u64',
    doc: 'The cgroup that the socket was made in.',
    programs: neither,
  },
  {
    name: 'bpf_sk_ancestor_cgroup_id',
    id: 129,
    params: [sk, p('ancestor_level', 's32')],
    returns: 'u64',
    doc: 'The cgroup of the socket at a level from the root (0).',
    programs: neither,
  },
  {
    name: 'bpf_ringbuf_output',
    id: 130,
    params: [p('ringbuf', 'map'), p('data', 'memory'), p('size', 'size'), flags],
    returns: 's64',
    doc: 'Copy a record into a ring buffer: flags 1 (BPF_RB_NO_WAKEUP) or 2 (BPF_RB_FORCE_WAKEUP).',
    programs: both,
  },
  {
    name: 'bpf_ringbuf_reserve',
    id: 131,
    params: [p('ringbuf', 'map'), p('size', 'size'), flags],
    returns: 'memory',
    doc: 'Room for a record in a ring buffer, or null; it must be submitted or discarded.',
    programs: both,
  },
  {
    name: 'bpf_ringbuf_submit',
    id: 132,
    params: [p('data', 'memory'), flags],
    returns: 'void',
    doc: 'Hand a reserved record to the reader.',
    programs: both,
  },
  {
    name: 'bpf_ringbuf_discard',
    id: 133,
    params: [p('data', 'memory'), flags],
    returns: 'void',
    doc: 'Give a reserved record back unread.',
    programs: both,
  },
  {
    name: 'bpf_ringbuf_query',
    id: 134,
    params: [p('ringbuf', 'map'), flags],
    returns: 'u64',
    doc: 'Bytes of a ring buffer: 0 unread, 1 its size, 2 the position of the reader, 3 that of the writers.',
    programs: both,
  },
  {
    name: 'bpf_skc_to_tcp6_sock',
    id: 136,
    params: [sk],
    returns: 'tcp6_sock',
    doc: 'The socket as TCP over IPv6, or null.',
    programs: sockOpsOnly,
  },
  {
    name: 'bpf_skc_to_tcp_sock',
    id: 137,
    params: [sk],
    returns: 'tcp_sock',
    doc: 'The socket as `tcp_sock` of the kernel, or null.',
    programs: sockOpsOnly,
  },
  {
    name: 'bpf_skc_to_tcp_timewait_sock',
    id: 138,
    params: [sk],
    returns: 'tcp_timewait_sock',
    doc: 'The socket as one in time-wait, or null.',
    programs: sockOpsOnly,
  },
  {
    name: 'bpf_skc_to_tcp_request_sock',
    id: 139,
    params: [sk],
    returns: 'tcp_request_sock',
    doc: 'The socket as a request to connect, or null.',
    programs: sockOpsOnly,
  },
  {
    name: 'bpf_load_hdr_opt',
    id: 142,
    params: [ctx, p('searchby_res', 'memory-out'), p('len', 'size'), flags],
    returns: 's64',
    doc: 'Find a TCP header option by kind (and magic); flags 1 (BPF_LOAD_HDR_OPT_TCP_SYN) searches the SYN.',
    programs: sockOpsOnly,
  },
  {
    name: 'bpf_store_hdr_opt',
    id: 143,
    params: [ctx, p('option', 'memory'), p('len', 'size'), flags],
    returns: 's64',
    doc: 'Write a TCP header option, kind and length first, into room that was reserved.',
    programs: sockOpsOnly,
  },
  {
    name: 'bpf_reserve_hdr_opt',
    id: 144,
    params: [ctx, p('len', 'u32'), flags],
    returns: 's64',
    doc: 'Ask for room for TCP header options, bytes.',
    programs: sockOpsOnly,
  },
  {
    name: 'bpf_per_cpu_ptr',
    id: 153,
    params: [p('percpu_ptr', 'memory'), p('cpu', 'u32')],
    returns: 'memory',
    doc: 'A variable of the kernel that each processor has, of one processor; null beyond the last.',
    programs: both,
  },
  {
    name: 'bpf_get_current_task_btf',
    id: 158,
    params: [],
    returns: 'memory',
    doc: 'The task that runs now.',
    since: '5.11',
    programs: both,
  },
  {
    name: 'bpf_ktime_get_coarse_ns',
    id: 160,
    params: [],
    returns: 'u64',
    doc: 'Time since boot as of the last tick, ns: cheaper, and some ms behind.',
    since: '5.11',
    programs: both,
  },
  {
    name: 'bpf_for_each_map_elem',
    id: 164,
    params: [map, p('callback_fn', 'callback'), p('callback_ctx', 'memory'), flags],
    returns: 's64',
    doc: 'Call a function with each element of a map until it gives 1; gives how many were visited.',
    since: '5.13',
    programs: both,
  },
  {
    name: 'bpf_timer_init',
    id: 169,
    params: [p('timer', 'memory'), map, flags],
    returns: 's64',
    doc: 'Make a timer that lies in a map value ready; flags name the clock.',
    since: '5.15',
    programs: both,
  },
  {
    name: 'bpf_timer_set_callback',
    id: 170,
    params: [p('timer', 'memory'), p('callback_fn', 'callback')],
    returns: 's64',
    doc: 'The function that a timer calls.',
    since: '5.15',
    programs: both,
  },
  {
    name: 'bpf_timer_start',
    id: 171,
    params: [p('timer', 'memory'), p('nsecs', 'u64'), flags],
    returns: 's64',
    doc: 'Let a timer go off after this time, ns.',
    since: '5.15',
    programs: both,
  },
  {
    name: 'bpf_timer_cancel',
    id: 172,
    params: [p('timer', 'memory')],
    returns: 's64',
    doc: 'Stop a timer and wait for its function to end; 1 where it was running.',
    since: '5.15',
    programs: both,
  },
  {
    name: 'bpf_trace_vprintk',
    id: 177,
    params: [p('fmt', 'string'), p('fmt_size', 'size'), p('data', 'memory'), p('data_len', 'size')],
    returns: 's64',
    doc: 'A line to tracefs with any number of arguments, which lie in `data` as u64; `printk` writes the call.',
    since: '5.16',
    programs: both,
  },
  {
    name: 'bpf_loop',
    id: 181,
    params: [p('nr_loops', 'u32'), p('callback_fn', 'callback'), p('callback_ctx', 'memory'), flags],
    returns: 's64',
    doc: 'Call a function with 0, 1, … until it gives 1; gives how often. `loop` writes the call.',
    since: '5.17',
    programs: both,
  },
  {
    name: 'bpf_strncmp',
    id: 182,
    params: [p('s1', 'memory'), p('s1_sz', 'size'), p('s2', 'string')],
    returns: 's64',
    doc: 'Compare a text with a constant one: negative, 0, positive.',
    since: '5.17',
    programs: both,
  },
  {
    name: 'bpf_map_lookup_percpu_elem',
    id: 195,
    params: [map, key, p('cpu', 'u32')],
    returns: 'memory',
    doc: 'The value under a key of one processor, or null.',
    since: '5.19',
    programs: both,
  },
  {
    name: 'bpf_ktime_get_tai_ns',
    id: 208,
    params: [],
    returns: 'u64',
    doc: 'International atomic time, ns: the clock that hosts can agree on.',
    since: '6.1',
    programs: both,
  },
]
