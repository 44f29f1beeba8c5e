import type { SimAlgorithm } from './cc/congestion-control.ts'
import type { SimEntry } from './simulate.ts'

/** An entry of an algorithm written for the simulator, such as `renoReference`. */
export const referenceEntry = (algorithm: SimAlgorithm, label: string = algorithm.name): SimEntry => ({
  label,
  origin: 'reference',
  create: () => algorithm,
})
