/** Does the next packet get lost? */
export type LossModel = () => boolean

/**
 * Losses of a share of all packets: independent, or in runs of a mean length (Gilbert's model: a good and a bad state, all
 * is lost in the bad one).
 */
export function createLoss(share: number, meanRun: number, random: () => number): LossModel {
  if (share <= 0) return () => false
  if (meanRun <= 1) return () => random() < share
  const leave = 1 / meanRun
  const enter = Math.min(1, (leave * share) / (1 - share))
  let bad = false
  return () => {
    bad = bad ? random() >= leave : random() < enter
    return bad
  }
}
