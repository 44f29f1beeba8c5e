import { type Btf, nameOf } from './btf.ts'
import { btfErrors } from './btf-errors.ts'
import { findType, requireType } from './find.ts'
import { enumValues } from './query.ts'
import { skipModifiers } from './sizes.ts'
import { stubParameters } from './struct-ops/callback-signatures.ts'
import { kfuncRules } from './struct-ops/kfunc-rules.ts'
import { CONTEXT_WRITABLE, structOpsRules, type WritableFields } from './struct-ops/struct-ops-rules.ts'
import { type Availability, constantDoc, functionDoc, ownEntry, structDoc } from './ts-docs.ts'
import { TS_PRELUDE, TS_PRELUDE_NAMES, TS_RESERVED } from './ts-prelude.ts'
import { enumInteger, tsTypes } from './ts-types.ts'
import type { TypeFinder } from './type-finder.ts'
import { typeOf } from './type-of.ts'
import type { BtfParam } from './types.ts'

/** What {@link declareTs} writes. */
export interface DeclareTsOptions {
  /** Names or ids of structs, unions, enums, typedefs of them, and functions (kfuncs). */
  readonly roots: readonly (string | number)[]
  /** Pointers that are followed from a root; what is further away is `Opaque`. Default 1. */
  readonly depth?: number
  /**
   * Fields that are not `readonly`, by struct. Default: what programs of the struct_ops types among the roots may write, and
   * congestion control where there is none; all fields where a type's rules are not known.
   */
  readonly writable?: Readonly<Record<string, readonly string[]>>
  /** Structs that the prelude's `KernelTypes` learn. Default: those among the roots. */
  readonly learned?: readonly string[]
  /**
   * The module that integers, arrays and pointers come from, such as `@tscc/bpf`; its `KernelTypes` (in `<module>/kernel`)
   * learn the structs among the roots. Default: they are written out, and the text stands alone.
   */
  readonly prelude?: string
  /** What some kernels lack, which the docs then say: a table like that of `@tscc/vmlinux/header`. */
  readonly availability?: Availability
}

/** Types that one output may hold. */
const MAX_TYPES = 1 << 17

/**
 * TypeScript declarations of what the roots reach: integers tagged by width, structs as nominal
 * interfaces with their kernel's field names, enum constants as constants, functions typed. The same text each time.
 */
export function declareTs(btf: Btf, options: DeclareTsOptions): string {
  const { depth = 1, writable = writableBy(options.roots), prelude, availability = {} } = options
  const levels = new Map<number, number>()
  const queue: number[] = []
  const meet = (id: number, level: number): boolean => {
    if (level > depth) return levels.has(id)
    const known = levels.get(id)
    if (known !== undefined && known <= level) return true
    if (levels.size >= MAX_TYPES)
      throw btfErrors.make('too-large', { field: 'types', value: levels.size, limit: MAX_TYPES })
    levels.set(id, level)
    queue.push(id)
    return true
  }
  const types = tsTypes(btf, {
    meet,
    writable: (struct) => (writable === 'all' ? 'all' : (ownEntry(writable, struct) ?? [])),
    availability,
    parameterNames: (struct, member, params) => stubParameterNames(btf, struct, member, params),
    pointees: (struct) => structOpsRules(struct).pointees,
  })

  const functions: number[] = []
  const constants = new Set<string>()
  for (const root of options.roots) {
    const id = rootType(btf, root)
    if (typeOf(btf, id).kind === 'func') functions.push(id)
    else meet(id, 0)
  }
  const writeFunction = (id: number): string => {
    const func = typeOf(btf, id)
    const proto = func.kind === 'func' ? func.typeId : id
    const name = nameOf(btf, id)
    return `${docLine(functionDoc(name, availability))}export declare function ${functionName(name)}${types.signature(proto, 0, ': ', { nullableResult: kfuncRules(name).neverNull !== true, called: true })}`
  }
  const functionNames = functions.map((id) => functionName(nameOf(btf, id)))
  // Twice: what is met, and at which level, is known only when everything has been written once.
  for (const id of functions) writeFunction(id)
  for (let id = queue.shift(); id !== undefined; id = queue.shift()) writeType(id)

  constants.clear()
  for (const name of functionNames) constants.add(name)
  const sections = [...levels.keys()].sort((a, b) => a - b).map(writeType)
  const body = [...sections, ...functions.map((id) => `${writeFunction(id)}\n`)].join('\n')
  return prelude === undefined
    ? `${TS_PRELUDE}\n${body}`
    : [importsOf(prelude, body), body, learned(prelude)].join('\n')

  function writeType(id: number): string {
    const type = typeOf(btf, id)
    const name = types.name(id)
    if (type.kind === 'enum' || type.kind === 'enum64') return writeEnum(id, name)
    const fields = types.fields(id, levels.get(id) ?? 0, '  ')
    const doc = docLine(structDoc(nameOf(btf, id), availability))
    const opening =
      prelude === undefined
        ? `export interface ${name} {\n  readonly [tag]?: '${name}'`
        : `export interface ${name} extends Opaque<'${name}'> {`
    return [doc + opening, ...fields, '}', ''].join('\n')
  }

  /** What makes functions of the prelude's module give these structs. */
  function learned(module: string): string {
    const ids = new Set(options.roots.map((root) => rootType(btf, root)))
    const among = [...ids].filter((id) => isComposite(btf, id)).map((id) => types.name(id))
    const names = options.learned ?? among
    if (names.length === 0) return ''
    const rows = names.map((name) => `    ${name}: ${name}`)
    return [`declare module '${module}/kernel' {`, '  interface KernelTypes {', ...rows, '  }', '}', ''].join('\n')
  }

  /** Two enums may name one constant, and so may a function; a module cannot. */
  function writeEnum(id: number, name: string): string {
    const lines = nameOf(btf, id) === '' ? [] : [`export type ${name} = ${enumInteger(btf, id)}`]
    for (const entry of enumValues(btf, id)) {
      const usable = /^[A-Za-z_$][\w$]*$/.test(entry.name) && !TS_RESERVED.has(entry.name)
      if (!usable || constants.has(entry.name)) continue
      constants.add(entry.name)
      const doc = docLine(constantDoc(entry.name, availability))
      lines.push(`${doc}export declare const ${entry.name}: ${constantType(entry.value)}`)
    }
    return [...lines, ''].join('\n')
  }
}

