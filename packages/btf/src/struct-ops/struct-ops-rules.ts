/** Fields, or paths to those of structs without a name, by the struct that declares them. */
export type WritableFields = Readonly<Record<string, readonly string[]>>

/** What sock_ops programs may write of their context (net/core/filter.c). */
export const CONTEXT_WRITABLE: WritableFields = { bpf_sock_ops: ['reply', 'sk_txhash'] }

/** What a kernel's code asks of a struct_ops type, and its BTF does not say. */
export interface StructOpsRules {
  /** Members that have to be set; of those in one row, one of them. */
  readonly required: readonly (readonly string[])[]
  /** Callbacks that the kernel takes from its own modules only. */
  readonly refused: readonly string[]
  /** Callbacks whose programs may sleep; undefined: nobody knows, and the verifier decides. */
  readonly sleepable?: readonly string[]
  /** What programs may write; undefined: nobody knows, and the verifier decides. */
  readonly writable?: WritableFields
  /** Structs that programs are handed where C has something else, by callback and argument. */
  readonly pointees: Readonly<Record<string, string>>
  /** What names of the kernel's stubs begin with, where that is not the type's own name. */
  readonly stubs?: string
}

/** A type that is not in the table: the kernel has the last word. */
const UNKNOWN: StructOpsRules = { required: [], refused: [], pointees: {} }

/** net/bpf/bpf_dummy_struct_ops.c, net/sched/bpf_qdisc.c, kernel/sched/ext.c, net/ipv4/bpf_tcp_ca.c, io_uring/bpf-ops.c. */
const rules: Readonly<Record<string, StructOpsRules>> = {
  tcp_congestion_ops: {
    required: [['ssthresh'], ['undo_cwnd'], ['cong_avoid', 'cong_control']],
    refused: ['get_info'],
    sleepable: [],
    // As 6.12 to 7.x have it: older ones let programs write less, and the verifier has the last word.
    writable: {
      tcp_sock: ['snd_cwnd', 'snd_cwnd_cnt', 'snd_cwnd_stamp', 'snd_ssthresh', 'ecn_flags', 'app_limited'],
      inet_connection_sock: ['icsk_ca_priv', 'icsk_ack.pending'],
      sock: ['sk_pacing_rate', 'sk_pacing_status'],
    },
    pointees: {},
  },
  bpf_dummy_ops: {
    required: [],
    refused: [],
    sleepable: ['test_sleepable'],
    writable: { bpf_dummy_ops_state: ['val'] },
    pointees: {},
  },
  io_uring_bpf_ops: {
    required: [['loop_step']],
    refused: [],
    sleepable: ['loop_step'],
    writable: { iou_loop_params: ['cq_wait_idx'] },
    pointees: {},
    stubs: 'io_bpf_ops__',
  },
  Qdisc_ops: {
    required: [['id'], ['enqueue'], ['dequeue'], ['init'], ['reset'], ['destroy']],
    refused: [
      'peek',
      'change',
      'attach',
      'change_real_num_tx',
      'change_tx_queue_len',
      'dump',
      'dump_stats',
      'egress_block_get',
      'egress_block_set',
      'ingress_block_get',
      'ingress_block_set',
    ],
    sleepable: [],
    writable: {
      Qdisc: ['limit'],
      qdisc_skb_head: ['qlen'],
      gnet_stats_queue: ['qlen', 'backlog', 'drops', 'requeues', 'overlimits'],
      sk_buff: ['tstamp'],
    },
    pointees: { 'enqueue.to_free': 'bpf_sk_buff_ptr' },
  },
  sched_ext_ops: {
    required: [['name']],
    refused: [],
    sleepable: [
      'init_task',
      'cgroup_init',
      'cgroup_exit',
      'cgroup_prep_move',
      'cpu_online',
      'cpu_offline',
      'init',
      'init_cids',
      'exit',
      'sub_attach',
      'sub_detach',
    ],
    writable: { sched_ext_entity: ['slice', 'dsq_vtime', 'disallow'] },
    pointees: {},
  },
}

/** The rules of a struct_ops type; of one that is not in the table nothing is required, refused or known. */
export const structOpsRules = (type: string): StructOpsRules =>
  Object.hasOwn(rules, type) ? (rules[type] ?? UNKNOWN) : UNKNOWN
