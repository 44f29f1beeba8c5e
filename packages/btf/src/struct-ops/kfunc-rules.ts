/** What the kernel's registration of a kernel function says (KF_* of linux/btf.h), which no BTF has. */
export interface KfuncRules {
  /** KF_ACQUIRE: what it gives is the program's, until it is given back. */
  readonly acquires?: true
  /** KF_RELEASE: takes what the program owns, as its first argument. */
  readonly releases?: true
  /** A pointer that it gives is never null: without KF_RET_NULL. */
  readonly neverNull?: true
  /** KF_SLEEPABLE: only programs that may sleep call it. */
  readonly sleeps?: true
}

const own = { acquires: true } as const
const always = { acquires: true, neverNull: true } as const
const back = { releases: true } as const
const sleeps = { sleeps: true } as const

/** kernel/bpf/helpers.c and cpumask.c, net/sched/bpf_qdisc.c, kernel/sched/ext.c and ext_idle.c, io_uring/bpf-ops.c. */
const rules: Readonly<Record<string, KfuncRules>> = {
  bpf_cgroup_acquire: own,
  bpf_cgroup_ancestor: own,
  bpf_cgroup_from_id: own,
  bpf_cgroup_release: back,
  bpf_cpumask_acquire: always,
  bpf_cpumask_create: own,
  bpf_cpumask_release: back,
  bpf_io_uring_submit_sqes: sleeps,
  bpf_kfree_skb: back,
  bpf_qdisc_skb_drop: back,
  bpf_task_acquire: own,
  bpf_task_from_pid: own,
  bpf_task_from_vpid: own,
  bpf_task_release: back,
  scx_bpf_create_dsq: sleeps,
  scx_bpf_get_idle_cpumask: always,
  scx_bpf_get_idle_cpumask_node: always,
  scx_bpf_get_idle_smtmask: always,
  scx_bpf_get_idle_smtmask_node: always,
  scx_bpf_get_online_cpumask: always,
  scx_bpf_get_possible_cpumask: always,
  scx_bpf_put_cpumask: back,
  scx_bpf_put_idle_cpumask: back,
  scx_bpf_task_cgroup: always,
}

const NONE: KfuncRules = {}

/** The rules of a kernel function; of one that is not in the table, none. */
export const kfuncRules = (name: string): KfuncRules => (Object.hasOwn(rules, name) ? (rules[name] ?? NONE) : NONE)

/**
 * Which parameter of a kernel function says how many bytes there are behind the pointer that it gives, by the names of all
 * (kernel/bpf/verifier.c looks for these two, and wants a constant there). Undefined for other functions.
 */
export function memorySizeParameter(names: readonly string[]): number | undefined {
  const at = names.findIndex((name) => name === 'rdonly_buf_size' || name === 'rdwr_buf_size')
  return at < 0 ? undefined : at
}

/** What ends the names of parameters that the verifier takes in a way of their own, or not at all (kernel/bpf/verifier.c). */
const MARKED = /__(?:sz|szk|str|ign|k|map|alloc|prog|irq_flag|uninit|opt)$/

/**
 * Does a parameter that points to a number want the address of one, to be read and written there? By the names of all: so it is,
 * unless its own name has a mark, or the next one says how many bytes there are.
 */
export function takesOneNumber(names: readonly string[], at: number): boolean {
  return !MARKED.test(names[at] ?? '') && !/__szk?$/.test(names[at + 1] ?? '')
}
