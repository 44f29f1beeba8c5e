// @ts-check
// node main.js: an idea for a congestion control, in JavaScript, beside Reno. When it works it wants to be a .bpf.ts file.
import { writeFileSync } from 'node:fs'
import { formatTable, renderSvg } from '@tscc/experiment'
import { referenceEntry, renoReference, simulate } from '@tscc/sim'

/**
 * Grows as Reno does until the round trip is a quarter above the least: the queue stays short.
 *
 * @type {import('@tscc/sim').SimAlgorithm}
 */
const shy = {
  name: 'shy',
  open() {
    const reno = renoReference.open()
    let least = Number.POSITIVE_INFINITY
    let queued = false
    return {
      ...reno,
      pkts_acked(_tp, { rtt_us }) {
        if (rtt_us < 0) return
        least = Math.min(least, rtt_us)
        queued = rtt_us > least * 1.25
      },
      cong_avoid(tp, ack, acked) {
        if (!queued) reno.cong_avoid?.(tp, ack, acked)
        else if (tp.snd_cwnd < tp.snd_ssthresh) tp.snd_ssthresh = tp.snd_cwnd // slow start is over
      },
    }
  },
}

const result = simulate({
  algorithms: [referenceEntry(shy), referenceEntry(renoReference)],
  path: '20mbit 40ms 2bdp',
  duration: 10_000,
})
console.log(formatTable(result))
writeFileSync('rtt.svg', renderSvg(result, 'rtt'))
console.log('wrote rtt.svg')
