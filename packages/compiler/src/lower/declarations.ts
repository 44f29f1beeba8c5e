import { freeName } from '@tscc/core'
import type { CallExpression, Expression, Program, Statement, StringLiteral } from 'oxc-parser'
import type { Span } from '../diagnostics.ts'
import type { MapDeclaration } from '../emit/maps.ts'
import type { IrBuilder } from '../ir/builder.ts'
import { nearest } from '../kernel-header.ts'
import { optimize } from '../passes/optimize.ts'
import { alignOfData, type DataType, isData, rangeOf, sizeOfData, type Type, typeName, U32 } from '../types.ts'
import { headerOptionOf } from './declare-header-option.ts'
import { declarationOf, declareInterface } from './layouts.ts'
import { newContext } from './lowering.ts'
import { type Constant, type FunctionInfo, fail, type Handle, type ModuleScope, type Value } from './scope.ts'
import { typeOfAnnotation } from './type-annotations.ts'
import { checkKind } from './variable-kind.ts'

/** Maps by what makes them: BPF_MAP_TYPE_*, flags that they need, and what of key and value they have. */
const MAP_KINDS: Readonly<
  Record<
    string,
    {
      readonly type: number
      readonly flags?: number
      readonly types: 'both' | 'value'
      readonly key?: 'index' | 'none'
    }
  >
> = {
  hash: { type: 1, types: 'both' },
  array: { type: 2, types: 'value', key: 'index' },
  percpuHash: { type: 5, types: 'both' },
  percpuArray: { type: 6, types: 'value', key: 'index' },
  lruHash: { type: 9, types: 'both' },
  lruPercpuHash: { type: 10, types: 'both' },
  // BPF_F_NO_PREALLOC is the only way that the kernel takes it.
  lpmTrie: { type: 11, flags: 1, types: 'both' },
  queue: { type: 22, types: 'value', key: 'none' },
  stack: { type: 23, types: 'value', key: 'none' },
  skStorage: { type: 24, flags: 1, types: 'value', key: 'index' },
  ringbuf: { type: 27, types: 'value', key: 'none' },
}

/** Take up what a file declares, except what it makes of it for the kernel. */
export function declareAll(scope: ModuleScope, program: Program, collect: (make: () => void) => void): void {
  // Types first, since anything may name them, whatever the order.
  const interfaces = program.body.map(declarationOf).filter((node) => node.type === 'TSInterfaceDeclaration')
  for (const node of interfaces)
    collect(() => orBroken(scope, node.id.name, () => declareInterface(scope, node, interfaces, [])))
  for (const statement of program.body) collect(() => declare(scope, declarationOf(statement), collect))
}

/** What uses the name of a declaration that is wrong is not told again. */
function orBroken(scope: ModuleScope, name: string, make: () => void): void {
  try {
    make()
  } catch (error) {
    scope.broken.add(name)
    throw error
  }
}

function unique(scope: ModuleScope, name: string, span: Span): string {
  const f = scope.functions.get(name)
  if (
    scope.constants.has(name) ||
    scope.handles.has(name) ||
    scope.options.has(name) ||
    (f !== undefined && f.insteadOfKfunc === undefined)
  )
    fail({ module: scope }, span, 'duplicate', { name })
  return name
}

const IGNORED: ReadonlySet<string> = new Set([
  'ImportDeclaration',
  'ExportDefaultDeclaration',
  'TSInterfaceDeclaration',
  'EmptyStatement',
])

/** What to write in the place of what other modules declare. */
const INSTEAD: Readonly<Record<string, readonly [what: string, instead?: string]>> = {
  TSTypeAliasDeclaration: ['a type alias', 'the type itself, or an interface'],
  TSEnumDeclaration: ['enum', 'constants: const OPEN = 0'],
  TSModuleDeclaration: ['a namespace', 'a file of its own'],
  TSDeclareFunction: ['a function without a body', 'one function for all its calls'],
  ExportAllDeclaration: ['export *', 'export what is declared here; others import it from where it is'],
  ThrowStatement: ['throw', 'return early: there are no exceptions'],
  ClassDeclaration: ['a class', 'an interface for data, and functions'],
}

