import { experimentErrors } from './experiment-errors.ts'
import type { LabAlgorithm, Scenario } from './model.ts'

/** 50 Mbit/s, 40 ms of round trip, a buffer of one bandwidth-delay product; 10 s, one run of one flow each. */
export const defaultScenario: Scenario = {
  path: { rate: 50e6, delay: 20, buffer: 250_000, loss: 0, mtu: 1500 },
  link: 'auto',
  mode: 'compare',
  flows: 1,
  duration: 10_000,
  repeat: 1,
  interval: 10,
  warmup: 2000,
  seed: 1,
}

interface Range {
  readonly min: number
  readonly max: number
  readonly integer?: boolean
}

const pathRanges = {
  rate: { min: 10_000, max: 10e9 },
  delay: { min: 0, max: 10_000 },
  buffer: { min: 0, max: 1e9 },
  loss: { min: 0, max: 1 },
  mtu: { min: 576, max: 9000, integer: true },
} as const satisfies Record<string, Range>

const scenarioRanges = {
  flows: { min: 1, max: 256, integer: true },
  duration: { min: 100, max: 3_600_000 },
  repeat: { min: 1, max: 1000, integer: true },
  interval: { min: 1, max: 10_000 },
  seed: { min: 0, max: 0xffff_ffff, integer: true },
} as const satisfies Record<string, Range>

function check(field: string, value: number, { min, max, integer = false }: Range): void {
  if (!(value >= min && value <= max) || (integer && !Number.isInteger(value)))
    throw experimentErrors.make('scenario', {
      field,
      value: String(value),
      limit: `${integer ? 'an integer ' : ''}in ${min}..${max}`,
    })
}

/** Throws `experiment/scenario` where an experiment could not be run as asked. */
export function checkScenario(scenario: Scenario, algorithms: readonly LabAlgorithm[]): void {
  for (const [name, range] of Object.entries(pathRanges))
    check(`path.${name}`, scenario.path[name as keyof typeof pathRanges], range) // keys of the table
  for (const [name, range] of Object.entries(scenarioRanges))
    check(name, scenario[name as keyof typeof scenarioRanges], range) // keys of the table
  const { ecnThreshold } = scenario.path
  if (ecnThreshold !== undefined) check('path.ecnThreshold', ecnThreshold, pathRanges.buffer)
  check('warmup', scenario.warmup, { min: 0, max: scenario.duration })
  if (algorithms.length === 0)
    throw experimentErrors.make('scenario', { field: 'algorithms', value: 'none', limit: 'at least one' })
  for (const { cc } of algorithms)
    if (cc === '' || new TextEncoder().encode(cc).length > 15 || cc.includes('\0'))
      throw experimentErrors.make('scenario', { field: 'algorithms', value: `'${cc}'`, limit: 'a name of 1..15 bytes' })
}
