import type { Btf } from './btf.ts'
import { btfErrors } from './btf-errors.ts'
import { cLayout } from './c-layout.ts'
import type { CNames } from './c-names.ts'
import { textBudget } from './text-budget.ts'
import { typeOf } from './type-of.ts'
import type { BtfComposite, BtfParam, BtfTypeOf } from './types.ts'

/** Writes types as C does, inside out. */
export interface CDeclarator {
  /** `declare(id, 'x')`: `int *x`, `void (*x)(int)`; an empty name gives the type alone. */
  declare(id: number, name: string): string
  /** The definition of a struct, union or enum: `struct x { … }`. */
  body(id: number): string
  /** Has this anonymous enum been written, wherever? Its constants must not be written twice. */
  wasWritten(id: number): boolean
}

/** Deepest nesting of one declaration. */
const MAX_NESTING = 128
/** Most members of one definition, nested ones included: anonymous types that hold each other multiply. */
const MAX_INLINE = 1 << 16

const MODES: Readonly<Record<number, string>> = { 1: 'QI', 2: 'HI', 8: 'DI' }
/** Words of which C makes its own integer and float types. */
const C_WORDS = /^(?:(?:unsigned|signed|char|short|int|long|_Bool|__int128|float|double)(?: |$))+$/

/** A declarator over one BTF, with the names that its types have in C. */
export function cDeclarator(btf: Btf, names: CNames): CDeclarator {
  const budget = { inline: MAX_INLINE }
  const counted = textBudget()
  const writtenEnums = new Set<number>()

  const declareAt = (id: number, name: string, depth: number): string => {
    if (depth > MAX_NESTING) throw btfErrors.make('too-deep', { id, limit: MAX_NESTING })
    if (id === 0) return join('void', name)
    const type = typeOf(btf, id)
    switch (type.kind) {
      case 'ptr': {
        const target = typeOf(btf, throughModifiers(type.typeId))
        const binds = target.kind === 'array' || target.kind === 'func_proto'
        return declareAt(type.typeId, binds ? `(*${name})` : `*${name}`, depth + 1)
      }
      case 'array':
        return declareAt(type.typeId, `${name}[${type.length}]`, depth + 1)
      case 'func_proto':
        return declareAt(type.returnTypeId, `${name}(${parameters(type.params, depth)})`, depth + 1)
      case 'const':
      case 'volatile':
      case 'restrict': {
        const target = typeOf(btf, throughModifiers(type.typeId)).kind
        // The qualifier of a pointer stands behind its star, every other one in front.
        if (target === 'ptr') return declareAt(type.typeId, join(type.kind, name), depth + 1)
        const plain = declareAt(type.typeId, name, depth + 1)
        const idle = type.kind === 'restrict' || target === 'func_proto' || plain.startsWith(`${type.kind} `)
        return idle ? plain : `${type.kind} ${plain}`
      }
      case 'type_tag':
        return declareAt(type.typeId, name, depth + 1)
      case 'typedef':
        return join(names.typedef(id), name)
      case 'int':
      case 'float':
        return join(C_WORDS.test(type.name) ? type.name : sizedType(type), name)
      case 'fwd':
        return join(`${type.of} ${names.tag(id)}`, name)
      case 'struct':
      case 'union':
        return join(type.name === '' ? bodyAt(id, depth) : `${type.kind} ${names.tag(id)}`, name)
      case 'enum':
      case 'enum64':
        if (type.name !== '') return join(`enum ${names.tag(id)}`, name)
        // Written before: its constants are known, what is left is its size.
        return join(writtenEnums.has(id) ? sizedType(type) : bodyAt(id, depth), name)
      default:
        throw btfErrors.make('wrong-kind', { id, found: type.kind, want: 'type of a value' })
    }
  }

  /** Qualifiers look through each other but not through typedefs. */
  const throughModifiers = (id: number): number => {
    let current = id
    for (let steps = 0; steps <= MAX_NESTING; steps++) {
      const type = typeOf(btf, current)
      const looks =
        type.kind === 'const' || type.kind === 'volatile' || type.kind === 'restrict' || type.kind === 'type_tag'
      if (!looks) return current
      current = type.typeId
    }
    throw btfErrors.make('too-deep', { id, limit: MAX_NESTING })
  }

  const parameters = (params: readonly BtfParam[], depth: number): string => {
    if (params.length === 0) return 'void'
    return params
      .map((param) =>
        param.typeId === 0 && param.name === '' ? '...' : counted(declareAt(param.typeId, param.name, depth + 1)),
      )
      .join(', ')
  }

  const bodyAt = (id: number, depth: number): string => {
    const type = typeOf(btf, id)
    if (type.kind === 'struct' || type.kind === 'union') return compositeBody(id, type, depth)
    if (type.kind === 'enum' || type.kind === 'enum64') return enumBody(id, type)
    throw btfErrors.make('wrong-kind', { id, found: type.kind, want: 'struct, union or enum' })
  }

  const compositeBody = (id: number, type: BtfComposite, depth: number): string => {
    budget.inline -= type.members.length + 1
    if (budget.inline < 0)
      throw btfErrors.make('too-large', { field: 'nested members', value: MAX_INLINE, limit: MAX_INLINE })
    const { packed, members, tail } = cLayout(btf, id, type)
    const indent = '\t'.repeat(depth + 1)
    const text: string[] = []
    for (const { member, padding } of members) {
      text.push(...padding.map((width) => `${indent}${paddingField(width)};`))
      const declared = counted(declareAt(member.typeId, member.name, depth + 1))
      text.push(`${indent}${declared}${member.bitSize > 0 ? `: ${member.bitSize}` : ''};`)
    }
    if (type.kind === 'union') text.push(...tail.map((bytes) => `${indent}unsigned char __padding[${bytes}];`))
    else text.push(...tail.map((width) => `${indent}${paddingField(width)};`))
    const head = type.name === '' ? type.kind : `${type.kind} ${names.tag(id)}`
    const body = text.length === 0 ? `${head} {}` : `${head} {\n${text.join('\n')}\n${'\t'.repeat(depth)}}`
    return packed ? `${body} __attribute__((packed))` : body
  }

  const paddingField = (width: number): string => {
    if (width === 64) return btf.pointerSize === 8 ? 'long: 64' : 'long long: 64'
    return width === 32 ? 'int: 32' : width === 16 ? 'short: 16' : `char: ${width}`
  }

  const enumBody = (id: number, type: BtfTypeOf<'enum'> | BtfTypeOf<'enum64'>): string => {
    writtenEnums.add(id)
    const head = type.name === '' ? 'enum' : `enum ${names.tag(id)}`
    if (type.values.length === 0) return head
    const values = type.values.map(({ name, value }) =>
      counted(`\t${names.enumerator(name)} = ${enumValueText(value, type.signed)},`),
    )
    const mode = MODES[type.size]
    const attribute = mode === undefined ? '' : ` __attribute__((mode(${mode})))`
    return `${head} {\n${values.join('\n')}\n}${attribute}`
  }

  return {
    declare(id, name) {
      budget.inline = MAX_INLINE
      return counted(declareAt(id, name, 0))
    },
    body(id) {
      budget.inline = MAX_INLINE
      return bodyAt(id, 0)
    },
    wasWritten: (id) => writtenEnums.has(id),
  }

  /** An integer, float or enum whose name says nothing to C: the C type of its size. */
  function sizedType(type: { readonly kind: string; readonly size: number; readonly signed?: boolean }): string {
    if (type.kind === 'float') return type.size === 4 ? 'float' : type.size === 8 ? 'double' : 'long double'
    const base = { 1: 'char', 2: 'short', 4: 'int', 8: 'long long', 16: '__int128' }[type.size]
    if (base === undefined)
      throw btfErrors.make('unsupported', { field: 'integer size', found: type.size, want: '1 to 16' })
    return `${type.signed === true ? 'signed' : 'unsigned'} ${base}`
  }
}

function join(type: string, name: string): string {
  return name === '' ? type : `${type} ${name}`
}

/** C reads a constant beyond int as the next larger type that holds it, which is the enum's own. */
function enumValueText(value: number | bigint, signed: boolean): string {
  const wide = typeof value === 'bigint' && (value > 0xffff_ffffn || value < -0x8000_0000n)
  if (value === -0x8000_0000_0000_0000n) return '(-0x7fffffffffffffffLL - 1)'
  return wide ? `${value}${signed ? 'LL' : 'ULL'}` : `${value}`
}