function declare(scope: ModuleScope, node: Statement, collect: (make: () => void) => void): void {
  if (IGNORED.has(node.type)) return
  switch (node.type) {
    case 'FunctionDeclaration':
      if (node.id == null) return
      declareFunction(scope, { name: node.id.name, at: node.id, node, module: scope, noinline: false })
      return
    case 'VariableDeclaration':
      collect(() => checkKind({ module: scope }, node))
      for (const { id, init } of node.declarations)
        collect(() =>
          orBroken(scope, id.type === 'Identifier' ? id.name : '', () => {
            if (id.type !== 'Identifier')
              return fail({ module: scope }, id, 'not-in-language', {
                what: 'taking apart',
                instead: 'a const for each: const a = x.a',
              })
            const annotation =
              id.typeAnnotation == null
                ? undefined
                : typeOfAnnotation({ module: scope }, id.typeAnnotation.typeAnnotation)
            const span = { start: id.start, end: id.start + id.name.length }
            declareVariable(scope, { name: id.name, span, init: init ?? undefined, annotation, kind: node.kind })
          }),
        )
      return
    case 'ExportNamedDeclaration':
      return // names of what is declared elsewhere
    default: {
      const [what, instead] = INSTEAD[node.type] ?? [
        'a statement at the top of a module',
        'the callback init(sk) { … }',
      ]
      const { text } = scope.file
      const end = node.start + (/^[\w*]+/.exec(text.slice(node.start, node.end))?.[0].length ?? 1)
      fail({ module: scope }, { start: node.start, end }, 'not-in-language', {
        what,
        ...(instead === undefined ? {} : { instead }),
      })
    }
  }
}

/** Take up a function; what it cannot be is told when it is looked at. */
function declareFunction(scope: ModuleScope, f: FunctionInfo): void {
  scope.functions.set(unique(scope, f.name, f.at), f)
}

/** Is this the one constant that is a text: the licence of a module, for the kernel to look at? */
export function isLicense(name: string, init: Expression | undefined): init is StringLiteral {
  return name === 'license' && init?.type === 'Literal' && typeof init.value === 'string'
}

interface Declared {
  readonly name: string
  readonly span: Span
  readonly init: Expression | undefined
  readonly annotation: Type | undefined
  readonly kind: string
}

