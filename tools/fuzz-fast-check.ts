// Stands in for fast-check when FUZZ_FACTOR is set (vitest.config.ts): every property runs so many times as often.
import fastCheck from '../node_modules/fast-check/lib/fast-check.js'

export * from '../node_modules/fast-check/lib/fast-check.js'

const factor = Number(process.env.FUZZ_FACTOR ?? '1')

export default { ...fastCheck, assert: assertOften }

export function assertOften(
  property: Parameters<typeof fastCheck.assert>[0],
  parameters: { readonly numRuns?: number } = {},
) {
  return fastCheck.assert(property, { ...parameters, numRuns: Math.ceil((parameters.numRuns ?? 100) * factor) })
}
