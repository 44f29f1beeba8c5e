// What one run of one algorithm comes to: what lab has for its tables, and more that twins are compared by.
import { runFigures } from '@tscc/lab'

/** Bytes of data in a full segment: MTU without the headers of IPv4 and TCP with timestamps. */
const segment = ({ mtu }) => mtu - 52

/** RFC 8257's g. */
const gain = 1 / 16

/**
 * The estimate that DCTCP makes of the share of marked segments (RFC 8257, 3.3), made again from outside: from the counters
 * in TCP_INFO, once for each round trip. Time and values; the first is DCTCP's own first, 1.
 */
export function alphaOf({ time, rtt, bytesAcked, deliveredCe }, path) {
  const points = [{ time: 0, alpha: 1 }]
  const start = { at: 0 }
  for (let i = 1; i < time.length; i++) {
    if (time[i] - time[start.at] < rtt[i] / 1000) continue
    const segments = (bytesAcked[i] - bytesAcked[start.at]) / segment(path)
    if (segments < 1) continue
    const marked = Math.min(1, (deliveredCe[i] - deliveredCe[start.at]) / segments)
    points.push({ time: time[i], alpha: points.at(-1).alpha * (1 - gain) + gain * marked })
    start.at = i
  }
  return points
}

/** Figures of a run, times in ms, rates in bit/s, windows in segments. The lab's are of the part after the warm-up. */
export function twinFigures(scenario, run, label) {
  const flow = run.flows.find((one) => one.label === label)
  const figures = runFigures(scenario, run, label)
  if (flow === undefined || figures === undefined) throw new Error(`${label}: sent nothing after the warm-up`)
  const late = flow.time.flatMap((time, i) => (time >= scenario.warmup ? [i] : []))
  const sorted = late.map((i) => flow.rtt[i] / 1000).sort((a, b) => a - b)
  const first = late[0]
  const ecn = scenario.path.ecnThreshold !== undefined
  return {
    goodput: figures.goodput,
    cwndMean: figures.cwndMean,
    cwndMax: late.reduce((most, i) => Math.max(most, flow.cwnd[i]), 0),
    rttMean: figures.rttMean,
    rttMedian: sorted[sorted.length >> 1],
    rttP95: figures.rttP95,
    /** What the queue adds to the empty path's round trip. */
    queue: figures.rttMean - 2 * scenario.path.delay,
    /** Of the whole run: slow start's losses tell the most. */
    retransmits: flow.retransmits.at(-1),
    ...(ecn ? ecnFigures(scenario, flow, first) : {}),
  }
}

function ecnFigures(scenario, flow, first) {
  const late = alphaOf(flow, scenario.path).filter(({ time }) => time >= scenario.warmup)
  const segments = (flow.bytesAcked.at(-1) - flow.bytesAcked[first]) / segment(scenario.path)
  return {
    marked: (flow.deliveredCe.at(-1) - flow.deliveredCe[first]) / segments,
    alpha: meanOf(late.map(({ alpha }) => alpha)),
    ...(flow.alpha === undefined ? {} : { alphaTold: meanOf(flow.alpha.slice(first).filter(Number.isFinite)) }),
  }
}

const meanOf = (values) => values.reduce((sum, value) => sum + value, 0) / values.length
