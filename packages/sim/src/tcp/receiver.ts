import type { CongestionControl, ReceiverActions, SimAlgorithm } from '../cc/congestion-control.ts'
import type { Acknowledgement } from './ack.ts'
import {
  CA_EVENT_ECN_IS_CE,
  CA_EVENT_ECN_NO_CE,
  ICSK_ACK_NOW,
  ICSK_ACK_SCHED,
  ICSK_ACK_TIMER,
  TCP_ECN_DEMAND_CWR,
  TCP_ECN_OK,
  TCP_ECN_SEEN,
} from './constants.ts'
import { addToSackList, createSackList, type SackList, takeSackOption, trimSackList } from './sack-list.ts'
import { createTcpSock, setClock, type TcpSock } from './tcp-sock.ts'

/** What a receiver needs from its surroundings; times in ns. */
export interface ReceiverEnvironment {
  now(): number
  /** Send an acknowledgement; `packet` is filled anew for the next. */
  acknowledge(receiver: Receiver, packet: Readonly<Acknowledgement>): void
  setDelayedAckTimer(receiver: Receiver, time: number): void
  setCompressedAckTimer(receiver: Receiver, time: number): void
}

/** Switches of the receiving host. */
export interface ReceiverSettings {
  /** Segments in order for one acknowledgement: 2, or more where offloads merge them. */
  readonly ackEvery: number
  /** us; of the empty path, for the SACK compression. */
  readonly baseRtt: number
  readonly ecn: boolean
  readonly mss: number
}

/** A data segment as it arrives. */
export interface DataSegment {
  segment: number
  /** Time stamp that it carries, ms. */
  tsval: number
  ect: boolean
  ce: boolean
  cwr: boolean
  /** The application's write ends with it. */
  psh: boolean
}

/** The receiving end of a connection. */
export interface Receiver {
  readonly id: number
  readonly tp: TcpSock
  readonly cc: CongestionControl | undefined
  readonly env: ReceiverEnvironment
  readonly settings: ReceiverSettings
  readonly sack: SackList
  readonly packet: Acknowledgement
  /** Which segments above rcv_nxt are there, in a ring. */
  arrived: Uint8Array
  outOfOrder: number
  highest: number
  /** Acknowledged so far. */
  rcv_wup: number
  quick: number
  /** us; 0: no data yet. */
  ato: number
  lastData: number
  tsRecent: number
  /** ns; 0: none is set. */
  delayedAckAt: number
  compressedAckAt: number
  compressed: number
  duplicateAcks: number
  compressedFor: number
}

const ATO_MIN = 40_000
const DELACK_MAX = 200_000
const MAX_QUICKACKS = 16
/** SACK compression (tcp_comp_sack_*): longest wait, us, and most acknowledgements merged. */
const COMPRESS_DELAY = 1000
const COMPRESS_MAX = 44

/** A receiver; where its algorithm answers marks, that one has a say in acknowledgements too. */
export function createReceiver(
  id: number,
  algorithm: SimAlgorithm,
  env: ReceiverEnvironment,
  settings: ReceiverSettings,
): Receiver {
  const tp = createTcpSock(settings.mss)
  if (settings.ecn) tp.ecn_flags = TCP_ECN_OK
  const holder: { receiver?: Receiver } = {}
  const actions: ReceiverActions = {
    sendAck: (next) => {
      if (holder.receiver !== undefined) sendAck(holder.receiver, next)
    },
  }
  const cc = settings.ecn && algorithm.needsEcn === true ? algorithm.open(actions) : undefined
  const receiver: Receiver = {
    id,
    tp,
    cc,
    env,
    settings,
    sack: createSackList(),
    packet: { ack: 0, ece: false, tsecr: 0, sack: { count: 0, dsack: false, edges: new Float64Array(8) } },
    arrived: new Uint8Array(64),
    outOfOrder: 0,
    highest: 0,
    rcv_wup: 0,
    quick: 0,
    ato: 0,
    lastData: 0,
    tsRecent: 0,
    delayedAckAt: 0,
    compressedAckAt: 0,
    compressed: 0,
    duplicateAcks: 0,
    compressedFor: 0,
  }
  holder.receiver = receiver
  setClock(tp, env.now())
  cc?.init?.(tp)
  return receiver
}

