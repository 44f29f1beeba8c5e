import type { CallExpression, Expression, Program, Statement, TSInterfaceDeclaration } from 'oxc-parser'
import type { MapDeclaration } from '../emit/maps.ts'
import { irBuilder } from '../ir/builder.ts'
import { nearest } from '../kernel-header.ts'
import {
  alignOfData,
  type DataType,
  isData,
  type Layout,
  rangeOf,
  sizeOfData,
  type Type,
  typeName,
  U32,
} from '../types.ts'
import { LOWERING } from './lowering.ts'
import { type Constant, type Context, fail, type Handle, type ModuleScope, type Value } from './scope.ts'
import { typeOfAnnotation } from './type-annotations.ts'

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
  for (const statement of program.body)
    collect(() => {
      const node = declarationOf(statement)
      if (node.type === 'TSInterfaceDeclaration') declareInterface(scope, node, program, [])
    })
  for (const statement of program.body) collect(() => declare(scope, declarationOf(statement)))
}

const declarationOf = (statement: Statement): Statement =>
  statement.type === 'ExportNamedDeclaration' && statement.declaration != null
    ? (statement.declaration as Statement) // what may be exported is a statement of its own
    : statement

function unique(scope: ModuleScope, name: string, span: { start: number; end: number }): string {
  if (scope.constants.has(name) || scope.handles.has(name)) fail({ module: scope }, span, 'duplicate', { name })
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
  TSTypeAliasDeclaration: ['a type alias', 'an interface'],
  TSEnumDeclaration: ['enum', 'constants: const OPEN = 0'],
  ClassDeclaration: ['a class', 'an interface for data, and functions'],
}

function declare(scope: ModuleScope, node: Statement): void {
  if (IGNORED.has(node.type)) return
  switch (node.type) {
    case 'FunctionDeclaration':
      if (node.id == null || node.async || node.generator)
        fail({ module: scope }, node, 'not-in-language', { what: node.async ? 'async' : 'a generator' })
      scope.functions.set(node.id.name, { name: node.id.name, node, module: scope, noinline: false })
      return
    case 'VariableDeclaration':
      for (const { id, init } of node.declarations) {
        if (id.type !== 'Identifier') fail({ module: scope }, id, 'not-in-language', { what: 'taking apart' })
        const annotation =
          id.typeAnnotation == null ? undefined : typeOfAnnotation({ module: scope }, id.typeAnnotation.typeAnnotation)
        declareVariable(scope, { name: id.name, span: id, init: init ?? undefined, annotation, kind: node.kind })
      }
      return
    case 'ExportNamedDeclaration':
      return // names of what is declared elsewhere
    default: {
      const [what, instead] = INSTEAD[node.type] ?? []
      if (what !== undefined)
        fail({ module: scope }, node, 'not-in-language', { what, ...(instead === undefined ? {} : { instead }) })
      fail({ module: scope }, node, 'not-in-language', {
        what: `a ${node.type.replace(/Statement|Declaration/, '').toLowerCase()} statement at the top of a module`,
      })
    }
  }
}

interface Declared {
  readonly name: string
  readonly span: { readonly start: number; readonly end: number }
  readonly init: Expression | undefined
  readonly annotation: Type | undefined
  readonly kind: string
}

