import { type ConnectionFigures, figuresOfConnections } from '@tscc/sock-ops'
import { type NetlinkSocket, type TcpSocketInfo, tcpSockets } from '@tscc/syscall/netlink'

/** All connections at one moment. */
export interface Sample {
  /** ms since any moment, steady. */
  readonly at: number
  readonly sockets: ReadonlyMap<bigint, TcpSocketInfo>
}

export function takeSample(netlink: NetlinkSocket): Sample {
  const sockets = new Map(tcpSockets(netlink).map((socket) => [socket.cookie, socket]))
  return { at: performance.now(), sockets }
}

/** What the connections of one congestion control did between two samples. */
export interface TopRow {
  readonly cc: string
  /** There at the end. */
  readonly connections: number
  /** … of which so many sent something. */
  readonly sending: number
  /** Acknowledged bytes of all together, Mbit/s. */
  readonly goodputMbps: number
  /** Median of the smoothed round-trip times of those that sent, ms. */
  readonly rttMs: number | undefined
  /** Median congestion window of those, segments. */
  readonly cwnd: number | undefined
  /** Of data segments that were sent in between, %. */
  readonly retransPercent: number | undefined
  readonly retransmits: number
}

/** One connection between two samples. */
export interface Activity extends ConnectionFigures {
  readonly cc: string
  readonly cwnd: number
}

/** Seconds between two samples. */
export const secondsBetween = (before: Sample, after: Sample): number => Math.max(1e-3, (after.at - before.at) / 1000)

/** What each connection did; one that is new did all it ever did. Those that ended in between are in neither. */
export function activities(before: Sample, after: Sample): readonly Activity[] {
  const seconds = secondsBetween(before, after)
  return [...after.sockets.values()].flatMap((socket): readonly Activity[] => {
    const { info, congestion } = socket
    if (info === undefined || congestion === undefined) return []
    const old = before.sockets.get(socket.cookie)?.info
    const since = (name: 'tcpi_total_retrans' | 'tcpi_data_segs_out' | 'tcpi_bytes_acked'): number =>
      Math.max(0, Number(info[name] ?? 0) - Number(old?.[name] ?? 0))
    const bytes = since('tcpi_bytes_acked')
    return [
      {
        cc: congestion,
        cwnd: info.tcpi_snd_cwnd,
        rttUs: info.tcpi_rtt,
        bytes,
        rate: bytes / seconds,
        segments: since('tcpi_data_segs_out'),
        retransmits: since('tcpi_total_retrans'),
      },
    ]
  })
}

/** By congestion control, those with the most goodput first; of what was done in so many seconds. */
export function topRows(done: readonly Activity[], seconds: number): readonly TopRow[] {
  return [...byCongestionControl(done)]
    .map(([cc, all]): TopRow => {
      const sending = all.filter(({ segments }) => segments > 0)
      const sum = (of: (one: Activity) => number): number => all.reduce((total, one) => total + of(one), 0)
      const segments = sum((one) => one.segments)
      const retransmits = sum((one) => one.retransmits)
      const rtt = median(sending.map(({ rttUs }) => rttUs))
      return {
        cc,
        connections: all.length,
        sending: sending.length,
        goodputMbps: (8 * sum(({ bytes }) => bytes)) / seconds / 1e6,
        rttMs: rtt === undefined ? undefined : rtt / 1000,
        cwnd: median(sending.map(({ cwnd }) => cwnd)),
        retransPercent: segments === 0 ? undefined : (100 * retransmits) / segments,
        retransmits,
      }
    })
    .sort((a, b) => b.goodputMbps - a.goodputMbps || (a.cc < b.cc ? -1 : 1))
}

function byCongestionControl(all: readonly Activity[]): Map<string, Activity[]> {
  const groups = new Map<string, Activity[]>()
  for (const one of all) {
    const group = groups.get(one.cc)
    if (group === undefined) groups.set(one.cc, [one])
    else group.push(one)
  }
  return groups
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]]
  return low === undefined || high === undefined ? undefined : (low + high) / 2
}

/** Those that sent, of one congestion control, as the arm of a comparison. */
export const armOfSample = (done: readonly Activity[], name: string) =>
  figuresOfConnections(done.filter(({ cc, segments }) => cc === name && segments > 0))
