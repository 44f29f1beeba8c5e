/** What kind of program a section holds. */
export interface SectionDefinition {
  /** BPF_PROG_TYPE_* number. */
  readonly programType: number
  /** BPF_* attach type number; 0 where none is said. */
  readonly attachType: number
  /** BPF_F_* sum for loading. */
  readonly flags: number
  /** What the rest of the section's name is, where it is a kernel type to attach to: prefix and kind of its BTF name. */
  readonly attachTo?: { readonly prefix: string; readonly kind: 'func' | 'typedef' }
  /** What stands behind the `/`; empty without one. */
  readonly rest: string
}

const BPF_F_SLEEPABLE = 1 << 4
const BPF_F_XDP_HAS_FRAGS = 1 << 5
const FUNC = { prefix: '', kind: 'func' } as const

/** `BPF_PROG_TYPE_*` and `BPF_*` attach types (include/uapi/linux/bpf.h) by section name, as libbpf documents them. */
type Row = readonly [
  /** With a `+`, a `/` and more may follow; such names have no `/` of their own. */
  section: string,
  programType: number,
  attachType?: number,
  flags?: number,
  attachTo?: { readonly prefix: string; readonly kind: 'func' | 'typedef' },
]

const rows: readonly Row[] = [
  ['socket', 1],
  ['sk_reuseport/migrate', 21, 40],
  ['sk_reuseport', 21, 39],
  ['kprobe+', 2],
  ['uprobe+', 2],
  ['uprobe.s+', 2, 0, BPF_F_SLEEPABLE],
  ['kretprobe+', 2],
  ['uretprobe+', 2],
  ['uretprobe.s+', 2, 0, BPF_F_SLEEPABLE],
  ['kprobe.multi+', 2, 42],
  ['kretprobe.multi+', 2, 42],
  ['kprobe.session+', 2, 56],
  ['uprobe.multi+', 2, 48],
  ['uretprobe.multi+', 2, 48],
  ['uprobe.session+', 2, 57],
  ['uprobe.multi.s+', 2, 48, BPF_F_SLEEPABLE],
  ['uretprobe.multi.s+', 2, 48, BPF_F_SLEEPABLE],
  ['uprobe.session.s+', 2, 57, BPF_F_SLEEPABLE],
  ['ksyscall+', 2],
  ['kretsyscall+', 2],
  ['usdt+', 2],
  ['usdt.s+', 2, 0, BPF_F_SLEEPABLE],
  ['tc/ingress', 3, 46],
  ['tc/egress', 3, 47],
  ['tcx/ingress', 3, 46],
  ['tcx/egress', 3, 47],
  ['tc', 3],
  ['classifier', 3],
  ['action', 4],
  ['netkit/primary', 3, 54],
  ['netkit/peer', 3, 55],
  ['tracepoint+', 5],
  ['tp+', 5],
  ['raw_tracepoint+', 17],
  ['raw_tp+', 17],
  ['raw_tracepoint.w+', 24],
  ['raw_tp.w+', 24],
  ['tp_btf+', 26, 23, 0, { prefix: 'btf_trace_', kind: 'typedef' }],
  ['fentry+', 26, 24, 0, FUNC],
  ['fmod_ret+', 26, 26, 0, FUNC],
  ['fexit+', 26, 25, 0, FUNC],
  ['fentry.s+', 26, 24, BPF_F_SLEEPABLE, FUNC],
  ['fmod_ret.s+', 26, 26, BPF_F_SLEEPABLE, FUNC],
  ['fexit.s+', 26, 25, BPF_F_SLEEPABLE, FUNC],
  ['lsm+', 29, 27, 0, { prefix: 'bpf_lsm_', kind: 'func' }],
  ['lsm.s+', 29, 27, BPF_F_SLEEPABLE, { prefix: 'bpf_lsm_', kind: 'func' }],
  ['lsm_cgroup+', 29, 43, 0, { prefix: 'bpf_lsm_', kind: 'func' }],
  ['iter+', 26, 28, 0, { prefix: 'bpf_iter_', kind: 'func' }],
  ['iter.s+', 26, 28, BPF_F_SLEEPABLE, { prefix: 'bpf_iter_', kind: 'func' }],
  ['syscall', 31, 0, BPF_F_SLEEPABLE],
  ['xdp.frags/devmap', 6, 33, BPF_F_XDP_HAS_FRAGS],
  ['xdp/devmap', 6, 33],
  ['xdp.frags/cpumap', 6, 35, BPF_F_XDP_HAS_FRAGS],
  ['xdp/cpumap', 6, 35],
  ['xdp.frags', 6, 37, BPF_F_XDP_HAS_FRAGS],
  ['xdp', 6, 37],
  ['perf_event', 7],
  ['lwt_in', 10],
  ['lwt_out', 11],
  ['lwt_xmit', 12],
  ['lwt_seg6local', 19],
  ['sockops', 13, 3],
  ['sk_skb/stream_parser', 14, 4],
  ['sk_skb/stream_verdict', 14, 5],
  ['sk_skb/verdict', 14, 38],
  ['sk_skb', 14],
  ['sk_msg', 16, 7],
  ['lirc_mode2', 20, 16],
  ['flow_dissector', 22, 17],
  ['cgroup_skb/ingress', 8, 0],
  ['cgroup_skb/egress', 8, 1],
  ['cgroup/skb', 8],
  ['cgroup/sock_create', 9, 2],
  ['cgroup/sock_release', 9, 34],
  ['cgroup/sock', 9, 2],
  ['cgroup/post_bind4', 9, 12],
  ['cgroup/post_bind6', 9, 13],
  ['cgroup/bind4', 18, 8],
  ['cgroup/bind6', 18, 9],
  ['cgroup/connect4', 18, 10],
  ['cgroup/connect6', 18, 11],
  ['cgroup/connect_unix', 18, 49],
  ['cgroup/sendmsg4', 18, 14],
  ['cgroup/sendmsg6', 18, 15],
  ['cgroup/sendmsg_unix', 18, 50],
  ['cgroup/recvmsg4', 18, 19],
  ['cgroup/recvmsg6', 18, 20],
  ['cgroup/recvmsg_unix', 18, 51],
  ['cgroup/getpeername4', 18, 29],
  ['cgroup/getpeername6', 18, 30],
  ['cgroup/getpeername_unix', 18, 52],
  ['cgroup/getsockname4', 18, 31],
  ['cgroup/getsockname6', 18, 32],
  ['cgroup/getsockname_unix', 18, 53],
  ['cgroup/sysctl', 23, 18],
  ['cgroup/getsockopt', 25, 21],
  ['cgroup/setsockopt', 25, 22],
  ['cgroup/dev', 15, 6],
  ['struct_ops+', 27],
  ['struct_ops.s+', 27, 0, BPF_F_SLEEPABLE],
  ['sk_lookup', 30, 36],
  ['netfilter', 32, 45],
]

const BPF_PROG_TYPE_STRUCT_OPS = 27

/** Is it a callback of a struct_ops? */
export const isStructOpsProgram = (definition: SectionDefinition): boolean =>
  definition.programType === BPF_PROG_TYPE_STRUCT_OPS

/** Names of sections, for a hint. */
export const sectionNames = (): readonly string[] => rows.map(([section]) => section.replace('+', '/…'))

/** What kind of program a section holds; a `?` in front, which says not to load it by itself, is no part of the name. */
export function sectionDefinition(section: string): SectionDefinition | undefined {
  const name = section.startsWith('?') ? section.slice(1) : section
  const slash = name.indexOf('/')
  const whole = bySection.get(name)
  const row = whole ?? bySection.get(slash < 0 ? `${name}+` : `${name.slice(0, slash)}+`)
  if (row === undefined) return undefined
  const [, programType, attachType = 0, flags = 0, attachTo] = row
  const rest = whole === undefined && slash >= 0 ? name.slice(slash + 1) : ''
  return { programType, attachType, flags, ...(attachTo === undefined ? {} : { attachTo }), rest }
}

const bySection: ReadonlyMap<string, Row> = new Map(rows.map((row) => [row[0], row]))
