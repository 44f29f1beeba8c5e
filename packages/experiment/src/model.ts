/** The path between the two hosts. Rates in bit/s, times in ms, sizes in bytes; both directions share delay, only data is limited. */
export interface PathSpec {
  /** Bottleneck rate, bit/s. */
  readonly rate: number
  /** Delay each way, ms: the empty path's RTT is twice this. */
  readonly delay: number
  /** Drop-tail buffer of the bottleneck, bytes. */
  readonly buffer: number
  /** Random loss of data packets, 0..1. */
  readonly loss: number
  /** Mark CE on ECN-capable packets that find more than this many bytes queued; absent: no marking. */
  readonly ecnThreshold?: number
  /** Bytes of an IP packet. */
  readonly mtu: number
}

/**
 * What makes the path: netem and tbf in the kernel, the user-space link that works on every kernel, or a queueing
 * discipline that is a program (Qdisc_ops).
 */
export type LinkKind = 'netem' | 'user' | 'qdisc'

/** One experiment: every algorithm runs alone on the path (`compare`), or all share it at once (`share`). */
export interface Scenario {
  readonly path: PathSpec
  readonly link: LinkKind | 'auto'
  readonly mode: 'compare' | 'share'
  /** Flows of each algorithm at once. */
  readonly flows: number
  /** How long each run sends, ms. */
  readonly duration: number
  /** Runs of each algorithm, interleaved A B A B. */
  readonly repeat: number
  /** Time between two TCP_INFO samples of a flow, ms. */
  readonly interval: number
  /** Start of the part of a run that the figures are taken from, ms (slow start left out); plots show all. */
  readonly warmup: number
  /** Seed of the link's random loss. */
  readonly seed: number
}

/** An algorithm as the lab sees it: what people call it, and the kernel's name for setsockopt(TCP_CONGESTION). */
export interface LabAlgorithm {
  readonly label: string
  readonly cc: string
  readonly origin: 'native' | 'tscc' | 'registered' | 'reference'
  /** The algorithm asks for ECN (sets tcp_ecn=1 in the lab's own namespaces). */
  readonly ecn?: boolean
}

/** TCP_INFO of one flow over time, a column each (same length). */
export interface FlowTrace {
  readonly label: string
  readonly cc: string
  /** Number of the flow among those of the same run, from 0. */
  readonly flow: number
  /** ms since the run's start. */
  readonly time: readonly number[]
  /** snd_cwnd, segments. */
  readonly cwnd: readonly number[]
  /** snd_ssthresh, segments (2147483647: not set). */
  readonly ssthresh: readonly number[]
  /** Smoothed RTT, us. */
  readonly rtt: readonly number[]
  /** tcpi_delivery_rate, byte/s. */
  readonly deliveryRate: readonly number[]
  /** tcpi_total_retrans, segments since the start. */
  readonly retransmits: readonly number[]
  /** tcpi_bytes_acked since the start. */
  readonly bytesAcked: readonly number[]
  /** tcpi_delivered_ce, segments since the start (0 where the kernel does not tell). */
  readonly deliveredCe: readonly number[]
  /** The estimate of the marked share, 0 to 1, that the kernel's own DCTCP tells (TCP_CC_INFO); NaN where it has none. */
  readonly alpha?: readonly number[]
  /** Segments in flight; where it is known. */
  readonly inFlight?: readonly number[]
  /** Bytes queued at the bottleneck, of all flows; where it is known. */
  readonly queue?: readonly number[]
  /** ms from the start of a flow of limited size until all of it was acknowledged; absent where it was not. */
  readonly completion?: number
}

/** What the bottleneck saw in one run. */
export interface LinkCounters {
  readonly forwarded: number
  readonly droppedFull: number
  readonly droppedRandom: number
  readonly markedCe: number
  /** Largest queue, bytes. */
  readonly maxQueue: number
  /** Mean time that a packet waited after the warm-up, without its own sending, ms; where the link tells. */
  readonly meanWait?: number
}

/** One run: one algorithm alone, or all of them at once. */
export interface LabRun {
  readonly index: number
  /** Round of the interleaving, from 0. */
  readonly round: number
  readonly labels: readonly string[]
  readonly flows: readonly FlowTrace[]
  /** Absent where the link cannot tell: netem, or a qdisc without the counters. */
  readonly link?: LinkCounters
}

/** All that one `tscc lab` measured; the JSON output is exactly this. */
export interface LabResult {
  readonly scenario: Scenario
  /** The link that was really used; `sim`: all of it was simulated. */
  readonly link: LinkKind | 'sim'
  /** What people call the program of the link `qdisc`: its file. */
  readonly qdisc?: string
  /** Its release; of a simulation, the kernel whose types the programs were linked to. */
  readonly kernel: string
  readonly machine: string
  /** ISO 8601. */
  readonly startedAt: string
  readonly algorithms: readonly LabAlgorithm[]
  readonly runs: readonly LabRun[]
  readonly summary: readonly SummaryRow[]
  /** What else there is to know about it, as term and fact: shown in reports. */
  readonly facts?: readonly (readonly [term: string, fact: string])[]
}

/** One row of the table: an algorithm over all its runs (medians of the runs' figures). */
export interface SummaryRow {
  readonly label: string
  readonly cc: string
  readonly runs: number
  /** bit/s, all flows of the algorithm together. */
  readonly goodput: number
  /** Share of the bottleneck's rate, 0..1. */
  readonly utilisation: number
  /** ms. */
  readonly rttMean: number
  readonly rttP95: number
  /** Segments, mean over time and flows. */
  readonly cwndMean: number
  /** Segments in the measured part of a run, all flows. */
  readonly retransmits: number
  /** Jain's index over the flows that shared the link, 0..1; null when there was one flow. */
  readonly fairness: number | null
  /** Mean time that packets waited at the bottleneck, ms; where the link tells. */
  readonly queueMean?: number
  /** Mean time that flows of limited size took, ms; of those that were completed. */
  readonly completionMean?: number
}

/** What a running experiment tells its caller. */
export type LabProgress =
  | { readonly kind: 'setup'; readonly text: string }
  | {
      readonly kind: 'run'
      readonly index: number
      readonly total: number
      readonly labels: readonly string[]
      readonly elapsed: number
      readonly duration: number
    }
  | { readonly kind: 'done' }