/** What programs may write of the kernel, as far as that is known of the struct_ops types among the roots. */
function writableBy(roots: readonly (string | number)[]): WritableFields | 'all' {
  const types = roots.filter((root): root is string => typeof root === 'string' && root.endsWith('_ops'))
  const tables = types.map((type) => structOpsRules(type).writable)
  if (tables.includes(undefined) && !types.includes('tcp_congestion_ops')) return 'all'
  return Object.assign({}, structOpsRules('tcp_congestion_ops').writable, CONTEXT_WRITABLE, ...tables)
}

const docLine = (doc: string): string => (doc === '' ? '' : `/** ${doc} */\n`)

/** Imports of what a text mentions. */
function importsOf(module: string, text: string): string {
  const words = new Set(text.match(/\w+/g))
  const names = TS_PRELUDE_NAMES.filter((name) => name === 'Opaque' || words.has(name))
  const source = `'${module}'`
  return `import type { ${names.join(', ')} } from ${source}\n`
}

function isComposite(btf: Btf, id: number): boolean {
  const { kind } = typeOf(btf, id)
  return kind === 'struct' || kind === 'union'
}

function functionName(name: string): string {
  return TS_RESERVED.has(name) || !/^[A-Za-z_]\w*$/.test(name) ? `kernel_${name.replace(/\W/g, '_')}` : name
}

/** The value itself, unless JavaScript would round it. */
function constantType(value: number | bigint): string {
  return Number.isSafeInteger(Number(value)) ? `${value}` : value < 0 ? 's64' : 'u64'
}

/** The struct, union, enum or function behind a root; names may be those of typedefs. */
function rootType(btf: Btf, root: string | number): number {
  const id = typeof root === 'number' ? root : rootByName(btf, root)
  const plain = skipModifiers(btf, id)
  const { kind } = typeOf(btf, plain)
  if (kind === 'struct' || kind === 'union' || kind === 'enum' || kind === 'enum64' || kind === 'func') return plain
  throw btfErrors.make('wrong-kind', { id, found: kind, want: 'struct, union, enum or function' })
}

function rootByName(btf: Btf, name: string): number {
  for (const kind of ['struct', 'union', 'enum', 'enum64', 'func'] as const) {
    const id = findType(btf, name, kind)
    if (id !== undefined) return id
  }
  return requireType(btf, name)
}

/** Parameter names of the kernel function behind a struct_ops callback. */
function stubParameterNames(
  btf: Btf,
  struct: string,
  member: string,
  params: readonly BtfParam[],
): readonly string[] | undefined {
  if (!struct.endsWith('_ops')) return undefined
  const find: TypeFinder = (name, kind) => findType(btf, name, kind)
  return stubParameters(btf, find, struct, member, params)?.map((param) => param.name)
}
