import { type Btf, nameOf } from './btf.ts'
import { btfErrors } from './btf-errors.ts'
import { cTagsOf } from './c-names.ts'
import { findType } from './find.ts'
import { membersOf } from './members.ts'
import { sizeOf, skipModifiers } from './sizes.ts'
import { argumentName } from './struct-ops/argument-name.ts'
import { memorySizeParameter, takesOneNumber } from './struct-ops/kfunc-rules.ts'
import { textBudget } from './text-budget.ts'
import { type Availability, memberDoc } from './ts-docs.ts'
import { TS_RESERVED, TS_TAKEN } from './ts-prelude.ts'
import { typeOf } from './type-of.ts'
import type { BtfMember, BtfParam, BtfTypeOf } from './types.ts'

/** What the types of one output have in common. */
export interface TsContext {
  /** A struct, union or enum is used at this level: will it be declared? */
  meet(id: number, level: number): boolean
  /** The fields of a struct that are not `readonly`: names, or paths through members without a type name. */
  writable(struct: string): readonly string[] | 'all'
  /** What some kernels lack, for the docs. */
  readonly availability: Availability
  /** Parameter names of a callback, where they are known. */
  parameterNames(struct: string, member: string, params: readonly BtfParam[]): readonly string[] | undefined
  /** Structs that arguments of a struct's callbacks lead to where C has something else: `enqueue.to_free`. */
  pointees(struct: string): Readonly<Record<string, string>>
}

/** Writes BTF types as TypeScript ones. */
export interface TsTypes {
  /** The name under which a struct, union or enum is declared. */
  name(id: number): string
  /** The fields of a struct or union with their docs, a line each. */
  fields(id: number, level: number, indent: string): readonly string[]
  /** Parameters and result of a `func_proto`, with `arrow` between them. */
  signature(protoId: number, level: number, arrow: string, options?: SignatureOptions): string
}

/** What is known of a function besides its prototype. */
export interface SignatureOptions {
  /** As stubs have them, with their marks. */
  readonly names?: readonly string[]
  /** A struct that it gives may be null. */
  readonly nullableResult?: boolean
  /** Programs call it: what they see in memory that it gives is theirs to say, and numbers that it writes lie in arrays too. */
  readonly called?: boolean
  /** By parameter: the struct that it leads to, where C has something else. */
  readonly pointees?: Readonly<Record<string, string>>
}

/** Deepest nesting of one type's text, and most fields written inside others. */
const MAX_NESTING = 32
const MAX_FIELDS = 1 << 18

/** Where a type stands. */
interface Place {
  /** Pointers between a root and here. */
  readonly level: number
  readonly nesting: number
  /** The named struct around, and the path from it to here. */
  readonly struct: string
  readonly path: string
  /** May not be written, and so neither may its elements. */
  readonly readonly: boolean
}

/** Pointers that the verifier wants to be looked at before they are used. */
const NULLABLE: ReadonlySet<string> = new Set(['bpf_sock_ops.sk'])

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/

const NOWHERE: Place = { level: 0, nesting: 0, struct: '', path: '', readonly: false }
const within = (place: Place): Place => ({ ...place, nesting: place.nesting + 1 })

