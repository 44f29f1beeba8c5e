import { defineErrors } from './error.ts'

/** Errors of the byte reader and writer. */
export const coreErrors = defineErrors('core', {
  truncated: (c: { field: string; at: number; need: number; have: number }) =>
    `${c.field}: needs ${c.need} bytes at offset ${c.at}, input has ${Math.max(0, c.have)} left`,
  'out-of-range': (c: { field: string; value: number | bigint; min: number | bigint; max: number | bigint }) =>
    `${c.field}: value ${c.value} is outside ${c.min}..${c.max}`,
  trailing: (c: { field: string; at: number; left: number }) =>
    `${c.field}: ${c.left} bytes left over at offset ${c.at}`,
  unterminated: (c: { field: string; at: number }) => `${c.field}: string at offset ${c.at} has no terminating zero`,
})
