import { randomInt } from 'node:crypto'

/** A name for what is registered during an experiment. It fits the kernel's 15 characters: `ts_`, five of the label, five random ones. */
export function temporaryName(label: string): string {
  const short = label
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
    .slice(0, 5)
  const random = randomInt(36 ** 5)
    .toString(36)
    .padStart(5, '0')
  return `ts_${short}_${random}`
}
