import { isCongestionControlName } from '@tscc/syscall'
import { sockOpsErrors } from './errors.ts'

/** A whole number within limits. */
export function checkRange(
  field: string,
  value: number,
  limits: { readonly min: number; readonly max: number; readonly unit?: string },
): number {
  const { min, max, unit = '' } = limits
  if (!Number.isInteger(value) || value < min || value > max)
    throw sockOpsErrors.make('out-of-range', { field, value, min, max, unit })
  return value
}

/** The most that 32 bits hold. */
export const U32_MAX = 0xffff_ffff

export const checkPort = (field: string, port: number): number => checkRange(field, port, { min: 1, max: 65_535 })

/** The name of a congestion control, registered or not. */
export function checkCcName(field: string, name: string): string {
  if (!isCongestionControlName(name)) throw sockOpsErrors.make('cc-name', { field, name })
  return name
}
