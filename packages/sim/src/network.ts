import { seededRandom } from '@tscc/experiment'
import type { SimAlgorithm } from './cc/congestion-control.ts'
import { createEventQueue } from './event-queue.ts'
import { ACK_PACKET, CE, CWR, createPackets, DSACK, ECE, ECT, PSH } from './packet-pool.ts'
import { type Bottleneck, type BottleneckCounters, createBottleneck } from './path/bottleneck.ts'
import { createLoss } from './path/loss.ts'
import { FRAME_HEADER, HEADERS, type SimPath } from './path/path-spec.ts'
import { type Acknowledgement, onAck, onWrite, sendMore } from './tcp/ack.ts'
import { SK_PACING_FQ } from './tcp/constants.ts'
import {
  createReceiver,
  type DataSegment,
  onCompressedAckTimer,
  onData,
  onDelayedAckTimer,
  type Receiver,
  type ReceiverEnvironment,
} from './tcp/receiver.ts'
import { tcp_rtt_estimator, tcp_set_rto } from './tcp/rtt.ts'
import { createSender, type Sender, type SenderEnvironment } from './tcp/sender.ts'
import { jiffiesOf, setClock } from './tcp/tcp-sock.ts'
import { onPacingTimer, onTimer } from './tcp/timeouts.ts'

/** Switches of both hosts, as sysctls and devices name them. */
export interface HostSettings {
  /** Halve the window for each RTO of idle time (tcp_slow_start_after_idle). */
  readonly slowStartAfterIdle: boolean
  /** Segments of one packet to the device: 1, no segmentation offload, as in the lab; hosts on the Internet have 44 and more. */
  readonly gsoMaxSegs: number
  /** tcp_min_tso_segs. */
  readonly minTsoSegs: number
  /** Every socket is paced at sk_pacing_rate, as an fq qdisc does; else only those whose algorithm asks for it. */
  readonly fq: boolean
  /** Segments in order for one acknowledgement: 2, or more where offloads merge them (GRO). */
  readonly ackEvery: number
  /** All sockets ask for ECN (tcp_ecn=1); else only those whose algorithm needs it. */
  readonly ecn: boolean
  /** Bytes that the application writes at a time: the last segment of each write is acknowledged at once. */
  readonly writeSize: number
  /** Receive window, segments. */
  readonly receiveWindow: number
}

/** Linux's defaults, without offloads, and with a window that never limits. */
export const defaultHost: HostSettings = {
  slowStartAfterIdle: true,
  gsoMaxSegs: 1,
  minTsoSegs: 2,
  fq: false,
  ackEvery: 2,
  ecn: false,
  writeSize: 65_536,
  receiveWindow: 0x3fff_ffff,
}

/** A connection and what it sends. Times in ms. */
export interface FlowSpec {
  readonly algorithm: SimAlgorithm
  /** When it begins. */
  readonly start: number
  /** When it stops; absent: never. */
  readonly stop?: number
  /** Bytes to send; absent: no end. */
  readonly size?: number
  /** Sends for `on`, is silent for `off`, and so on. */
  readonly onOff?: { readonly on: number; readonly off: number }
}

/** A flow that runs. */
export interface SimFlow {
  readonly spec: FlowSpec
  readonly sender: Sender
  readonly receiver: Receiver
  /** When all was acknowledged, ms; -1: not yet. */
  completed: number
}

/** A network in its own time. */
export interface Network {
  /** ns. */
  readonly now: number
  readonly events: number
  readonly flows: readonly (SimFlow | undefined)[]
  readonly bottleneck: Bottleneck
  counters(): Readonly<BottleneckCounters>
  /** Let everything up to `time` (ms) happen. */
  run(time: number): void
  /** Close all sockets: their algorithms are released. */
  close(): void
  /** Bytes that were acknowledged of a flow. */
  bytesAcked(flow: number): number
  /** Bytes that packets of all flows take in memory: its growth is that of queues. */
  packetsUnderWay(): number
}

const EVENT = {
  line: 0,
  data: 1,
  ack: 2,
  timer: 3,
  pacing: 4,
  delayedAck: 5,
  compressedAck: 6,
  start: 7,
  stop: 8,
  resume: 9,
} as const

