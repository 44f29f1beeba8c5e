import { type Compiled, type CompileOptions, compileWith } from './compile-with.ts'
import { parseNatively } from './parse-natively.ts'

/** Compile a module of the language: the same text gives the same object, on any machine. Mistakes are data, not errors. */
export function compile(text: string, options: CompileOptions = {}): Compiled {
  return compileWith(text, { parse: parseNatively, ...options })
}
