import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { algorithms, type LanguageAlgorithm } from '@tscc/algos'
import type { CompileOptions } from '@tscc/compiler'
import type { CompiledFile } from '@tscc/compiler/node'
import { type BpfObject, writeObject } from '@tscc/object'
import { cliErrors } from '../cli-errors.ts'
import type { LoadedObjectFile } from './loaded-object.ts'
import type { ShownDiagnostic } from './source-mistakes.ts'

/** A compiled `*.bpf.ts` file: an object like any other, and what the compiler knows of it. */
export interface LoadedModule extends LoadedObjectFile {
  readonly compiled: CompiledFile
}

/** Does this name a file for the compiler? */
export function isBpfModulePath(text: string): boolean {
  return /\.bpf\.ts$/.test(text)
}

/** Does this name something for the compiler: a file, or an algorithm of tscc in the language? */
export function isCompiled(text: string): boolean {
  return isBpfModulePath(text) || algorithms.some((one) => one.name === text && one.kind === 'language')
}

/** How to compile. */
export type CompileChoices = Pick<CompileOptions, 'without' | 'cpu'>

/** Compile a file; its mistakes are one `cli/diagnostics`. The compiler is loaded only here. */
export async function compileSource(path: string, choices: CompileChoices = {}): Promise<LoadedModule> {
  const { compiled, diagnostics } = await tryCompile(path, choices)
  const { object } = compiled
  if (object === undefined) throw cliErrors.make('diagnostics', { path, diagnostics })
  return moduleOf(path, compiled, object)
}

/** Compile a file, whatever comes of it: the files that it is made of are known even when there are mistakes in them. */
export async function tryCompile(
  path: string,
  choices: CompileChoices = {},
): Promise<{ readonly compiled: CompiledFile; readonly diagnostics: readonly ShownDiagnostic[] }> {
  const shipped = algorithms.find((one) => one.name === path)
  if (shipped?.kind === 'language') return compileShipped(shipped, choices)
  if (!existsSync(path)) throw cliErrors.make('file', { path, action: 'read', name: 'no such file or folder' })
  const [{ compileFile }, { diagnosticText }] = await Promise.all([
    import('@tscc/compiler/node'),
    import('@tscc/compiler'),
  ])
  const compiled = compileFile(path, choices)
  const diagnostics = compiled.diagnostics.map((one) => ({
    ...one,
    text: diagnosticText(one, compiled.sourceOf(one.file) ?? ''),
  }))
  return { compiled, diagnostics }
}

/** An algorithm of tscc, whose text comes along. */
async function compileShipped(
  { name, text }: LanguageAlgorithm,
  choices: CompileChoices,
): Promise<{ readonly compiled: CompiledFile; readonly diagnostics: readonly ShownDiagnostic[] }> {
  const { compile, diagnosticText } = await import('@tscc/compiler')
  const fileName = `${name}.bpf.ts`
  const compiled = compile(text, { ...choices, fileName })
  const diagnostics = compiled.diagnostics.map((one) => ({ ...one, text: diagnosticText(one, text) }))
  return { compiled: { ...compiled, files: [], sourceOf: () => text }, diagnostics }
}

/** A compiled file as a source. */
export function moduleOf(path: string, compiled: CompiledFile, object: BpfObject): LoadedModule {
  const made: { bytes?: Uint8Array } = {}
  return {
    label: basename(path).replace(/\.bpf\.ts$/, ''),
    path,
    object,
    compiled,
    get bytes() {
      made.bytes ??= writeObject(object)
      return made.bytes
    },
  }
}
