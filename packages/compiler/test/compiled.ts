import { type Compiled, type CompileOptions, compile, diagnosticText } from '@tscc/compiler'
import { compileFile } from '@tscc/compiler/node'
import type { BpfObject } from '@tscc/object'

/** What a text compiles to; its mistakes are thrown, as people see them. */
export function compiled(text: string, options: CompileOptions = {}): Compiled & { readonly object: BpfObject } {
  const result = compile(text, options)
  return { ...result, object: objectOf(result, () => text) }
}

/** The object of a file; its mistakes are thrown, as people see them. */
export function compiledFile(path: string): BpfObject {
  const result = compileFile(path)
  return objectOf(result, (file) => result.sourceOf(file) ?? '')
}

function objectOf({ object, diagnostics }: Compiled, textOf: (file: string) => string): BpfObject {
  if (object !== undefined) return object
  throw new Error(diagnostics.map((one) => diagnosticText(one, textOf(one.file))).join('\n'))
}
