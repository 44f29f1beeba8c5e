// The first kernel that has each feature. A check of a feature is skipped below it, and a failure from it on. One row per
// fact that was seen on real kernels; add a row before a check that not every kernel passes.

export const features = {
  btf: { since: '5.4', about: '/sys/kernel/btf/vmlinux' },
  structOps: { since: '5.6', about: 'BPF_MAP_TYPE_STRUCT_OPS, registering by map update' },
  moduleBtf: { since: '5.11', about: 'split BTF of modules in /sys/kernel/btf' },
  kfuncCall: { since: '5.13', about: 'programs may call kernel functions' },
  syscallProgram: { since: '5.14', about: 'BPF_PROG_TYPE_SYSCALL' },
  moduleKfuncs: { since: '5.16', about: 'programs may call functions of modules (fd_array)' },
  dummyOps: { since: '5.16', about: 'bpf_dummy_ops, which BPF_PROG_TEST_RUN runs' },
  // Between 5.10, which wants both, and 6.1, which does not
  congControlAlone: { since: '6.1', about: 'cong_control without cong_avoid' },
  pacingWrite: { since: '6.1', about: 'writing sk_pacing_rate and sk_pacing_status' },
  // Debian's 5.10 has none
  btfVariables: { since: '6.1', about: "variables in the kernel's BTF" },
  kfuncAddress: { since: '6.4', about: 'a program may ask for the address of a kfunc, as libbpf has weak ones do' },
  // "bpf: Allow invoking kfuncs from BPF_PROG_TYPE_SYSCALL progs" (6.10)
  syscallKfuncs: { since: '6.10', about: 'kfuncs of tasks in BPF_PROG_TYPE_SYSCALL' },
  structOpsLink: { since: '6.4', about: 'BPF_F_LINK: registering by a link, replacing atomically' },
  // "bpf: Stop bpf_setsockopt(TCP_CONGESTION) in init ops to recur itself" (6.1)
  setsockoptInInit: { since: '6.1', about: 'bpf_setsockopt(TCP_CONGESTION) in init, once' },
  schedExt: { since: '6.16', about: 'sched_ext_ops (6.12; Debian builds it from 6.16 on)' },
  qdiscOps: { since: '6.17', about: 'Qdisc_ops' },
  vmlinuxBtfMmap: { since: '6.16', about: 'mapping /sys/kernel/btf/vmlinux' },
  // "bpf: Implement mprog API on top of existing cgroup progs" (6.17)
  cgroupOrder: { since: '6.17', about: "programs of a cgroup in an order of one's choice" },
  ioUringOps: { since: '7.1', about: 'io_uring_bpf_ops' },
  cwndEventTxStart: { since: '7.1', about: 'cwnd_event_tx_start in tcp_congestion_ops' },
}

/** `6.12.117+deb13-cloud-amd64` as [6, 12]. */
export function versionOf(release) {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(release) ?? []
  if (major === undefined) throw new Error(`${release}: is no kernel release`)
  return [Number(major), Number(minor)]
}

/** Has a kernel of this release the feature? An unknown name throws, so that a typo cannot skip a check. */
export function hasFeature(release, name) {
  if (!Object.hasOwn(features, name)) throw new Error(`${name}: is not in the table of features`)
  const [have, least] = [versionOf(release), versionOf(features[name].since)]
  return have[0] > least[0] || (have[0] === least[0] && have[1] >= least[1])
}