/** A segment arrives. */
export function onData(r: Receiver, data: Readonly<DataSegment>): void {
  const { tp } = r
  setClock(tp, r.env.now())
  // RFC 7323, section 4.3
  if (data.segment <= r.rcv_wup) r.tsRecent = Math.max(r.tsRecent, data.tsval)
  if (data.cwr && (tp.ecn_flags & TCP_ECN_OK) !== 0) {
    tp.ecn_flags &= ~TCP_ECN_DEMAND_CWR
    tp.icsk_ack_pending |= ICSK_ACK_NOW
  }
  if (data.segment < tp.rcv_nxt || isThere(r, data.segment)) {
    duplicate(r, data.segment)
    if (data.segment >= tp.rcv_nxt) checkCe(r, data)
  } else if (data.segment > tp.rcv_nxt) {
    checkCe(r, data)
    tp.icsk_ack_pending |= ICSK_ACK_SCHED
    keep(r, data.segment)
  } else {
    inOrder(r)
    tp.icsk_ack_pending |= ICSK_ACK_SCHED
    adaptDelay(r)
    checkCe(r, data)
    // The application reads at once, and nothing more may come soon (Linux from 6.7 on).
    if (data.psh && r.outOfOrder === 0) tp.icsk_ack_pending |= ICSK_ACK_NOW
  }
  acknowledgeAsNeeded(r)
}

const isThere = (r: Receiver, segment: number): boolean =>
  segment < r.highest && r.arrived[segment & (r.arrived.length - 1)] === 1

/** RFC 2883; and the acknowledgement leaves at once (RFC 5681, section 4.2). */
function duplicate(r: Receiver, segment: number): void {
  r.sack.dsackStart = segment
  r.sack.dsackEnd = segment + 1
  if (segment >= r.tp.rcv_nxt) addToSackList(r.sack, segment, segment + 1)
  else quickAcks(r, MAX_QUICKACKS)
  r.tp.icsk_ack_pending |= ICSK_ACK_SCHED
}

function keep(r: Receiver, segment: number): void {
  while (segment - r.tp.rcv_nxt >= r.arrived.length) growRing(r)
  r.arrived[segment & (r.arrived.length - 1)] = 1
  r.outOfOrder += 1
  r.highest = Math.max(r.highest, segment + 1)
  addToSackList(r.sack, segment, segment + 1)
}

function growRing(r: Receiver): void {
  const larger = new Uint8Array(r.arrived.length * 2)
  for (let segment = r.tp.rcv_nxt; segment < r.highest; segment++)
    larger[segment & (larger.length - 1)] = r.arrived[segment & (r.arrived.length - 1)] ?? 0
  r.arrived = larger
}

function inOrder(r: Receiver): void {
  const { tp } = r
  tp.rcv_nxt += 1
  if (r.outOfOrder === 0) return
  const mask = r.arrived.length - 1
  while (tp.rcv_nxt < r.highest && r.arrived[tp.rcv_nxt & mask] === 1) {
    r.arrived[tp.rcv_nxt & mask] = 0
    tp.rcv_nxt += 1
    r.outOfOrder -= 1
  }
  trimSackList(r.sack, tp.rcv_nxt)
  // A gap is filled (RFC 5681, section 4.2).
  if (r.outOfOrder === 0) tp.icsk_ack_pending |= ICSK_ACK_NOW
}

/** At the start, and after long pauses, every segment is acknowledged at once: the sender is in slow start. */
function adaptDelay(r: Receiver): void {
  const now = r.tp.tcp_mstamp
  const gap = now - r.lastData
  if (r.ato === 0) {
    quickAcks(r, MAX_QUICKACKS)
    r.ato = ATO_MIN
  } else if (gap <= ATO_MIN / 2) r.ato = (r.ato >> 1) + ATO_MIN / 2
  else if (gap < r.ato) r.ato = (r.ato >> 1) + gap
  else if (gap > DELACK_MAX) quickAcks(r, MAX_QUICKACKS)
  r.lastData = now
}

function quickAcks(r: Receiver, most: number): void {
  r.quick = Math.max(r.quick, most)
  r.ato = ATO_MIN
}

/** RFC 3168, section 6.1.3: echo marks until CWR comes; algorithms that count marks see each segment. */
function checkCe(r: Receiver, data: Readonly<DataSegment>): void {
  const { tp, cc } = r
  if ((tp.ecn_flags & TCP_ECN_OK) === 0) return
  if (data.ce) {
    cc?.cwnd_event?.(tp, CA_EVENT_ECN_IS_CE)
    if ((tp.ecn_flags & TCP_ECN_DEMAND_CWR) === 0) {
      quickAcks(r, 2)
      tp.ecn_flags |= TCP_ECN_DEMAND_CWR
    }
    tp.ecn_flags |= TCP_ECN_SEEN
  } else if (data.ect) {
    cc?.cwnd_event?.(tp, CA_EVENT_ECN_NO_CE)
    tp.ecn_flags |= TCP_ECN_SEEN
    // Probably a retransmission.
  } else if ((tp.ecn_flags & TCP_ECN_SEEN) !== 0) quickAcks(r, 2)
}

