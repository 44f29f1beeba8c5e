import type { SimAlgorithm } from '../src/cc/congestion-control.ts'
import { createEventQueue } from '../src/event-queue.ts'
import { type Acknowledgement, onAck, onWrite, sendMore } from '../src/tcp/ack.ts'
import {
  createReceiver,
  type DataSegment,
  onCompressedAckTimer,
  onData,
  onDelayedAckTimer,
} from '../src/tcp/receiver.ts'
import { tcp_rtt_estimator, tcp_set_rto } from '../src/tcp/rtt.ts'
import { createSender, type SenderSettings } from '../src/tcp/sender.ts'
import { setClock } from '../src/tcp/tcp-sock.ts'
import { onPacingTimer, onTimer } from '../src/tcp/timeouts.ts'

/** What the wire does to the `nth` transmission (from 0) of a segment: nothing, lose, mark, or delay it by ms. */
export type Fate = 'lost' | 'marked' | number | undefined

/** What was seen: times in ms. */
export interface Sight {
  readonly time: number
  readonly what: string
}

/** A sender and a receiver with a wire between them that has delay and no rate, and does what it is told. */
export function createWire(
  algorithm: SimAlgorithm,
  {
    delay = 10,
    fate = () => undefined,
    ackFate = () => undefined,
    ecn = false,
    ackEvery = 2,
    settings = {},
  }: {
    readonly delay?: number
    readonly fate?: (segment: number, nth: number, time: number) => Fate
    readonly ackFate?: (nth: number) => 'lost' | undefined
    readonly ecn?: boolean
    readonly ackEvery?: number
    readonly settings?: Partial<SenderSettings>
  } = {},
) {
  const queue = createEventQueue()
  const jobs: (() => void)[] = []
  const seen: Sight[] = []
  const times = new Map<number, number>()
  let now = 0
  let acks = 0
  let timerGeneration = 0
  const note = (what: string): void => {
    seen.push({ time: now / 1e6, what })
  }
  const later = (time: number, job: () => void): void => {
    queue.put(time, 0, jobs.push(job) - 1, 0)
  }
  const receiver = createReceiver(
    0,
    algorithm,
    {
      now: () => now,
      acknowledge(_, packet) {
        const { sack } = packet
        const copy: Acknowledgement = { ...packet, sack: { ...sack, edges: sack.edges.slice() } }
        const blocks = Array.from({ length: sack.count }, (_, b) => `${sack.edges[b * 2]}-${sack.edges[b * 2 + 1]}`)
        note(`ack ${packet.ack}${packet.ece ? ' ece' : ''}${blocks.length > 0 ? ` sack ${blocks.join(' ')}` : ''}`)
        if (ackFate(acks++) === 'lost') return
        later(now + delay * 1e6, () => onAck(sender, copy))
      },
      setDelayedAckTimer: (r, time) => later(time, () => onDelayedAckTimer(r)),
      setCompressedAckTimer: (r, time) => later(time, () => onCompressedAckTimer(r)),
    },
    { ackEvery, baseRtt: 2 * delay * 1000, ecn, mss: 1448 },
  )
  const sender = createSender(
    0,
    algorithm.open(),
    algorithm.needsEcn === true,
    {
      now: () => now,
      transmit(s, segment, ect, cwr) {
        const nth = times.get(segment) ?? 0
        times.set(segment, nth + 1)
        note(`${nth === 0 ? 'send' : 'resend'} ${segment}${cwr ? ' cwr' : ''}`)
        const what = fate(segment, nth, now / 1e6)
        if (what === 'lost') return
        const data: DataSegment = {
          segment,
          tsval: Math.floor(s.tp.tcp_mstamp / 1000),
          ect,
          ce: what === 'marked' && ect,
          cwr,
          psh: false,
        }
        later(now + (delay + (typeof what === 'number' ? what : 0)) * 1e6, () => onData(receiver, data))
      },
      setTimer(s, time) {
        const mine = ++timerGeneration
        later(time, () => mine === timerGeneration && onTimer(s))
      },
      clearTimer() {
        timerGeneration += 1
      },
      setPacingTimer: (s, time) => later(time, () => onPacingTimer(s)),
    },
    { slowStartAfterIdle: true, gsoMaxSegs: 1, minTsoSegs: 2, fq: false, ecn, mss: 1448, ...settings },
  )
  const { tp } = sender
  return {
    sender,
    receiver,
    tp,
    seen,
    /** The handshake took a round trip; then `segments` are written. */
    start(segments: number): void {
      setClock(tp, now)
      tp.rtt_min = 2 * delay * 1000
      tcp_rtt_estimator(tp, 2 * delay * 1000)
      tcp_set_rto(tp)
      sender.cc.init?.(tp)
      sender.writeSeq = segments
      sendMore(sender)
    },
    /** The application writes more. */
    write(segments: number): void {
      sender.writeSeq += segments
      onWrite(sender)
    },
    /** Let everything until `time` (ms) happen. */
    run(time: number): void {
      while (queue.firstTime() <= time * 1e6) {
        queue.next()
        now = queue.at.time
        jobs[queue.at.subject]?.()
      }
      now = time * 1e6
    },
    /** What was sent or acknowledged, as text, times with it. */
    log: (pattern: RegExp): readonly string[] =>
      seen.filter(({ what }) => pattern.test(what)).map(({ time, what }) => `${Number(time.toFixed(3))}: ${what}`),
  }
}
