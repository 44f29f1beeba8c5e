import { parseSync } from 'oxc-parser'
import type { Parsed } from './parse.ts'

/** Parse by oxc-parser: native code, prebuilt for every platform that Node runs on. */
export function parseNatively(fileName: string, text: string): Parsed {
  const { program, errors } = parseSync(fileName, text, { lang: 'ts', sourceType: 'module' })
  if (errors.length === 0) return { program, errors: [] }
  return {
    program,
    errors: errors.map(({ message, labels: [label] }) => ({
      message,
      start: label?.start ?? 0,
      end: label?.end ?? 0,
    })),
  }
}