function declareVariable(scope: ModuleScope, declared: Declared): void {
  const { name, span, init, annotation, kind } = declared
  const call = init?.type === 'CallExpression' && init.callee.type === 'Identifier' ? init : undefined
  const callee = call?.callee.type === 'Identifier' ? call.callee.name : ''
  if (callee === 'structOps' || callee === 'sockOps') return
  if (init?.type === 'ArrowFunctionExpression' || init?.type === 'FunctionExpression') {
    declareFunction(scope, { name, at: span, node: init, module: scope, noinline: false })
    return
  }
  if (call !== undefined && callee === 'noinline') {
    const [of] = call.arguments
    const f =
      of?.type === 'Identifier'
        ? scope.functions.get(of.name)
        : of?.type === 'ArrowFunctionExpression' || of?.type === 'FunctionExpression'
          ? { name, at: span, node: of, module: scope }
          : undefined
    if (f === undefined)
      fail({ module: scope }, of ?? call, 'wrong-type', { want: 'a function', found: 'something else' })
    declareFunction(scope, { ...f, name, at: span, noinline: true })
    return
  }
  if (call !== undefined && Object.hasOwn(MAP_KINDS, callee)) {
    scope.handles.set(unique(scope, name, span), mapOf(scope, name, callee, call))
    return
  }
  if (call !== undefined && callee === 'headerOption') {
    scope.options.set(
      unique(scope, name, span),
      headerOptionOf(scope, call, typeArguments(scope, call), (node) => constantOf(scope, node)?.value),
    )
    return
  }
  if (call !== undefined && (callee === 'tunable' || callee === 'global')) {
    scope.handles.set(unique(scope, name, span), dataHandle(scope, declared, callee, call))
    return
  }
  if (kind === 'const') {
    if (isLicense(name, init)) return
    // What lies in memory, in the section that the kernel makes constant: a table.
    if (init !== undefined && (annotation?.kind === 'array' || annotation?.kind === 'record')) {
      const bytes = initialBytes(scope, annotation, init)
      scope.handles.set(unique(scope, name, span), place(scope, name, 'constant', annotation, bytes))
      return
    }
    const constant = init === undefined ? undefined : constantOf(scope, init, annotation)
    if (constant === undefined)
      fail({ module: scope }, init ?? span, 'not-in-language', {
        what: 'a constant that is not known when compiling',
        instead: 'tunable<u32>(…) for what is set when loading, global<u64>(0) for what changes',
      })
    scope.constants.set(unique(scope, name, span), constant)
    return
  }
  // A plain `let` belongs to the program alone.
  const initial = init === undefined ? undefined : constantOf(scope, init, annotation)
  const type = annotation ?? (initial?.type.kind === 'literal' ? U32 : initial?.type)
  if (type === undefined) fail({ module: scope }, span, 'needs-type', { what: name, instead: `let ${name}: u32` })
  if (!isData(type))
    fail({ module: scope }, span, 'wrong-type', { want: 'a type that lies in memory', found: typeName(type) })
  if (init !== undefined && initial === undefined)
    fail({ module: scope }, init, 'wrong-type', { want: 'a constant', found: 'something else' })
  scope.handles.set(
    unique(scope, name, span),
    place(scope, name, 'variable', type, bytesOf(type, initial?.value ?? 0n)),
  )
}

/** The value of an expression that needs no kernel and no program: what lowering makes a number of. */
export function constantOf(scope: ModuleScope, node: Expression, annotation?: Type): Constant | undefined {
  const cx = newContext(scope)
  const value: Value = cx.lower.expression(cx, node)
  const number = numberOf(cx.ir, value)
  if (number === undefined) return undefined
  if (value.type.kind !== 'int' && value.type.kind !== 'literal' && value.type.kind !== 'bool') return undefined
  const type = annotation ?? value.type
  if (type.kind === 'int') {
    const { min, max } = rangeOf(type)
    if (number < min || number > max)
      return fail({ module: scope }, node, 'literal-range', {
        value: `${number}`,
        type: typeName(type),
        range: `${min} to ${max}`,
      })
  }
  return { type, value: number }
}

/** What steps that need neither kernel nor program come to: `10 * SCALE`. */
function numberOf(ir: IrBuilder, { operand, type }: Value): bigint | undefined {
  // One block and no step: a number already, or what has none.
  if (ir.steps === 1) return 'imm' in operand ? operand.imm : undefined
  ir.end({ op: 'return', a: operand })
  const [first] = optimize(ir.finish(''), [], 'v3').blocks
  if (first?.instrs.length !== 0 || first.end.op !== 'return' || first.end.a === undefined) return undefined
  if (!('imm' in first.end.a)) return undefined
  // A register holds zeros above 32 bits, whatever the sign.
  return type.kind === 'int' && type.signed ? BigInt.asIntN(Math.max(32, type.bits), first.end.a.imm) : first.end.a.imm
}

function typeArguments(scope: ModuleScope, call: CallExpression): readonly DataType[] {
  return (call.typeArguments?.params ?? []).map((node) => {
    const type = typeOfAnnotation({ module: scope }, node)
    return isData(type)
      ? type
      : fail({ module: scope }, node, 'wrong-type', { want: 'a type that lies in memory', found: typeName(type) })
  })
}

/** The kernel has 32 bits for how many, and for flags. */
const MOST_ELEMENTS = 0xffff_ffff

