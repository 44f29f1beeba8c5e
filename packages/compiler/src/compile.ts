import { type Btf, parseBtf } from '@tscc/btf'
import type { Step, StructOpsSpec } from '@tscc/struct-ops'
import { tcpBtfFixture } from '@tscc/struct-ops/fixture'
import { type Diagnostic, diagnose, type Span } from './diagnostics.ts'
import { emit } from './emit/steps.ts'
import type { IrFunction } from './ir/ir.ts'
import { type KernelHeader, kernelHeader } from './kernel-header.ts'
import { libraryScope, lowerModule } from './lower/module.ts'
import type { ModuleScope } from './lower/scope.ts'
import { propagate, removeDead, reuseLoads } from './passes/simplify.ts'
import { PRELUDE } from './prelude.ts'
import { sourceFile } from './source-file.ts'

/** The passes over a program, in order; each can be left out. */
export const passes = { reuseLoads, propagate, removeDead } as const
/** Name of a pass. */
export type PassName = keyof typeof passes

/** How to compile. */
export interface CompileOptions {
  /** For diagnostics. */
  readonly fileName?: string
  /** BTF with the structs that programs name. Default: the TCP part of a 6.18 kernel. */
  readonly types?: Btf
  /** Passes to leave out. */
  readonly without?: readonly PassName[]
}

/** A compiled module, or what is wrong with it. */
export interface Compiled {
  /** Undefined where there are diagnostics. */
  readonly spec?: StructOpsSpec
  /** By callback: for each step, where in the source it is from. */
  readonly spans: Readonly<Record<string, readonly Span[]>>
  readonly diagnostics: readonly Diagnostic[]
}

/** Bytes of stack that a program has. */
const STACK = 512

const headers = new WeakMap<Btf, { readonly header: KernelHeader; readonly library: ModuleScope }>()
const standard: { types?: Btf } = {}

/** Compile a module of the language: the same text gives the same program, on any machine. Mistakes are data, not errors. */
export function compile(text: string, options: CompileOptions = {}): Compiled {
  const { fileName = 'input.bpf.ts', without = [] } = options
  standard.types ??= parseBtf(tcpBtfFixture())
  const { header, library } = headerOf(options.types ?? standard.types)
  const file = sourceFile(fileName, text)
  const { module, diagnostics } = lowerModule(file, header, library)
  if (module === undefined) return { spans: {}, diagnostics }
  const callbacks: Record<string, readonly Step[]> = {}
  const spans: Record<string, readonly Span[]> = {}
  const found = [...diagnostics]
  for (const { callback, ir } of module.callbacks) {
    const emitted = emit(optimize(ir, without))
    callbacks[callback] = emitted.steps
    spans[callback] = emitted.spans
    if (emitted.stack > STACK) found.push(diagnose(file, { start: 0, end: 1 }, 'stack', { size: emitted.stack }))
  }
  if (found.length > 0) return { spans: {}, diagnostics: found }
  return { spec: { type: module.type, name: module.name, callbacks, data: module.data }, spans, diagnostics: [] }
}

function headerOf(types: Btf): { readonly header: KernelHeader; readonly library: ModuleScope } {
  const known = headers.get(types)
  if (known !== undefined) return known
  const header = kernelHeader(types)
  const made = { header, library: libraryScope('prelude.bpf.ts', PRELUDE, header) }
  headers.set(types, made)
  return made
}

/** Each pass leaves work for the others; two rounds find nearly all of it. */
function optimize(ir: IrFunction, without: readonly PassName[]): IrFunction {
  let f = ir
  for (let round = 0; round < 3; round++)
    for (const name of ['propagate', 'reuseLoads', 'propagate', 'removeDead'] as const)
      if (!without.includes(name)) f = passes[name](f)
  return f
}
