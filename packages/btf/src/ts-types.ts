import { type Btf, nameOf } from './btf.ts'
import { btfErrors } from './btf-errors.ts'
import { cTagsOf } from './c-names.ts'
import { membersOf } from './members.ts'
import { sizeOf, skipModifiers } from './sizes.ts'
import { FIELD_DOCS, TS_RESERVED, TS_TAKEN } from './ts-prelude.ts'
import { typeOf } from './type-of.ts'
import type { BtfMember, BtfTypeOf } from './types.ts'

/** What the types of one output have in common. */
export interface TsContext {
  /** A struct, union or enum is used at this level: will it be declared? */
  meet(id: number, level: number): boolean
  /** Names of the fields of a struct that are not `readonly`. */
  writable(struct: string): readonly string[]
  /** Parameter names of a callback, where they are known. */
  parameterNames(struct: string, member: string): readonly string[] | undefined
}

/** Writes BTF types as TypeScript ones. */
export interface TsTypes {
  /** The name under which a struct, union or enum is declared. */
  name(id: number): string
  /** The fields of a struct or union with their docs, a line each. */
  fields(id: number, level: number, indent: string): readonly string[]
  /** Parameters and result of a `func_proto`, with `arrow` between them. */
  signature(protoId: number, level: number, arrow: string, names?: readonly string[]): string
}

/** Deepest nesting of one type's text, and most fields written inside others. */
const MAX_NESTING = 32
const MAX_FIELDS = 1 << 18

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/

