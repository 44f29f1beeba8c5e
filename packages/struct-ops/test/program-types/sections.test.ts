import { kernelRelease, olderThan, programInfo } from '@tscc/syscall'
import { describe, expect, test } from 'vitest'
import { files, kernel, load, ready } from './support.ts'

/** Program type numbers, and from which kernel on; with the configuration where a kernel may be built without. */
const sections: Readonly<Record<string, readonly [type: number, since?: string, config?: string]>> = {
  a_socket: [1],
  a_reuseport: [21],
  a_reuseport_migrate: [21, '5.14'],
  a_kprobe: [2],
  a_kretprobe: [2],
  a_kprobe_multi: [2, '5.18'],
  a_kprobe_session: [2, '6.10'],
  a_ksyscall: [2],
  a_uprobe: [2],
  a_uprobe_sleepable: [2, '6.0'],
  a_uprobe_multi: [2, '6.6'],
  a_usdt: [2],
  a_tc: [3],
  a_classifier: [3],
  a_tc_egress: [3, '6.6'],
  a_tcx: [3, '6.6'],
  a_netkit: [3, '6.7'],
  an_action: [4],
  a_tracepoint: [5],
  a_tp: [5],
  a_raw_tp: [17],
  a_raw_tp_writable: [24],
  a_tp_btf: [26],
  an_iter: [26],
  an_iter_sleepable: [26, '6.1'],
  a_syscall: [31, '5.14'],
  an_xdp: [6],
  an_xdp_frags: [6, '5.18'],
  an_xdp_devmap: [6],
  an_xdp_cpumap: [6, '5.18'],
  a_perf_event: [7],
  a_lwt_in: [10],
  a_lwt_out: [11],
  a_lwt_xmit: [12],
  a_lwt_local: [19],
  a_sockops: [13],
  a_stream_parser: [14],
  a_stream_verdict: [14],
  an_skb_verdict: [14],
  an_sk_skb: [14],
  an_sk_msg: [16],
  a_dissector: [22],
  a_cgroup_skb: [8],
  a_cgroup_egress: [8],
  a_sock_create: [9],
  a_sock_release: [9],
  a_post_bind6: [9],
  a_bind4: [18],
  a_connect6: [18],
  a_connect_unix: [18, '6.7'],
  a_sendmsg4: [18],
  a_recvmsg6: [18],
  a_peername4: [18],
  a_sockname_unix: [18, '6.7'],
  a_sysctl: [23],
  a_getsockopt: [25],
  a_setsockopt: [25],
  a_device: [15],
  a_sk_lookup: [30],
  a_netfilter: [32, '6.4', 'CONFIG_NETFILTER_BPF_LINK'],
}

const built = (config: string | undefined): boolean =>
  config === undefined || new RegExp(`^${config}=[ym]$`, 'm').test(files.config() ?? '')

describe.skipIf(!ready)('every kind of section loads', () => {
  const release = ready ? kernelRelease(kernel) : undefined
  for (const [name, [type, since, config]] of Object.entries(sections)) {
    const here = release !== undefined && (since === undefined || !olderThan(release, since)) && built(config)
    test.skipIf(!here)(name, () => {
      using loaded = load('sections', { programs: [name] })
      expect(programInfo(kernel, loaded.program(name).fd)).toMatchObject({ type, name: name.slice(0, 15) })
    })
  }
})