function mapOf(scope: ModuleScope, name: string, make: string, call: CallExpression): Handle {
  const kind = MAP_KINDS[make]
  const types = typeArguments(scope, call)
  const wanted = kind?.types === 'both' ? 2 : 1
  if (kind === undefined || types.length !== wanted)
    return fail({ module: scope }, call.callee, 'needs-type', {
      what: make,
      instead: `${make}<${wanted === 2 ? 'Key, Value' : 'Value'}>(…)`,
    })
  const args = call.arguments.filter((argument) => argument.type !== 'SpreadElement')
  const options = args.find((argument) => argument.type === 'ObjectExpression')
  const [first] = args
  const size = first === undefined || first === options ? undefined : constantOf(scope, first)
  if (size === undefined && make !== 'skStorage')
    return first === undefined || first === options
      ? fail({ module: scope }, call.callee, 'arguments', { name: make, want: 1, found: 0 })
      : fail({ module: scope }, first, 'wrong-type', { want: 'how many elements', found: 'something else' })
  const most = (make === 'skStorage' ? 0 : 1) + (options === undefined ? 0 : 1)
  if (call.arguments.length > most)
    return fail({ module: scope }, call.arguments[most] ?? call, 'arguments', {
      name: make,
      want: most,
      found: call.arguments.length,
    })
  const { pin, flags, name: given = name } = optionsOf(scope, options)
  const [one, two] = types
  const key: DataType | undefined = kind.types === 'both' ? one : kind.key === 'index' ? U32 : undefined
  const value = kind.types === 'both' ? two : one
  const declaration: MapDeclaration = {
    name: given,
    type: kind.type,
    ...(key === undefined ? {} : { key }),
    ...(value === undefined ? {} : { value }),
    maxEntries: Number(size?.value ?? 0n),
    flags: (kind.flags ?? 0) | flags,
    pinned: pin,
  }
  if (make !== 'skStorage' && (declaration.maxEntries < 1 || declaration.maxEntries > MOST_ELEMENTS))
    return fail({ module: scope }, first ?? call, 'wrong-type', {
      want: `1 to ${MOST_ELEMENTS} elements`,
      found: `${declaration.maxEntries}`,
    })
  if (declaration.flags < 0 || declaration.flags > MOST_ELEMENTS)
    return fail({ module: scope }, options ?? call, 'wrong-type', {
      want: 'flags of 32 bits',
      found: `${declaration.flags}`,
    })
  const isPowerOfTwo = declaration.maxEntries >= 4096 && (declaration.maxEntries & (declaration.maxEntries - 1)) === 0
  if (make === 'ringbuf' && !isPowerOfTwo)
    return fail({ module: scope }, first ?? call, 'wrong-type', {
      want: 'a power of two of at least 4096 bytes',
      found: `${declaration.maxEntries}`,
    })
  // Records of a ring buffer have their type in the program only.
  scope.unit.maps.push(make === 'ringbuf' ? withoutValue(declaration) : declaration)
  return { kind: 'map', name, make, declaration }
}

function withoutValue({ value: _, ...rest }: MapDeclaration): MapDeclaration {
  return rest
}

function optionsOf(
  scope: ModuleScope,
  node: Expression | undefined,
): { readonly pin: boolean; readonly flags: number; readonly name?: string } {
  let [pin, flags] = [false, 0]
  const named: { name?: string } = {}
  for (const property of node?.type === 'ObjectExpression' ? node.properties : []) {
    const key = property.type === 'Property' && property.key.type === 'Identifier' ? property.key.name : ''
    if (property.type !== 'Property' || (key !== 'pin' && key !== 'flags' && key !== 'name'))
      return fail({ module: scope }, property.type === 'Property' ? property.key : property, 'unknown-field', {
        type: 'options of a map',
        field: key,
        nearest: nearest(key, ['pin', 'flags', 'name']),
      })
    if (key === 'name') {
      named.name = nameOfMap(scope, property.value)
      continue
    }
    const value = constantOf(scope, property.value)
    if (value === undefined)
      return fail({ module: scope }, property.value, 'wrong-type', { want: 'a constant', found: 'something else' })
    if (key === 'pin') pin = value.value !== 0n
    else flags = Number(value.value)
  }
  return { pin, flags, ...named }
}

