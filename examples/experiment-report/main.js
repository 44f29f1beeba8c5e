// @ts-check
// node main.js: measurements that were made elsewhere, here a made-up sawtooth, as a table, an SVG and a page of HTML.
import { writeFileSync } from 'node:fs'
import { defaultScenario, formatTable, parsePath, renderHtml, renderSvg, summarise } from '@tscc/experiment'

const RATE = 20e6 // bit/s
const EMPTY_RTT = 40 // ms
const BDP = (RATE / 8 / 1500) * (EMPTY_RTT / 1000) // segments in flight that fill the path

/** @type {(label: string, keep: number) => import('@tscc/experiment').LabRun} */
function sawtooth(label, keep) {
  const time = Array.from({ length: 1001 }, (_, sample) => sample * 10)
  let window = 10
  const cwnd = time.map(() => {
    window = window >= BDP * 2 ? window * keep : window + 0.25
    return Math.round(window)
  })
  const rtt = cwnd.map((segments) => EMPTY_RTT * 1000 * Math.max(1, segments / BDP)) // µs
  const deliveryRate = cwnd.map((segments) => (Math.min(1, segments / BDP) * RATE) / 8) // bytes/s
  let acked = 0
  const bytesAcked = deliveryRate.map((rate) => {
    acked += rate / 100
    return Math.round(acked)
  })
  const zeros = time.map(() => 0)
  const flow = { label, cc: label, flow: 0, time, cwnd, ssthresh: cwnd, rtt, deliveryRate, bytesAcked }
  return { index: 0, round: 0, labels: [label], flows: [{ ...flow, retransmits: zeros, deliveredCe: zeros }] }
}

const scenario = { ...defaultScenario, path: parsePath('20mbit 40ms 1bdp'), duration: 10_000, warmup: 2000 }
const runs = [sawtooth('half', 0.5), { ...sawtooth('gentle', 0.8), index: 1 }]
const algorithms = runs.map(({ labels: [label = ''] }) => /** @type {const} */ ({ label, cc: label, origin: 'native' }))
const result = {
  scenario,
  link: /** @type {const} */ ('user'),
  kernel: 'none',
  machine: 'made up',
  startedAt: '2026-01-01T00:00:00.000Z',
  algorithms,
  runs,
  summary: summarise(scenario, algorithms, runs),
}
console.log(formatTable(result))
writeFileSync('cwnd.svg', renderSvg(result, 'cwnd'))
writeFileSync('report.html', renderHtml(result))
console.log('wrote cwnd.svg and report.html')