const NS_PER_MS = 1e6
const NONE = Number.POSITIVE_INFINITY

/** Where random numbers come from: each use has a stream of its own. Losses are those that the lab's link makes of the seed. */
const STREAM = { loss: 0, jitter: 2, reorder: 3 } as const

/** What makes a network. */
export interface NetworkSpec {
  readonly path: SimPath
  readonly flows: readonly FlowSpec[]
  readonly host: HostSettings
  readonly seed: number
}

/** Hosts, a bottleneck in one direction, and delay in both. Nothing has happened yet. */
export function createNetwork({ path, flows: specs, host, seed }: NetworkSpec): Network {
  const queue = createEventQueue()
  const packets = createPackets()
  const bottleneck = createBottleneck(path, packets)
  const isLost = createLoss(path.loss, path.lossBurst ?? 1, seededRandom(seed, STREAM.loss))
  const jitterRandom = seededRandom(seed, STREAM.jitter)
  const reorderRandom = seededRandom(seed, STREAM.reorder)
  const mss = path.mtu - HEADERS
  const delay = path.delay * NS_PER_MS
  const jitter = (path.jitter ?? 0) * NS_PER_MS
  const reorder = path.reorder ?? 0
  const reorderDelay = (path.reorderDelay ?? Math.max(1, path.delay / 5)) * NS_PER_MS
  // A SYN's frame on the empty line
  const baseRtt = Math.max(
    1,
    Math.round(2 * path.delay * 1000 + (path.trace === undefined ? (88 * 8e6) / path.rate : 0)),
  )
  const flows: (SimFlow | undefined)[] = specs.map(() => undefined)
  const count = specs.length
  let now = 0
  let events = 0
  /** Arrivals keep their order, but for packets that are reordered on purpose. */
  const lastData = new Float64Array(count)
  const lastAck = new Float64Array(count)
  const deadline = new Float64Array(count).fill(NONE)
  const scheduled = new Float64Array(count).fill(NONE)
  const generation = new Int32Array(count)
  const pacingAt = new Float64Array(count).fill(NONE)

  const lengthOf = (flow: number, segment: number): number => {
    const size = specs[flow]?.size
    return size === undefined ? mss : Math.min(mss, size - segment * mss)
  }

  /** Does an application's write end in a segment? */
  const endsWrite = (segment: number): boolean =>
    Math.floor(((segment + 1) * mss) / host.writeSize) > Math.floor((segment * mss) / host.writeSize)

  const transmit = (sender: Sender, segment: number, ect: boolean, cwr: boolean): void => {
    if (path.loss > 0 && isLost()) {
      bottleneck.counters.droppedRandom += 1
      return
    }
    const packet = packets.take()
    const { columns } = packets
    columns.flow[packet] = sender.id
    columns.segment[packet] = segment
    columns.bytes[packet] = FRAME_HEADER + HEADERS + lengthOf(sender.id, segment)
    columns.flags[packet] = (ect ? ECT : 0) | (cwr ? CWR : 0) | (endsWrite(segment) ? PSH : 0)
    columns.stamp[packet] = Math.floor(sender.tp.tcp_mstamp / 1000)
    const finish = bottleneck.offer(packet, now)
    if (finish !== NONE) queue.put(finish, EVENT.line, 0, 0)
  }

  const lineFinished = (): void => {
    const packet = bottleneck.finish(now)
    if (bottleneck.nextFinish !== NONE) queue.put(bottleneck.nextFinish, EVENT.line, 0, 0)
    const flow = packets.columns.flow[packet] ?? 0
    let arrival = now + delay
    if (jitter > 0) arrival += jitterRandom() * jitter
    if (reorder > 0 && reorderRandom() < reorder) arrival += reorderDelay
    else {
      arrival = Math.max(arrival, lastData[flow] ?? 0)
      lastData[flow] = arrival
    }
    queue.put(arrival, EVENT.data, packet, 0)
  }

  const segment: DataSegment = { segment: 0, tsval: 0, ect: false, ce: false, cwr: false, psh: false }
  const dataArrived = (packet: number): void => {
    const { columns } = packets
    const flow = flows[columns.flow[packet] ?? 0]
    const flags = columns.flags[packet] ?? 0
    segment.segment = columns.segment[packet] ?? 0
    segment.tsval = columns.stamp[packet] ?? 0
    segment.ect = (flags & ECT) !== 0
    segment.ce = (flags & CE) !== 0
    segment.cwr = (flags & CWR) !== 0
    segment.psh = (flags & PSH) !== 0
    packets.release(packet)
    if (flow !== undefined) onData(flow.receiver, segment)
  }

  const acknowledge = (receiver: Receiver, { ack, ece, tsecr, sack }: Readonly<Acknowledgement>): void => {
    const packet = packets.take()
    const { columns } = packets
    columns.flow[packet] = receiver.id
    columns.segment[packet] = ack
    columns.flags[packet] = ACK_PACKET | (ece ? ECE : 0) | (sack.dsack ? DSACK : 0)
    columns.stamp[packet] = tsecr
    columns.sackCount[packet] = sack.count
    for (let edge = 0; edge < sack.count * 2; edge++) columns.sackEdges[packet * 8 + edge] = sack.edges[edge] ?? 0
    let arrival = now + delay
    if (jitter > 0) arrival += jitterRandom() * jitter
    arrival = Math.max(arrival, lastAck[receiver.id] ?? 0)
    lastAck[receiver.id] = arrival
    queue.put(arrival, EVENT.ack, packet, 0)
  }

  const incoming: Acknowledgement = {
    ack: 0,
    ece: false,
    tsecr: 0,
    sack: { count: 0, dsack: false, edges: new Float64Array(8) },
  }
  const ackArrived = (packet: number): void => {
    const { columns } = packets
    const flow = flows[columns.flow[packet] ?? 0]
    const flags = columns.flags[packet] ?? 0
    const sackCount = columns.sackCount[packet] ?? 0
    incoming.ack = columns.segment[packet] ?? 0
    incoming.ece = (flags & ECE) !== 0
    incoming.tsecr = columns.stamp[packet] ?? 0
    incoming.sack.count = sackCount
    incoming.sack.dsack = (flags & DSACK) !== 0
    for (let edge = 0; edge < sackCount * 2; edge++)
      incoming.sack.edges[edge] = columns.sackEdges[packet * 8 + edge] ?? 0
    packets.release(packet)
    if (flow !== undefined) onAck(flow.sender, incoming)
  }

  const schedule = (flow: number, time: number): void => {
    scheduled[flow] = time
    generation[flow] = ((generation[flow] ?? 0) + 1) | 0
    queue.put(time, EVENT.timer, flow, generation[flow] ?? 0)
  }

  const senderEnvironment: SenderEnvironment = {
    now: () => now,
    transmit,
    setTimer({ id }, time) {
      deadline[id] = time
      // An earlier event looks again when it comes: most timers are moved before they come.
      if ((scheduled[id] ?? NONE) > time) schedule(id, time)
    },
    clearTimer({ id }) {
      deadline[id] = NONE
    },
    setPacingTimer({ id }, time) {
      if ((pacingAt[id] ?? NONE) <= time) return
      pacingAt[id] = time
      queue.put(time, EVENT.pacing, id, 0)
    },
    onIdle({ id }) {
      const flow = flows[id]
      if (flow !== undefined && flow.completed < 0 && flow.spec.size !== undefined) flow.completed = now / NS_PER_MS
    },
  }
  const receiverEnvironment: ReceiverEnvironment = {
    now: () => now,
    acknowledge,
    setDelayedAckTimer: ({ id }, time) => queue.put(time, EVENT.delayedAck, id, 0),
    setCompressedAckTimer: ({ id }, time) => queue.put(time, EVENT.compressedAck, id, 0),
  }

  const timerCame = (id: number, of: number): void => {
    if (of !== generation[id]) return
    scheduled[id] = NONE
    const due = deadline[id] ?? NONE
    if (due === NONE) return
    if (now < due) {
      schedule(id, due)
      return
    }
    deadline[id] = NONE
    const flow = flows[id]
    if (flow !== undefined) onTimer(flow.sender)
  }

  const startFlow = (id: number): void => {
    const spec = specs[id]
    if (spec === undefined) return
    const { algorithm, size, stop, onOff } = spec
    const needsEcn = algorithm.needsEcn === true
    const ecn = host.ecn || needsEcn
    const sender = createSender(id, algorithm.open(), needsEcn, senderEnvironment, { ...host, ecn, mss })
    const receiver = createReceiver(id, algorithm, receiverEnvironment, {
      ackEvery: host.ackEvery,
      baseRtt,
      ecn,
      mss,
    })
    flows[id] = { spec, sender, receiver, completed: -1 }
    const { tp, cc } = sender
    setClock(tp, now)
    tp.snd_wnd = host.receiveWindow
    tp.delivered_mstamp = tp.tcp_mstamp
    tp.lsndtime = jiffiesOf(tp)
    tp.snd_cwnd_stamp = jiffiesOf(tp)
    // The handshake took a round trip of the empty path.
    tp.rtt_min = baseRtt
    tcp_rtt_estimator(tp, baseRtt)
    tcp_set_rto(tp)
    if (host.fq) tp.sk_pacing_status = SK_PACING_FQ
    cc.init?.(tp)
    sender.writeSeq = size === undefined ? NONE : Math.ceil(size / mss)
    if (stop !== undefined) queue.put(stop * NS_PER_MS, EVENT.stop, id, 0)
    if (onOff !== undefined) queue.put(now + onOff.on * NS_PER_MS, EVENT.stop, id, 1)
    sendMore(sender)
  }

  /** The application writes no more; `again`: for now. */
  const stopFlow = (id: number, again: number): void => {
    const flow = flows[id]
    if (flow === undefined) return
    flow.sender.writeSeq = Math.min(flow.sender.writeSeq, flow.sender.tp.snd_nxt)
    if (again === 1) queue.put(now + (flow.spec.onOff?.off ?? 0) * NS_PER_MS, EVENT.resume, id, 0)
  }

  const resumeFlow = (id: number): void => {
    const flow = flows[id]
    if (flow === undefined || now >= (flow.spec.stop ?? NONE) * NS_PER_MS) return
    const { sender } = flow
    sender.writeSeq = NONE
    queue.put(now + (flow.spec.onOff?.on ?? 0) * NS_PER_MS, EVENT.stop, id, 1)
    onWrite(sender)
  }

  const handle = (kind: number, subject: number, detail: number): void => {
    const flow = flows[subject]
    switch (kind) {
      case EVENT.line:
        lineFinished()
        break
      case EVENT.data:
        dataArrived(subject)
        break
      case EVENT.ack:
        ackArrived(subject)
        break
      case EVENT.timer:
        timerCame(subject, detail)
        break
      case EVENT.pacing:
        if (now < (pacingAt[subject] ?? NONE)) break
        pacingAt[subject] = NONE
        if (flow !== undefined) onPacingTimer(flow.sender)
        break
      case EVENT.delayedAck:
        if (flow !== undefined) onDelayedAckTimer(flow.receiver)
        break
      case EVENT.compressedAck:
        if (flow !== undefined) onCompressedAckTimer(flow.receiver)
        break
      case EVENT.start:
        startFlow(subject)
        break
      case EVENT.stop:
        stopFlow(subject, detail)
        break
      default:
        resumeFlow(subject)
    }
  }

  for (const [id, { start }] of specs.entries()) queue.put(start * NS_PER_MS, EVENT.start, id, 0)

  return {
    get now() {
      return now
    },
    get events() {
      return events
    },
    flows,
    bottleneck,
    counters: () => bottleneck.counters,
    packetsUnderWay: () => packets.used,
    close() {
      for (const flow of flows) {
        if (flow === undefined) continue
        flow.sender.cc.release?.(flow.sender.tp)
        flow.receiver.cc?.release?.(flow.receiver.tp)
      }
    },
    bytesAcked(id) {
      const flow = flows[id]
      if (flow === undefined) return 0
      const bytes = flow.sender.tp.snd_una * mss
      return flow.spec.size === undefined ? bytes : Math.min(bytes, flow.spec.size)
    },
    run(time) {
      const until = time * NS_PER_MS
      while (queue.firstTime() <= until) {
        queue.next()
        const { at } = queue
        now = at.time
        events += 1
        handle(at.kind, at.subject, at.detail)
      }
      now = until
    },
  }
}
