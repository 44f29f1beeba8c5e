import type { ImportDeclaration, Program } from 'oxc-parser'
import { type Diagnostic, diagnose } from '../diagnostics.ts'
import type { Cpu } from '../ir/ir.ts'
import type { KernelHeader } from '../kernel-header.ts'
import type { Parse } from '../parse.ts'
import { type SourceFile, sourceFile } from '../source-file.ts'
import { declareAll, isLicense } from './declarations.ts'
import { exportedCalls } from './exported-calls.ts'
import { fileOf, knownNames, type NamesOf, takeName } from './imports.ts'
import { declarationOf } from './layouts.ts'
import { attempt, type FunctionInfo, fail, giveUp, type ModuleScope, type Unit } from './scope.ts'
import { type LoweredSockOps, sockOpsOf } from './sock-ops.ts'
import { type LoweredOps, opsOf } from './struct-ops.ts'
import { checkUncalled } from './uncalled.ts'

/** What a program and its files come to before they have registers. */
export interface LoweredModule {
  readonly ops: readonly LoweredOps[]
  readonly sockOps: readonly LoweredSockOps[]
  readonly unit: Unit
  /** What the module exports besides algorithms: names of maps, globals and tunables. */
  readonly exports: readonly string[]
  /** What `const license = '…'` says. */
  readonly license?: string
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
  readonly cpu: Cpu
  readonly parse: Parse
  /** Which of the package's headers it is, '' that of TCP; undefined: one of the program's own. */
  readonly part?: string | undefined
  /** The import that stands for a header of the program's own. */
  readonly typesFrom?: string | undefined
}

interface Loading {
  readonly options: LowerOptions
  readonly unit: Unit
  /** By file name; undefined while one is being read. */
  readonly files: Map<string, Loaded | undefined>
}

interface Loaded {
  readonly scope: ModuleScope
  readonly program: Program
}

/** Something that lives as long as an object is made. */
export const newUnit = (cpu: Cpu): Unit => ({
  cpu,
  maps: [],
  data: new Map(),
  dataNames: new Set(),
  called: new Map(),
  truths: new WeakMap(),
  hasLoops: false,
  lowered: new Set(),
  mistakes: [],
})

/** Parse and lower a module and what it imports; mistakes are collected. */
export function lowerModule(
  file: SourceFile,
  options: LowerOptions,
): { readonly module?: LoweredModule; readonly diagnostics: readonly Diagnostic[] } {
  const loading: Loading = { options, unit: newUnit(options.cpu), files: new Map() }
  const { mistakes: diagnostics } = loading.unit
  const loaded = load(loading, file)
  if (loaded === undefined) return { diagnostics: inOrder(diagnostics) }
  const { scope, program } = loaded
  const collect = <T>(make: () => T): T | undefined => attempt(loading.unit, make)
  const calls = exportedCalls(scope, program, collect)
  const ops = opsOf(scope, calls, collect)
  const sockOps = sockOpsOf(scope, calls, collect)
  for (const other of loading.files.values()) if (other !== undefined) checkUncalled(other.scope)
  if (ops.length + sockOps.length === 0 && diagnostics.length === 0)
    diagnostics.push(diagnose(file, { start: 0, end: 1 }, 'no-struct-ops', {}))
  if (diagnostics.length > 0) return { diagnostics: inOrder(diagnostics) }
  const license = licenseOf(program)
  const said = license === undefined ? {} : { license }
  return { module: { ops, sockOps, unit: loading.unit, exports: exportsOf(program), ...said, scope }, diagnostics }
}

/** By file and place, each once: a function that is inlined twice has its mistakes once. */
function inOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>()
  const files = [...new Set(diagnostics.map(({ file }) => file))]
  return [...diagnostics]
    .sort((a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.span.start - b.span.start)
    .filter(({ code, file, span }) => {
      const key = `${code} ${file} ${span.start} ${span.end}`
      const isNew = !seen.has(key)
      seen.add(key)
      return isNew
    })
}

function exportsOf(program: Program): readonly string[] {
  return program.body.flatMap((statement) =>
    statement.type === 'ExportNamedDeclaration' && statement.declaration?.type === 'VariableDeclaration'
      ? statement.declaration.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []))
      : [],
  )
}

/** What a module says of its licence; the kernel takes it from the object. */
function licenseOf(program: Program): string | undefined {
  for (const statement of program.body.map(declarationOf))
    if (statement.type === 'VariableDeclaration')
      for (const { id, init } of statement.declarations) {
        const text = init ?? undefined
        if (id.type === 'Identifier' && isLicense(id.name, text)) return text.value
      }
  return undefined
}

/** The beginning of a loop; in comments and texts it does no harm. */
const LOOP = /\b(?:for|while)\s*[(/]/

/** A file's declarations, with those that it imports; undefined where it cannot be parsed. */
function load(loading: Loading, file: SourceFile): Loaded | undefined {
  const { options, unit, files } = loading
  files.set(file.name, undefined)
  unit.hasLoops ||= LOOP.test(file.text)
  const { program, errors } = options.parse(file.name, file.text)
  for (const { message: why, ...span } of errors) unit.mistakes.push(diagnose(file, span, 'syntax', { why }))
  if (errors.length > 0) return undefined
  const scope: ModuleScope = {
    file,
    header: options.header,
    unit,
    functions: new Map(options.library),
    constants: new Map(),
    layouts: new Map(),
    handles: new Map(),
    options: new Map(),
    broken: new Set(),
  }
  for (const statement of program.body) if (statement.type === 'ImportDeclaration') importAll(loading, scope, statement)
  declareAll(scope, program, (make) => attempt(unit, make))
  const loaded = { scope, program }
  files.set(file.name, loaded)
  return loaded
}

function importAll(loading: Loading, scope: ModuleScope, node: ImportDeclaration): void {
  const { options, unit, files } = loading
  const given = attempt(unit, (): NamesOf => {
    const from = node.source.value
    const known = knownNames(scope, node.source, options)
    if (known !== undefined) return known
    const found = fileOf(scope, node.source, (specifier, of) => options.read?.(specifier, of))
    if (files.has(found.fileName) && files.get(found.fileName) === undefined)
      return fail({ module: scope }, node.source, 'no-module', { from, why: 'the two import each other' })
    const other = files.get(found.fileName) ?? load(loading, sourceFile(found.fileName, found.text))
    // Its own mistakes have been told.
    return other === undefined ? giveUp() : { scope: other.scope }
  })
  for (const specifier of node.specifiers)
    if (given === undefined || attempt(unit, () => takeName(scope, node.source.value, specifier, given)) === undefined)
      scope.broken.add(specifier.local.name)
}

/** The functions of the language's own library. */
export function libraryOf(
  name: string,
  text: string,
  header: KernelHeader,
  parse: Parse,
): ReadonlyMap<string, FunctionInfo> {
  const loading: Loading = {
    options: { header, library: new Map(), read: undefined, cpu: 'v3', parse },
    unit: newUnit('v3'),
    files: new Map(),
  }
  const loaded = load(loading, sourceFile(name, text))
  const [first] = loading.unit.mistakes
  if (loaded === undefined || first !== undefined) throw new Error(`${name}: ${first?.message}`)
  return new Map(
    [...loaded.scope.functions].map(([key, f]) => [key, { ...f, insteadOfKfunc: header.kfunc(key) !== undefined }]),
  )
}