/** What the kernel and a pinned file know a map by. */
function nameOfMap(scope: ModuleScope, node: Expression): string {
  const text = node.type === 'Literal' && typeof node.value === 'string' ? node.value : ''
  if (/^[A-Za-z_]\w{0,14}$/.test(text)) return text
  return fail({ module: scope }, node, 'bad-name', { name: text || 'name', why: '1 to 15 of A-Z a-z 0-9 _, in quotes' })
}

function dataHandle(scope: ModuleScope, { name }: Declared, kind: 'tunable' | 'global', call: CallExpression): Handle {
  const [type, ...more] = typeArguments(scope, call)
  const [init] = call.arguments
  if (type === undefined || more.length > 0)
    return fail({ module: scope }, call.callee, 'needs-type', { what: kind, instead: `${kind}<u32>(…)` })
  if (init?.type === 'SpreadElement' || (init === undefined && kind === 'tunable'))
    return fail({ module: scope }, call, 'arguments', { name: kind, want: 1, found: 0 })
  return place(
    scope,
    name,
    kind,
    type,
    init === undefined ? new Uint8Array(sizeOfData(type)) : initialBytes(scope, type, init),
  )
}

/** Put a variable behind the others of its section. Of those of one name in two files, the second gets another. */
function place(
  scope: ModuleScope,
  wanted: string,
  kind: 'tunable' | 'global' | 'variable' | 'constant',
  type: DataType,
  initial: Uint8Array,
): Handle {
  const isConstant = kind === 'tunable' || kind === 'constant'
  const section = isConstant ? '.rodata' : initial.some((byte) => byte !== 0) ? '.data' : '.bss'
  const { data, dataNames } = scope.unit
  const name = freeName(wanted, dataNames)
  const found = data.get(section) ?? { variables: [], size: 0 }
  data.set(section, found)
  const align = alignOfData(type)
  const offset = Math.ceil(found.size / align) * align
  found.variables.push({ name, offset, type, initial, ...(kind === 'constant' ? { isStatic: true } : {}) })
  found.size = offset + sizeOfData(type)
  return { kind, name, type, section, offset }
}

function bytesOf(type: DataType, value: bigint): Uint8Array {
  const bytes = new Uint8Array(sizeOfData(type))
  for (let i = 0; i < bytes.length && i < 8; i++) bytes[i] = Number(BigInt.asUintN(8, value >> BigInt(8 * i)))
  return bytes
}

/** What a literal says, as bytes. */
function initialBytes(scope: ModuleScope, type: DataType, node: Expression): Uint8Array {
  if (type.kind === 'record' && node.type === 'ObjectExpression') {
    const bytes = new Uint8Array(sizeOfData(type))
    for (const property of node.properties) {
      const key = property.type === 'Property' && property.key.type === 'Identifier' ? property.key.name : ''
      const field = type.layout.fields.get(key)
      if (property.type !== 'Property' || field === undefined)
        return fail({ module: scope }, property, 'unknown-field', {
          type: type.layout.name,
          field: key,
          nearest: nearest(key, [...type.layout.fields.keys()]),
        })
      bytes.set(initialBytes(scope, field.type, property.value), field.offset)
    }
    return bytes
  }
  if (type.kind === 'array' && node.type === 'ArrayExpression') {
    const bytes = new Uint8Array(sizeOfData(type))
    if (node.elements.length > type.length)
      return fail({ module: scope }, node.elements[type.length] ?? node, 'out-of-bounds', {
        index: `${type.length}`,
        length: type.length,
      })
    for (const [i, element] of node.elements.entries())
      if (element !== null && element.type !== 'SpreadElement')
        bytes.set(initialBytes(scope, type.element, element), i * sizeOfData(type.element))
    return bytes
  }
  const constant = type.kind === 'record' || type.kind === 'array' ? undefined : constantOf(scope, node, type)
  if (constant === undefined)
    return fail({ module: scope }, node, 'wrong-type', {
      want: `a constant ${typeName(type)}`,
      found: 'something else',
    })
  return bytesOf(type, constant.value)
}
