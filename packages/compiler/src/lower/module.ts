import { helperTable } from '@tscc/bpf/helpers'
import { type ImportDeclaration, type Program, parseSync } from 'oxc-parser'
import { type Diagnostic, diagnose, Mistake } from '../diagnostics.ts'
import { type KernelHeader, nearest } from '../kernel-header.ts'
import { type SourceFile, sourceFile } from '../source-file.ts'
import { intTypes } from '../types.ts'
import { builtins } from './builtins.ts'
import { declareAll } from './declarations.ts'
import { type FunctionInfo, fail, type ModuleScope, type Unit } from './scope.ts'
import { type LoweredOps, opsOf } from './struct-ops.ts'

/** What a program and its files come to before they have registers. */
export interface LoweredModule {
  readonly ops: readonly LoweredOps[]
  readonly unit: Unit
  /** What the module exports besides algorithms: names of maps, globals and tunables. */
  readonly exports: readonly string[]
  readonly scope: ModuleScope
}

/** How imported files are found: text by name, undefined where there is none. */
export type ReadModule = (
  specifier: string,
  from: string,
) => { readonly fileName: string; readonly text: string } | undefined

/** What lowering needs besides the text. */
export interface LowerOptions {
  readonly header: KernelHeader
  /** Functions of the language itself. */
  readonly library: ReadonlyMap<string, FunctionInfo>
  readonly read: ReadModule | undefined
}

interface Loading {
  readonly options: LowerOptions
  readonly unit: Unit
  readonly diagnostics: Diagnostic[]
  /** By file name; undefined while one is being read. */
  readonly files: Map<string, Loaded | undefined>
}

interface Loaded {
  readonly scope: ModuleScope
  readonly program: Program
}

/** Something that lives as long as an object is made. */
export const newUnit = (): Unit => ({ maps: [], data: new Map(), called: new Map(), truths: new WeakMap() })

/** Parse and lower a module and what it imports; mistakes are collected. */
export function lowerModule(
  file: SourceFile,
  options: LowerOptions,
): { readonly module?: LoweredModule; readonly diagnostics: readonly Diagnostic[] } {
  const loading: Loading = { options, unit: newUnit(), diagnostics: [], files: new Map() }
  const { diagnostics } = loading
  const loaded = load(loading, file)
  if (loaded === undefined) return { diagnostics }
  const { scope, program } = loaded
  const ops = opsOf(scope, program, (make) => collect(diagnostics, make))
  if (ops.length === 0 && diagnostics.length === 0)
    diagnostics.push(diagnose(file, { start: 0, end: 1 }, 'no-struct-ops', {}))
  if (diagnostics.length > 0) return { diagnostics: inOrder(diagnostics) }
  return { module: { ops, unit: loading.unit, exports: exportsOf(program), scope }, diagnostics }
}

/** By file and place, each once: a function that is inlined twice has its mistakes once. */
function inOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>()
  return [...diagnostics]
    .sort((a, b) => (a.file === b.file ? a.span.start - b.span.start : 0))
    .filter(({ code, file, span }) => {
      const key = `${code} ${file} ${span.start} ${span.end}`
      const isNew = !seen.has(key)
      seen.add(key)
      return isNew
    })
}

function collect<T>(diagnostics: Diagnostic[], make: () => T): T | undefined {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof Mistake)) throw error
    diagnostics.push(error.diagnostic)
    return undefined
  }
}

function exportsOf(program: Program): readonly string[] {
  return program.body.flatMap((statement) =>
    statement.type === 'ExportNamedDeclaration' && statement.declaration?.type === 'VariableDeclaration'
      ? statement.declaration.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []))
      : [],
  )
}

/** A file's declarations, with those that it imports; undefined where it cannot be parsed. */
function load(loading: Loading, file: SourceFile): Loaded | undefined {
  const { options, unit, diagnostics, files } = loading
  files.set(file.name, undefined)
  const { program, errors } = parseSync(file.name, file.text, { lang: 'ts', sourceType: 'module' })
  for (const error of errors) {
    const [label] = error.labels
    diagnostics.push(diagnose(file, label ?? { start: 0, end: 0 }, 'syntax', { why: error.message }))
  }
  if (errors.length > 0) return undefined
  const scope: ModuleScope = {
    file,
    header: options.header,
    unit,
    functions: new Map(options.library),
    constants: new Map(),
    layouts: new Map(),
    handles: new Map(),
  }
  for (const statement of program.body)
    if (statement.type === 'ImportDeclaration') collect(diagnostics, () => importAll(loading, scope, statement))
  declareAll(scope, program, (make) => collect(diagnostics, make))
  const loaded = { scope, program }
  files.set(file.name, loaded)
  return loaded
}