/** A writer over one BTF. */
export function tsTypes(btf: Btf, context: TsContext): TsTypes {
  const tags = cTagsOf(btf)
  const budget = { fields: MAX_FIELDS }
  const counted = textBudget()

  const name = (id: number): string => {
    const tagName = tags(id)
    return TS_TAKEN.has(tagName) || TS_RESERVED.has(tagName) ? `kernel_${tagName}` : tagName
  }

  const text = (id: number, place: Place): string => {
    if (place.nesting > MAX_NESTING) throw btfErrors.make('too-deep', { id, limit: MAX_NESTING })
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
        if (type.name !== '' && context.meet(plain, place.level)) return name(plain)
        return `${type.signed ? 's' : 'u'}${type.size * 8}`
      }
      case 'struct':
      case 'union':
        if (type.name !== '') return context.meet(plain, place.level) ? name(plain) : opaque(type.name)
        return inline(plain, place)
      case 'fwd':
        return opaque(type.name)
      case 'array':
        return `${place.readonly ? 'Readonly' : ''}KernelArray<${text(type.typeId, within(place))}, ${type.length}>`
      case 'ptr':
        return pointerText(type.typeId, place)
      case 'func_proto':
        return signatureText(plain, ' => ', place)
      default:
        return opaque(type.kind)
    }
  }

  const pointerText = (target: number, place: Place): string => {
    const plain = skipModifiers(btf, target)
    const type = typeOf(btf, plain)
    const beyond = { ...place, level: place.level + 1 }
    switch (type.kind) {
      case 'void':
      case 'func':
        return opaque('void')
      case 'struct':
      case 'union':
        if (type.name === '') return inline(plain, beyond)
        return context.meet(plain, beyond.level) ? name(plain) : opaque(type.name)
      case 'fwd':
        return opaque(type.name)
      case 'func_proto':
        return `(${signatureText(plain, ' => ', within(place))})`
      default:
        return `${place.readonly ? 'Readonly' : ''}Pointer<${text(plain, within(beyond))}>`
    }
  }

  const inline = (id: number, place: Place): string => {
    if (place.nesting >= MAX_NESTING) throw btfErrors.make('too-deep', { id, limit: MAX_NESTING })
    const fields = fieldsOf(id, within(place)).map(({ field }) => field)
    return `{ ${fields.join('; ')} }`
  }

  const fieldsOf = (id: number, place: Place): readonly { readonly doc: string; readonly field: string }[] => {
    const writable = context.writable(place.struct)
    const seen = new Set<string>()
    return membersOf(btf, id).flatMap((member) => {
      if (seen.has(member.name)) return []
      seen.add(member.name)
      if (budget.fields-- === 0)
        throw btfErrors.make('too-large', { field: 'fields', value: MAX_FIELDS + 1, limit: MAX_FIELDS })
      const key = IDENTIFIER.test(member.name) ? member.name : JSON.stringify(member.name)
      const path = place.path + member.name
      const about = { struct: place.struct, path, bits: member.bitSize, callback: isCallback(member) }
      const doc = memberDoc(about, context.availability)
      const readonly = writable !== 'all' && !writable.includes(path)
      const declared = memberText(member, { ...place, path: `${path}.`, readonly })
      return [{ doc, field: counted(`${readonly ? 'readonly ' : ''}${key}: ${declared}`) }]
    })
  }

  /** Callbacks get the parameter names that their stubs have. */
  const memberText = (member: BtfMember, place: Place): string => {
    const type = typeOf(btf, skipModifiers(btf, member.typeId))
    const target = type.kind === 'ptr' ? skipModifiers(btf, type.typeId) : 0
    const proto = typeOf(btf, target)
    if (proto.kind !== 'func_proto') {
      const isNullable = NULLABLE.has(`${place.struct}.${place.path.slice(0, -1)}`)
      return `${text(member.typeId, place)}${isNullable ? ' | null' : ''}`
    }
    const named = context.parameterNames(place.struct, member.name, proto.params)
    if (named === undefined) return signatureText(target, ' => ', place)
    const prefix = `${member.name}.`
    const entries = Object.entries(context.pointees(place.struct)).filter(([key]) => key.startsWith(prefix))
    const pointees = Object.fromEntries(entries.map(([key, struct]) => [key.slice(prefix.length), struct]))
    return signatureText(target, ' => ', place, { names: named, nullableResult: true, pointees })
  }

  const signatureText = (protoId: number, arrow: string, place: Place, options: SignatureOptions = {}): string => {
    const { names = [], pointees = {} } = options
    const type = typeOf(btf, protoId)
    if (type.kind !== 'func_proto') return 'never'
    const inner = { ...NOWHERE, level: place.level, nesting: place.nesting + 1 }
    const used = new Set<string>()
    const paramNames = type.params.map((param) => param.name)
    const parameters = type.params.map((param, index) => {
      if (param.typeId === 0 && param.name === '') return '...rest: readonly unknown[]'
      const marked = argumentName(names[index] ?? '')
      const wanted = param.name || marked.name || `arg${index}`
      const safe = IDENTIFIER.test(wanted) && !TS_RESERVED.has(wanted) ? wanted : `arg${index}`
      const unique = used.has(safe) ? `${safe}_${index}` : safe
      used.add(unique)
      const pointee = Object.hasOwn(pointees, wanted) ? pointees[wanted] : undefined
      const struct = pointee === undefined ? undefined : findType(btf, pointee, 'struct')
      const number =
        options.called === true && takesOneNumber(paramNames, index) ? numberBehind(param.typeId) : undefined
      const declared =
        number !== undefined
          ? numberPlace(text(number, inner))
          : struct === undefined
            ? text(param.typeId, inner)
            : pointerText(struct, inner)
      return counted(`${unique}: ${declared}${marked.nullable ? ' | null' : ''}`)
    })
    const { nullableResult = false } = options
    if (options.called === true && isScalarPointer(type.returnTypeId)) {
      const sized = memorySizeParameter(paramNames) !== undefined
      if (sized) return `<T extends object>(${parameters.join(', ')})${arrow}T${nullableResult ? ' | null' : ''}`
    }
    const mayBeNull = nullableResult && isStructPointer(type.returnTypeId)
    return `(${parameters.join(', ')})${arrow}${text(type.returnTypeId, inner)}${mayBeNull ? ' | null' : ''}`
  }

  return {
    name,
    fields: (id, level, indent) =>
      fieldsOf(id, { ...NOWHERE, level, struct: nameOf(btf, id) }).flatMap(({ doc, field }) =>
        doc === '' ? [`${indent}${field}`] : [`${indent}/** ${doc} */`, `${indent}${field}`],
      ),
    signature: (protoId, level, arrow, options) => signatureText(protoId, arrow, { ...NOWHERE, level }, options),
  }

  function intText(type: BtfTypeOf<'int'>): string {
    if (type.bool) return 'bool'
    return type.size > 8 ? opaque(type.name) : `${type.signed ? 's' : 'u'}${8 * type.size}`
  }

  /** Of what a pointer leads to, its kind; undefined: it is no pointer. */
  function pointeeKind(id: number): string | undefined {
    const type = typeOf(btf, skipModifiers(btf, id))
    return type.kind === 'ptr' ? typeOf(btf, skipModifiers(btf, type.typeId)).kind : undefined
  }

  function isStructPointer(id: number): boolean {
    return ['struct', 'union', 'fwd'].includes(pointeeKind(id) ?? '')
  }

  function isScalarPointer(id: number): boolean {
    return ['int', 'void'].includes(pointeeKind(id) ?? '')
  }

  /** The number that a pointer leads to. */
  function numberBehind(id: number): number | undefined {
    const type = typeOf(btf, skipModifiers(btf, id))
    return type.kind === 'ptr' && ['int', 'enum', 'enum64'].includes(pointeeKind(id) ?? '') ? type.typeId : undefined
  }

  function isCallback(member: BtfMember): boolean {
    const type = typeOf(btf, skipModifiers(btf, member.typeId))
    return type.kind === 'ptr' && typeOf(btf, skipModifiers(btf, type.typeId)).kind === 'func_proto'
  }
}

/** Where a number lies: a value of a map, or the first of an array. */
const numberPlace = (number: string): string => `Pointer<${number}> | KernelArray<${number}, number>`

const opaque = (name: string): string => `Opaque<${stringLiteral(name)}>`

/** Names come from outside: none may end the literal. */
function stringLiteral(name: string): string {
  return `'${JSON.stringify(name).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`
}

/** Bytes of an enum, for its alias. */
export function enumInteger(btf: Btf, id: number): string {
  const type = typeOf(btf, id)
  const signed = (type.kind === 'enum' || type.kind === 'enum64') && type.signed
  return `${signed ? 's' : 'u'}${8 * sizeOf(btf, id)}`
}