function declareVariable(scope: ModuleScope, declared: Declared): void {
  const { name, span, init, annotation, kind } = declared
  const call = init?.type === 'CallExpression' && init.callee.type === 'Identifier' ? init : undefined
  const callee = call?.callee.type === 'Identifier' ? call.callee.name : ''
  if (callee === 'structOps') return
  if (init?.type === 'ArrowFunctionExpression' || init?.type === 'FunctionExpression') {
    scope.functions.set(name, { name, node: init, module: scope, noinline: false })
    return
  }
  if (call !== undefined && callee === 'noinline') {
    const [of] = call.arguments
    const f =
      of?.type === 'Identifier'
        ? scope.functions.get(of.name)
        : of?.type === 'ArrowFunctionExpression' || of?.type === 'FunctionExpression'
          ? { name, node: of, module: scope }
          : undefined
    if (f === undefined) fail({ module: scope }, call, 'wrong-type', { want: 'a function', found: 'something else' })
    scope.functions.set(name, { ...f, name, noinline: true })
    return
  }
  if (call !== undefined && Object.hasOwn(MAP_KINDS, callee)) {
    scope.handles.set(unique(scope, name, span), mapOf(scope, name, callee, call))
    return
  }
  if (call !== undefined && (callee === 'tunable' || callee === 'global')) {
    scope.handles.set(unique(scope, name, span), dataHandle(scope, declared, callee, call))
    return
  }
  if (kind === 'const') {
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
  if (type === undefined || !isData(type)) fail({ module: scope }, span, 'needs-type', { what: name })
  if (init !== undefined && initial === undefined)
    fail({ module: scope }, init, 'wrong-type', { want: 'a constant', found: 'something else' })
  scope.handles.set(
    unique(scope, name, span),
    place(scope, name, 'variable', type, bytesOf(type, initial?.value ?? 0n)),
  )
}

/** The value of an expression that needs no kernel and no program: what lowering makes a number of. */
export function constantOf(scope: ModuleScope, node: Expression, annotation?: Type): Constant | undefined {
  const ir = irBuilder()
  const cx: Context = {
    module: scope,
    ir,
    lower: LOWERING,
    variables: new Map(),
    exits: { returns: { type: undefined, leave: () => undefined } },
    calling: [],
    guarded: new Set(),
  }
  const value: Value = LOWERING.expression(cx, node)
  const steps = ir.finish('').blocks
  if (!('imm' in value.operand) || steps.length > 1 || (steps[0]?.instrs.length ?? 0) > 0) return undefined
  if (value.type.kind !== 'int' && value.type.kind !== 'literal' && value.type.kind !== 'bool') return undefined
  const type = annotation ?? value.type
  if (type.kind === 'int') {
    const { min, max } = rangeOf(type)
    if (value.operand.imm < min || value.operand.imm > max)
      return fail({ module: scope }, node, 'literal-range', { value: `${value.operand.imm}`, type: typeName(type) })
  }
  return { type, value: value.operand.imm }
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
    return fail({ module: scope }, call, 'needs-type', { what: `${make}<${wanted === 2 ? 'Key, Value' : 'Value'}>(…)` })
  const args = call.arguments.filter((argument) => argument.type !== 'SpreadElement')
  const options = args.find((argument) => argument.type === 'ObjectExpression')
  const [first] = args
  const size = first === undefined || first === options ? undefined : constantOf(scope, first)
  if (size === undefined && make !== 'skStorage')
    return fail({ module: scope }, first ?? call, 'wrong-type', { want: 'how many elements', found: 'something else' })
  const { pin, flags } = optionsOf(scope, options)
  const [one, two] = types
  const key: DataType | undefined = kind.types === 'both' ? one : kind.key === 'index' ? U32 : undefined
  const value = kind.types === 'both' ? two : one
  const declaration: MapDeclaration = {
    name,
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
): { readonly pin: boolean; readonly flags: number } {
  let [pin, flags] = [false, 0]
  for (const property of node?.type === 'ObjectExpression' ? node.properties : []) {
    const key = property.type === 'Property' && property.key.type === 'Identifier' ? property.key.name : ''
    if (property.type !== 'Property' || (key !== 'pin' && key !== 'flags'))
      return fail({ module: scope }, property, 'unknown-field', {
        type: 'options of a map',
        field: key,
        nearest: nearest(key, ['pin', 'flags']),
      })
    const value = constantOf(scope, property.value)
    if (value === undefined)
      return fail({ module: scope }, property.value, 'wrong-type', { want: 'a constant', found: 'something else' })
    if (key === 'pin') pin = value.value !== 0n
    else flags = Number(value.value)
  }
  return { pin, flags }
}

function dataHandle(
  scope: ModuleScope,
  { name, span }: Declared,
  kind: 'tunable' | 'global',
  call: CallExpression,
): Handle {
  const [type, ...more] = typeArguments(scope, call)
  const [init] = call.arguments
  if (type === undefined || more.length > 0)
    return fail({ module: scope }, span, 'needs-type', { what: `${kind}<u32>(…)` })
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

/** Put a variable behind the others of its section. */
function place(
  scope: ModuleScope,
  name: string,
  kind: 'tunable' | 'global' | 'variable',
  type: DataType,
  initial: Uint8Array,
): Handle {
  const section = kind === 'tunable' ? '.rodata' : initial.some((byte) => byte !== 0) ? '.data' : '.bss'
  const { data } = scope.unit
  const found = data.get(section) ?? { variables: [], size: 0 }
  data.set(section, found)
  const align = alignOfData(type)
  const offset = Math.ceil(found.size / align) * align
  found.variables.push({ name, offset, type, initial })
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
      return fail({ module: scope }, node, 'out-of-bounds', {
        index: `${node.elements.length - 1}`,
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

function declareInterface(
  scope: ModuleScope,
  node: TSInterfaceDeclaration,
  program: Program,
  path: readonly string[],
): void {
  const { name } = node.id
  if (scope.layouts.has(name)) return // another interface needed it already
  scope.layouts.set(name, layoutOf(scope, node, program, [...path, name]))
}

/** Members one behind the other, aligned as C does. */
function layoutOf(scope: ModuleScope, node: TSInterfaceDeclaration, program: Program, path: readonly string[]): Layout {
  const fields = new Map<string, { readonly offset: number; readonly type: DataType }>()
  let [size, align] = [0, 1]
  if (node.extends.length > 0)
    fail({ module: scope }, node, 'not-in-language', { what: 'extends', instead: 'a member of that type' })
  for (const member of node.body.body) {
    const annotation = member.type === 'TSPropertySignature' ? member.typeAnnotation?.typeAnnotation : undefined
    if (member.type !== 'TSPropertySignature' || member.key.type !== 'Identifier' || member.optional)
      return fail({ module: scope }, member, 'not-in-language', { what: 'this member', instead: 'name: type' })
    if (annotation === undefined) return fail({ module: scope }, member, 'needs-type', { what: member.key.name })
    // An interface that is declared further down.
    if (annotation.type === 'TSTypeReference' && annotation.typeName.type === 'Identifier') {
      const wanted = annotation.typeName.name
      const other = program.body
        .map(declarationOf)
        .find((one): one is TSInterfaceDeclaration => one.type === 'TSInterfaceDeclaration' && one.id.name === wanted)
      if (path.includes(wanted)) return fail({ module: scope }, member, 'contains-itself', { name: wanted })
      if (other !== undefined) declareInterface(scope, other, program, path)
    }
    const type = typeOfAnnotation({ module: scope }, annotation)
    if (!isData(type))
      return fail({ module: scope }, annotation, 'wrong-type', {
        want: 'a type that lies in memory',
        found: typeName(type),
      })
    if (fields.has(member.key.name)) return fail({ module: scope }, member, 'duplicate', { name: member.key.name })
    const own = alignOfData(type)
    const offset = Math.ceil(size / own) * own
    fields.set(member.key.name, { offset, type })
    size = offset + sizeOfData(type)
    align = Math.max(align, own)
  }
  return { name: node.id.name, size: Math.ceil(size / align) * align, align, fields }
}
