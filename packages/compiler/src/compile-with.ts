import { type Btf, parseBtf } from '@tscc/btf'
import { freeName, identifier } from '@tscc/core'
import type { BpfObject } from '@tscc/object'
import { availability, headerBtf, headerParts, partAvailability } from '@tscc/vmlinux/header'
import { type Diagnostic, diagnose, type Span } from './diagnostics.ts'
import type { CodeItem, CodePlace } from './emit/code.ts'
import { emitFunction } from './emit/function.ts'
import { type ObjectPart, type OpsValue, objectWriter } from './emit/object.ts'
import type { Cpu, IrFunction } from './ir/ir.ts'
import { type KernelHeader, kernelHeader } from './kernel-header.ts'
import { type LoweredModule, libraryOf, lowerModule, type ReadModule } from './lower/module.ts'
import type { FunctionInfo } from './lower/scope.ts'
import type { Parse } from './parse.ts'
import { optimize, type PassName } from './passes/optimize.ts'
import { PRELUDE } from './prelude.ts'
import { type SourceFile, sourceFile } from './source-file.ts'

/** How to compile. */
export interface CompileOptions {
  /** For diagnostics, line information and what is imported from beside it. */
  readonly fileName?: string
  /** Finds imported files. Default: there are none. */
  readonly read?: ReadModule
  /**
   * BTF with the structs that programs name. Default: the part of kernels that the file imports, `@tscc/vmlinux/Qdisc_ops`; that of
   * TCP, from 5.10 on, where it imports none.
   */
  readonly types?: Btf
  /** The import that stands for `types` in the file: `./kernel.d.ts`. Names that it gives are looked for there. */
  readonly typesFrom?: string
  /** What some kernels lack of the types, as `@tscc/vmlinux/header` has it; it has to be asked for. */
  readonly availability?: Readonly<Record<string, string>>
  /** Which instructions may be used. Default v3, which every kernel from 5.10 on has; v4 is for 6.6 and later. */
  readonly cpu?: Cpu
  /** Passes to leave out. */
  readonly without?: readonly PassName[]
  /** Default: what the module exports as `license`, else `Dual MIT/GPL`, which the kernel takes for GPL. */
  readonly license?: string
  /** Reads the syntax. Default: oxc-parser, which is native code; where there is none (in a browser), it has to be given. */
  readonly parse?: Parse
}

/** Options with everything that has no default everywhere. */
type CompleteOptions = CompileOptions & { readonly parse: Parse }

/** A function of an object as the compiler sees it. */
export interface CompiledFunction {
  readonly name: string
  /** After all passes, before it has registers. */
  readonly ir: IrFunction
  readonly items: readonly CodeItem[]
  /** Bytes of stack. */
  readonly stack: number
}

/** A compiled module, or what is wrong with it. */
export interface Compiled {
  /** Undefined where there are diagnostics. */
  readonly object?: BpfObject
  readonly functions: readonly CompiledFunction[]
  readonly module?: LoweredModule
  readonly diagnostics: readonly Diagnostic[]
}

/** Bytes of stack that a program has. */
const STACK = 512

interface Known {
  readonly header: KernelHeader
  readonly library: ReadonlyMap<string, FunctionInfo>
}

const headers = new WeakMap<Btf, Known>()
/** Headers of the package, by part; that of TCP is ''. */
const standard = new Map<string, Btf>()

/** The part of kernels that a file is about. */
const partOf = (text: string): string => {
  if (!text.includes('@tscc/vmlinux/')) return ''
  return headerParts.find((part) => new RegExp(`from\\s*['"]@tscc/vmlinux/${part}['"]`).test(text)) ?? ''
}

function standardHeader(part: string): Btf {
  const known = standard.get(part)
  if (known !== undefined) return known
  const btf = parseBtf(part === '' ? headerBtf() : headerBtf(part), { pointerSize: 8 })
  standard.set(part, btf)
  return btf
}

