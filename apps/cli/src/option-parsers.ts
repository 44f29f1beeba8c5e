import { isTsccError } from '@tscc/core'
import { InvalidArgumentError } from 'commander'

/** An option's whole number, zero or more. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('expected a whole number')
  return Number(text)
}

/** Make a parser's typed error one of wrong usage. */
export function asUsage<Value>(parse: (text: string) => Value): (text: string) => Value {
  return (text) => {
    try {
      return parse(text)
    } catch (error) {
      if (isTsccError(error)) throw new InvalidArgumentError(error.message)
      throw error
    }
  }
}
