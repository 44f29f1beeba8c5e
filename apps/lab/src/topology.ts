import type { LinkCounters, PathSpec } from '@tscc/experiment'
import type { Host } from './host/launch.ts'
import type { NetworkSpec } from './host/protocol.ts'
import { ETHERNET } from './link/frame.ts'
import type { VethEnd } from './netlink/link-requests.ts'
import type { PreparedQdisc } from './qdisc/prepare-qdisc.ts'

/*
 *   sender  ─ eth0 ═══ near ─ router ─ far ═══ eth0 ─ receiver        (═══ is a veth pair)
 *
 * With the user-space link the router has no addresses: it moves raw frames, and the hosts are neighbours. With netem
 * it forwards in the kernel between two subnets:
 *
 *   sender's eth0   netem: delay and loss of the data. One packet is one segment (gso_max_segs 1), since netem counts
 *                   and loses whole socket buffers; it lets go of the socket's memory, so no back-pressure arises.
 *   far             tbf: rate and drop-tail buffer. In the router, because on the sender's own port a full queue
 *                   would be told to TCP (local congestion) instead of losing packets.
 *   near            netem: delay of the acknowledgements.
 *
 * With a qdisc in BPF it forwards alike, and each direction has one copy of the program: all that happens to the data is
 * far's, the delay of the acknowledgements near's. Between the sender and the router nothing waits.
 */

/** The processes of an experiment. */
export interface Hosts {
  readonly sender: Host
  readonly receiver: Host
  readonly router: Host
}

/** A path that is ready for traffic. */
export interface Topology {
  /** Where the receiver listens. */
  readonly receiverAddress: string
  /** Empty the path and start its counters and random losses afresh. */
  reset(seed: number): Promise<void>
  counters(): Promise<LinkCounters | undefined>
}

/** A locally administered address. */
function mac(last: number): Uint8Array {
  return Uint8Array.of(0x02, 0, 0, 0, 0, last)
}

const near: VethEnd = { name: 'near', mac: mac(0x1a) }
const far: VethEnd = { name: 'far', mac: mac(0x1b) }
const senderMac = mac(0x0a)
const receiverMac = mac(0x0b)
const LARGE_LIMIT = 1_000_000

/** Build the path in the three processes' namespaces. */
export async function buildTopology(
  hosts: Hosts,
  path: PathSpec,
  link: 'user' | 'netem' | PreparedQdisc,
  seed: number,
): Promise<Topology> {
  const { sender, receiver, router } = hosts
  const { mtu } = path
  const veth = (end: VethEnd, host: Host, hostMac: Uint8Array) =>
    router.call('create-veth', { near: end, far: { name: 'eth0', mac: hostMac, pid: host.pid }, mtu })
  await veth(near, sender, senderMac)
  await veth(far, receiver, receiverMac)
  if (link === 'user') return buildUser(hosts, path, seed)
  await buildRouted(hosts, path)
  return link === 'netem' ? netemTopology(hosts, path) : qdiscTopology(hosts, link)
}

async function buildUser(hosts: Hosts, path: PathSpec, seed: number): Promise<Topology> {
  const { sender, receiver, router } = hosts
  for (const device of [near.name, far.name])
    await router.call('set-network', {
      device,
      addresses: [],
      neighbours: [],
      offloadsOff: ['rx-gro'],
      sysctls: [
        { name: 'ipv6/conf/all/disable_ipv6', value: 1 },
        { name: 'ipv6/conf/default/disable_ipv6', value: 1 },
      ],
    })
  const host = (own: number, peer: number, peerMac: Uint8Array): NetworkSpec => ({
    ...hostDefaults(path),
    addresses: [
      { address: `10.0.0.${own}`, prefix: 24 },
      { address: `fd00::${own}`, prefix: 64 },
    ],
    neighbours: [
      { address: `10.0.0.${peer}`, mac: peerMac },
      { address: `fd00::${peer}`, mac: peerMac },
    ],
  })
  await sender.call('set-network', host(1, 2, receiverMac))
  await receiver.call('set-network', host(2, 1, senderMac))
  await router.call('start-user-link', { near: near.name, far: far.name, path, seed })
  return {
    receiverAddress: '10.0.0.2',
    async reset(withSeed) {
      await router.call('reset-user-link', { seed: withSeed })
    },
    counters: () => router.call('user-link-counters', null),
  }
}