/** Compile a module of the language by a given parser. */
export function compileWith(text: string, options: CompleteOptions): Compiled {
  const file = sourceFile(options.fileName ?? 'input.bpf.ts', text)
  try {
    return compileSource(file, options)
  } catch (error) {
    // Whatever is nested too deep for this machine's stack, in the words of V8 and JavaScriptCore, or of SpiderMonkey.
    if (!(error instanceof Error && /call stack|^too much recursion/i.test(error.message))) throw error
    return { functions: [], diagnostics: [diagnose(file, { start: 0, end: 1 }, 'too-long', { name: file.name })] }
  }
}

function compileSource(file: SourceFile, options: CompleteOptions): Compiled {
  const { without = [], cpu = 'v3', parse } = options
  const part = options.types === undefined ? partOf(file.text) : undefined
  const types = options.types ?? standardHeader(part ?? '')
  const lacking = part === undefined ? {} : part === '' ? availability : partAvailability(part)
  const { header, library } = knownOf(types, options.availability ?? lacking, parse)
  const { read, typesFrom } = options
  const lowered = lowerModule(file, { header, library, read, cpu, parse, part, typesFrom })
  const { module } = lowered
  if (module === undefined) return { functions: [], diagnostics: lowered.diagnostics }

  const writer = objectWriter(types)
  const functions: CompiledFunction[] = []
  const diagnostics: Diagnostic[] = []
  const emit = (name: string, source: IrFunction, callback: ObjectPart['callback'], at: Span): ObjectPart => {
    const ir = optimize(source, without, cpu)
    const place: CodePlace = {
      btf: writer.btf,
      before: writer.before(callback),
      structOf: writer.structOf,
      cpu,
      ...(callback === undefined ? {} : { callback }),
    }
    const emitted = emitFunction(ir, place, { mergeTails: !without.includes('mergeTails') })
    functions.push({ name, ir, items: emitted.items, stack: emitted.stack })
    const own = callback?.member ?? name
    if (emitted.stack > STACK)
      diagnostics.push(diagnose(at.file ?? file, at, 'stack', { name: own, size: emitted.stack }))
    const parameters = module.unit.called.get(name)?.parameters ?? 0
    return {
      name,
      ...(callback === undefined ? {} : { callback }),
      emitted,
      parameters,
      span: at,
    }
  }
  // Functions, variables, maps and algorithms become symbols of one file, where a name is there once.
  const taken = new Set<string>([
    ...module.unit.called.keys(),
    ...module.ops.map(({ name }) => identifier(name)),
    ...module.unit.maps.map(({ name }) => name),
    ...[...module.unit.data.values()].flatMap(({ variables }) => variables.map(({ name }) => name)),
  ])
  const parts: ObjectPart[] = []
  const made = new Map<unknown, number>()
  const values = module.ops.map(({ type, name, data, callbacks }): OpsValue => {
    const indices = callbacks.map(({ member, sleepable, ir, source, at }): readonly [string, number] => {
      const known = made.get(source)
      // One program has one place: a function that serves two callbacks becomes two.
      if (known !== undefined && parts[known]?.callback?.member === member) return [member, known]
      const index =
        parts.push(
          emit(
            freeName(identifier(module.ops.length > 1 ? `${name}_${member}` : member), taken),
            ir,
            { type, member, sleepable },
            at,
          ),
        ) - 1
      made.set(source, index)
      return [member, index]
    })
    return { type, name, data, callbacks: Object.fromEntries(indices) }
  })
  for (const { name, ir, at } of module.sockOps)
    parts.push({ ...emit(freeName(identifier(name), taken), ir, undefined, at), section: 'sockops' })
  for (const [name, { ir, at }] of module.unit.called) if (ir !== undefined) parts.push(emit(name, ir, undefined, at))
  if (diagnostics.length > 0) return { functions, diagnostics }
  const object = writer.finish({
    parts,
    values,
    maps: module.unit.maps,
    data: [...module.unit.data].map(([name, { variables }]) => ({ name, variables })),
    license: options.license ?? module.license ?? 'Dual MIT/GPL',
  })
  return { object, functions, module, diagnostics: [] }
}

function knownOf(types: Btf, available: Readonly<Record<string, string>>, parse: Parse): Known {
  const known = headers.get(types)
  if (known !== undefined) return known
  const header = kernelHeader(types, available)
  const made = { header, library: libraryOf('prelude.bpf.ts', PRELUDE, header, parse) }
  headers.set(types, made)
  return made
}