/** A writer over one BTF. */
export function tsTypes(btf: Btf, context: TsContext): TsTypes {
  const tags = cTagsOf(btf)
  const budget = { fields: MAX_FIELDS }

  const name = (id: number): string => {
    const tagName = tags(id)
    return TS_TAKEN.has(tagName) || TS_RESERVED.has(tagName) ? `kernel_${tagName}` : tagName
  }

  const text = (id: number, level: number, nesting: number): string => {
    if (nesting > MAX_NESTING) throw btfErrors.make('too-deep', { id, limit: MAX_NESTING })
    if (id === 0) return 'void'
    const plain = skipModifiers(btf, id)
    if (plain === 0) return 'void'
    const type = typeOf(btf, plain)
    switch (type.kind) {
      case 'int':
        return intText(type)
      case 'float':
        return 'number'
      case 'enum':
      case 'enum64': {
        if (type.name !== '' && context.meet(plain, level)) return name(plain)
        return `${type.signed ? 's' : 'u'}${type.size * 8}`
      }
      case 'struct':
      case 'union':
        if (type.name !== '') return context.meet(plain, level) ? name(plain) : opaque(type.name)
        return inline(plain, level, nesting)
      case 'fwd':
        return opaque(type.name)
      case 'array':
        return `KernelArray<${text(type.typeId, level, nesting + 1)}, ${type.length}>`
      case 'ptr':
        return pointerText(type.typeId, level, nesting)
      case 'func_proto':
        return signatureText(plain, level, ' => ', nesting)
      default:
        return opaque(type.kind)
    }
  }

  const pointerText = (target: number, level: number, nesting: number): string => {
    const plain = skipModifiers(btf, target)
    const type = typeOf(btf, plain)
    switch (type.kind) {
      case 'void':
      case 'func':
        return opaque('void')
      case 'struct':
      case 'union':
        if (type.name === '') return inline(plain, level + 1, nesting)
        return context.meet(plain, level + 1) ? name(plain) : opaque(type.name)
      case 'fwd':
        return opaque(type.name)
      case 'func_proto':
        return `(${signatureText(plain, level, ' => ', nesting + 1)})`
      default:
        return `Pointer<${text(plain, level + 1, nesting + 1)}>`
    }
  }

  const inline = (id: number, level: number, nesting: number): string => {
    if (nesting >= MAX_NESTING) throw btfErrors.make('too-deep', { id, limit: MAX_NESTING })
    return `{ ${fieldLines(id, level, '', nesting + 1)
      .filter((line) => !line.startsWith('/**'))
      .join('; ')} }`
  }

  const fieldLines = (id: number, level: number, indent: string, nesting: number): readonly string[] => {
    const struct = nameOf(btf, id)
    const writable = new Set(context.writable(struct))
    const seen = new Set<string>()
    return membersOf(btf, id).flatMap((member) => {
      if (seen.has(member.name)) return []
      seen.add(member.name)
      if (budget.fields-- === 0)
        throw btfErrors.make('too-large', { field: 'fields', value: MAX_FIELDS + 1, limit: MAX_FIELDS })
      const doc = isCallback(member) ? '' : docOf(member)
      const key = IDENTIFIER.test(member.name) ? member.name : JSON.stringify(member.name)
      const declared = memberText(struct, member, level, nesting)
      const field = `${indent}${writable.has(member.name) ? '' : 'readonly '}${key}: ${declared}`
      return doc === '' ? [field] : [`${indent}/** ${doc} */`, field]
    })
  }

  /** Callbacks get the parameter names that their stubs have. */
  const memberText = (struct: string, member: BtfMember, level: number, nesting: number): string => {
    const type = typeOf(btf, skipModifiers(btf, member.typeId))
    const target = type.kind === 'ptr' ? skipModifiers(btf, type.typeId) : 0
    if (typeOf(btf, target).kind !== 'func_proto') return text(member.typeId, level, nesting)
    return signatureText(target, level, ' => ', nesting, context.parameterNames(struct, member.name))
  }

  const signatureText = (
    protoId: number,
    level: number,
    arrow: string,
    nesting: number,
    names: readonly string[] = [],
  ): string => {
    const type = typeOf(btf, protoId)
    if (type.kind !== 'func_proto') return 'never'
    const used = new Set<string>()
    const parameters = type.params.map((param, index) => {
      if (param.typeId === 0 && param.name === '') return '...rest: readonly unknown[]'
      const wanted = param.name || names[index] || `arg${index}`
      const safe = IDENTIFIER.test(wanted) && !TS_RESERVED.has(wanted) ? wanted : `arg${index}`
      const unique = used.has(safe) ? `${safe}_${index}` : safe
      used.add(unique)
      return `${unique}: ${text(param.typeId, level, nesting + 1)}`
    })
    return `(${parameters.join(', ')})${arrow}${text(type.returnTypeId, level, nesting + 1)}`
  }

  return {
    name,
    fields: (id, level, indent) => fieldLines(id, level, indent, 0),
    signature: (protoId, level, arrow, names) => signatureText(protoId, level, arrow, 0, names),
  }

  function intText(type: BtfTypeOf<'int'>): string {
    if (type.bool) return 'bool'
    return type.size > 8 ? opaque(type.name) : `${type.signed ? 's' : 'u'}${8 * type.size}`
  }

  function isCallback(member: BtfMember): boolean {
    const type = typeOf(btf, skipModifiers(btf, member.typeId))
    return type.kind === 'ptr' && typeOf(btf, skipModifiers(btf, type.typeId)).kind === 'func_proto'
  }

  function docOf(member: BtfMember): string {
    const bits = member.bitSize > 0 ? `${member.bitSize} bit${member.bitSize === 1 ? '' : 's'}` : ''
    const known = FIELD_DOCS[member.name] ?? ''
    if (bits === '' || known === '') return bits + known
    return `${known}; ${bits}`
  }
}

const opaque = (name: string): string => `Opaque<${JSON.stringify(name).replaceAll('"', "'")}>`

/** Bytes of an enum, for its alias. */
export function enumInteger(btf: Btf, id: number): string {
  const type = typeOf(btf, id)
  const signed = (type.kind === 'enum' || type.kind === 'enum64') && type.signed
  return `${signed ? 's' : 'u'}${8 * sizeOf(btf, id)}`
}
