// One path of the lab, made by two links: Reno's goodput and round trips over both.
import { runLab } from '@tscc/lab'

/**
 * 13 packets of buffer, which never run dry, at a rate that a slow guest keeps up with: tbf loses what it could not send
 * where it is woken later than the time of two packets, 24 ms.
 */
const path = { rate: 1e6, delay: 20, buffer: 20_000, loss: 0, mtu: 1500 }
const measure = { mode: 'compare', flows: 1, duration: 6500, repeat: 1, interval: 10, warmup: 2000, seed: 1 }
const reno = { label: 'reno', cc: 'reno', origin: 'native' }

/** Most apart that two links may be, as a share of the kernel's own. */
const limits = { goodput: 0.05, rttMean: 0.1 }
const MOST_ROUNDS = 3

/**
 * A qdisc beside the kernel's netem and tbf: mean figures of both over all rounds, the figures that are apart, and the
 * first result over the qdisc. A sawtooth more or less in one run is enough to be apart, so such a round is followed by others.
 */
export async function linksBeside(qdisc) {
  const [own, native] = [[], []]
  const over = (link, options) => runLab({ path, link, ...measure }, [reno], options)
  const means = (results, figure) => results.reduce((sum, one) => sum + one.summary[0][figure], 0) / results.length
  const figuresOf = (results) =>
    Object.fromEntries(Object.keys(limits).map((figure) => [figure, means(results, figure)]))
  for (;;) {
    own.push(await over('qdisc', { qdisc }))
    native.push(await over('netem'))
    const found = { native: figuresOf(native), own: figuresOf(own) }
    const apart = Object.keys(limits).filter(
      (figure) => !(Math.abs(found.own[figure] - found.native[figure]) <= limits[figure] * found.native[figure]),
    )
    if (apart.length === 0 || own.length === MOST_ROUNDS) return { ...found, apart, rounds: own.length, first: own[0] }
  }
}
