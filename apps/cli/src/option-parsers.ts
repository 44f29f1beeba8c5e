import { isTsccError } from '@tscc/core'
import type { VariableValue } from '@tscc/object'
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

/**
 * `name=value` of a variable, one after the other into one record: a whole number of any size (decimal or 0x), `true` and
 * `false`, JSON for arrays and structs, anything else is text.
 */
export function parseSetting(
  text: string,
  before: Readonly<Record<string, VariableValue>> = {},
): Readonly<Record<string, VariableValue>> {
  const at = text.indexOf('=')
  if (at <= 0) throw new InvalidArgumentError('expected NAME=VALUE')
  return { ...before, [text.slice(0, at)]: settingValue(text.slice(at + 1)) }
}

function settingValue(text: string): VariableValue {
  if (/^-?(?:\d{1,20}|0x[0-9a-fA-F]{1,16})$/.test(text)) {
    const value = text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text)
    return Number.isSafeInteger(Number(value)) ? Number(value) : value
  }
  if (text === 'true' || text === 'false') return text === 'true'
  if (!/^[[{"]/.test(text)) return text
  try {
    return JSON.parse(text) as VariableValue // numbers, text and truth values in arrays and objects, and null
  } catch {
    throw new InvalidArgumentError('expected JSON behind NAME=')
  }
}