/** Now, after the next segment or the timer (RFC 5681, section 4.2), or, out of order, merged with others that come soon. */
function acknowledgeAsNeeded(r: Receiver): void {
  const { tp } = r
  if ((tp.icsk_ack_pending & (ICSK_ACK_SCHED | ICSK_ACK_NOW)) === 0) return
  if (tp.rcv_nxt - r.rcv_wup >= r.settings.ackEvery || r.quick > 0 || (tp.icsk_ack_pending & ICSK_ACK_NOW) !== 0)
    sendAck(r, tp.rcv_nxt)
  else if (r.outOfOrder === 0) delayAck(r)
  else compressAck(r)
}

function delayAck(r: Receiver): void {
  const { tp } = r
  const now = r.env.now()
  let wait = r.ato
  // Not longer than a round trip, nor than half a second
  if (wait > ATO_MIN) wait = Math.min(wait, Math.max(r.settings.baseRtt, ATO_MIN), 500_000)
  wait = Math.min(wait, DELACK_MAX)
  let at = now + wait * 1000
  if ((tp.icsk_ack_pending & ICSK_ACK_TIMER) !== 0 && r.delayedAckAt > 0) {
    if (r.delayedAckAt <= now + (wait >> 2) * 1000) {
      sendAck(r, tp.rcv_nxt)
      return
    }
    at = Math.min(at, r.delayedAckAt)
  }
  tp.icsk_ack_pending |= ICSK_ACK_SCHED | ICSK_ACK_TIMER
  r.delayedAckAt = at
  r.env.setDelayedAckTimer(r, at)
}

/** Of acknowledgements that only have new SACK blocks the first three leave at once, others wait a millisecond at most. */
function compressAck(r: Receiver): void {
  const { tp } = r
  if (r.compressedFor !== tp.rcv_nxt) {
    r.compressedFor = tp.rcv_nxt
    r.duplicateAcks = 0
  }
  if (r.duplicateAcks < 3 || r.compressed >= COMPRESS_MAX) {
    if (r.duplicateAcks < 3) r.duplicateAcks += 1
    sendAck(r, tp.rcv_nxt)
    return
  }
  r.compressed += 1
  if (r.compressedAckAt > 0) return
  r.compressedAckAt = r.env.now() + Math.min(COMPRESS_DELAY, r.settings.baseRtt / 20) * 1000
  r.env.setCompressedAckTimer(r, r.compressedAckAt)
}

/** The delayed acknowledgement's time has come, unless it was sent. */
export function onDelayedAckTimer(r: Receiver): void {
  if (r.delayedAckAt === 0) return
  if (r.env.now() < r.delayedAckAt) {
    r.env.setDelayedAckTimer(r, r.delayedAckAt)
    return
  }
  setClock(r.tp, r.env.now())
  r.ato = Math.min(r.ato * 2, DELACK_MAX)
  sendAck(r, r.tp.rcv_nxt)
}

/** The merged acknowledgements' time has come, unless one was sent. */
export function onCompressedAckTimer(r: Receiver): void {
  if (r.compressedAckAt === 0 || r.env.now() < r.compressedAckAt) return
  setClock(r.tp, r.env.now())
  sendAck(r, r.tp.rcv_nxt)
}

function sendAck(r: Receiver, next: number): void {
  const { tp, packet } = r
  packet.ack = next
  packet.ece = (tp.ecn_flags & TCP_ECN_DEMAND_CWR) !== 0
  packet.tsecr = r.tsRecent
  takeSackOption(r.sack, packet.sack)
  r.rcv_wup = tp.rcv_nxt
  r.compressedAckAt = 0
  r.compressed = 0
  // One that tells of an earlier mark leaves the next one due.
  if (next === tp.rcv_nxt) {
    if (r.quick > 0 && (tp.icsk_ack_pending & ICSK_ACK_SCHED) !== 0) r.quick -= 1
    tp.icsk_ack_pending = 0
    r.delayedAckAt = 0
  }
  r.env.acknowledge(r, packet)
}