/** The router forwards between two subnets. */
async function buildRouted({ sender, receiver, router }: Hosts, path: PathSpec): Promise<void> {
  const port = (device: string, subnet: number, hostMac: Uint8Array) =>
    router.call('set-network', {
      device,
      addresses: [{ address: `10.0.${subnet}.1`, prefix: 24 }],
      neighbours: [{ address: `10.0.${subnet}.2`, mac: hostMac }],
      offloadsOff: ['rx-gro', 'tx-tso', 'tx-gso'],
      sysctls: [{ name: 'ipv4/ip_forward', value: 1 }],
    })
  await port(near.name, 1, senderMac)
  await port(far.name, 2, receiverMac)
  const host = (subnet: number, routerMac: Uint8Array): NetworkSpec => ({
    ...hostDefaults(path),
    gsoMaxSegs: 1,
    addresses: [{ address: `10.0.${subnet}.2`, prefix: 24 }],
    neighbours: [{ address: `10.0.${subnet}.1`, mac: routerMac }],
    gateway: `10.0.${subnet}.1`,
  })
  await sender.call('set-network', host(1, near.mac))
  await receiver.call('set-network', host(2, far.mac))
}

/** Where the receiver is behind a router. */
const ROUTED_RECEIVER = '10.0.2.2'

async function netemTopology({ sender, router }: Hosts, path: PathSpec): Promise<Topology> {
  const setQdiscs = async (): Promise<void> => {
    const { rate, delay, loss, buffer } = path
    // Two frames of burst, or a millisecond's worth where the rate is high: what a timer can serve.
    const burst = Math.max(2 * (path.mtu + ETHERNET), Math.round(rate / 8000))
    await router.call('set-qdisc', { device: far.name, qdisc: { kind: 'tbf', rate, burst, limit: buffer } })
    if (!needsNetem(path)) return
    await router.call('set-qdisc', { device: near.name, qdisc: { kind: 'netem', delay, loss: 0, limit: LARGE_LIMIT } })
    await sender.call('set-qdisc', { device: 'eth0', qdisc: { kind: 'netem', delay, loss, limit: LARGE_LIMIT } })
  }
  await setQdiscs()
  return { receiverAddress: ROUTED_RECEIVER, reset: setQdiscs, counters: async () => undefined }
}

async function qdiscTopology({ router }: Hosts, qdisc: PreparedQdisc): Promise<Topology> {
  const { data, acknowledgements } = qdisc
  const reset = async (): Promise<void> => {
    await router.call('set-qdisc', { device: far.name, qdisc: { kind: 'bpf', id: data } })
    if (acknowledgements !== undefined)
      await router.call('set-qdisc', { device: near.name, qdisc: { kind: 'bpf', id: acknowledgements } })
    qdisc.resetCounters()
  }
  await reset()
  return { receiverAddress: ROUTED_RECEIVER, reset, counters: async () => qdisc.counters() }
}

/** A path without delay and loss is made of tbf alone. */
export function needsNetem({ delay, loss }: PathSpec): boolean {
  return delay > 0 || loss > 0
}

/** Packets carry full checksums and one segment each, nothing is remembered between connections, no window is too small. */
function hostDefaults(path: PathSpec): Pick<NetworkSpec, 'device' | 'offloadsOff' | 'sysctls'> {
  const inFlight = (path.rate / 8000) * 2 * path.delay + path.buffer
  // Twice for slow start's overshoot, four times for the kernel's own accounting of a packet's memory.
  const most = Math.min(Math.max(Math.round(inFlight * 8), 8 * 1024 * 1024), 512 * 1024 * 1024)
  // What waits to be sent bridges the times in which the sender's process does not run.
  const waiting = Math.min(Math.max(Math.round(inFlight * 4), 256 * 1024), 4 * 1024 * 1024)
  return {
    device: 'eth0',
    offloadsOff: ['tx-tso', 'tx-gso', 'rx-gro', 'tx-checksum'],
    sysctls: [
      { name: 'ipv4/tcp_no_metrics_save', value: 1 },
      { name: 'ipv4/tcp_wmem', value: `4096 ${waiting} ${most}` },
      { name: 'ipv4/tcp_rmem', value: `4096 ${Math.min(most, 6 * 1024 * 1024)} ${most}` },
    ],
  }
}