/** Packages whose names the compiler knows by itself. */
const LANGUAGE = '@tscc/bpf'
const isKernel = (from: string): boolean =>
  from === '@tscc/vmlinux' || from.startsWith('@tscc/vmlinux/') || /(?:^|\/)vmlinux(?:\.d)?(?:\.[jt]s)?$/.test(from)

function importAll(loading: Loading, scope: ModuleScope, node: ImportDeclaration): void {
  const from = node.source.value
  if (from === LANGUAGE) {
    checkNames(scope, node, from, languageNames(loading.options.library))
    return
  }
  if (isKernel(from)) return // whatever it is, it is the kernel's, and looked up where it is used
  if (!from.startsWith('.'))
    fail({ module: scope }, node.source, 'no-module', {
      from,
      why: 'only @tscc/bpf, @tscc/vmlinux and other *.bpf.ts files can be imported',
    })
  const found = loading.options.read?.(from, scope.file.name)
  if (found === undefined) fail({ module: scope }, node.source, 'no-module', { from, why: 'there is no such file' })
  if (loading.files.has(found.fileName) && loading.files.get(found.fileName) === undefined)
    fail({ module: scope }, node.source, 'no-module', { from, why: 'the two import each other' })
  const other: Loaded | undefined =
    loading.files.get(found.fileName) ?? load(loading, sourceFile(found.fileName, found.text))
  if (other === undefined) return // its own mistakes have been told
  for (const specifier of node.specifiers) {
    if (specifier.type !== 'ImportSpecifier' || specifier.imported.type !== 'Identifier')
      fail({ module: scope }, specifier, 'not-in-language', {
        what: 'this import',
        instead: "import { name } from './file.bpf.ts'",
      })
    const { name } = specifier.imported
    const to = specifier.local.name
    const { functions, constants, layouts, handles }: ModuleScope = other.scope
    const [f, constant, layout, handle] = [
      functions.get(name),
      constants.get(name),
      layouts.get(name),
      handles.get(name),
    ]
    if (f !== undefined) scope.functions.set(to, f)
    else if (constant !== undefined) scope.constants.set(to, constant)
    else if (layout !== undefined) scope.layouts.set(to, layout)
    else if (handle !== undefined) scope.handles.set(to, handle)
    else
      fail({ module: scope }, specifier, 'unknown-import', {
        name,
        from,
        nearest: nearest(name, [...functions.keys(), ...constants.keys(), ...layouts.keys(), ...handles.keys()]),
      })
  }
}

const WORDS: readonly string[] =
  `structOps tunable global noinline range hash array percpuHash percpuArray lruHash lruPercpuHash lpmTrie skStorage queue stack
  ringbuf FixedArray bool Ref HashMap ArrayMap Tunable Global StructOps MapOptions Pointer KernelArray Opaque`.split(
    /\s+/,
  )

function languageNames(library: ReadonlyMap<string, FunctionInfo>): ReadonlySet<string> {
  return new Set([
    ...WORDS,
    ...intTypes.keys(),
    ...builtins.keys(),
    ...library.keys(),
    ...helperTable.map(({ name }) => name),
  ])
}

function checkNames(scope: ModuleScope, node: ImportDeclaration, from: string, names: ReadonlySet<string>): void {
  for (const specifier of node.specifiers) {
    const name =
      specifier.type === 'ImportSpecifier' && specifier.imported.type === 'Identifier' ? specifier.imported.name : ''
    if (!names.has(name))
      fail({ module: scope }, specifier, 'unknown-import', {
        name: name || 'such thing',
        from,
        nearest: nearest(name, [...names]),
      })
    if (specifier.local.name !== name)
      fail({ module: scope }, specifier, 'not-in-language', { what: 'another name for something of the language' })
  }
}

/** The functions of the language's own library. */
export function libraryOf(name: string, text: string, header: KernelHeader): ReadonlyMap<string, FunctionInfo> {
  const loading: Loading = {
    options: { header, library: new Map(), read: undefined },
    unit: newUnit(),
    diagnostics: [],
    files: new Map(),
  }
  const loaded = load(loading, sourceFile(name, text))
  const [first] = loading.diagnostics
  if (loaded === undefined || first !== undefined) throw new Error(`${name}: ${first?.message}`)
  return new Map(
    [...loaded.scope.functions].map(([key, f]) => [key, { ...f, insteadOfKfunc: header.kfunc(key) !== undefined }]),
  )
}
