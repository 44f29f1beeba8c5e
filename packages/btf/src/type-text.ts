import { type Btf, nameOf } from './btf.ts'
import { typeOf } from './type-of.ts'

/** Deepest chain of types that is spelled out. */
const MAX_DEPTH = 32

/** A type in C's words for a listing, such as `struct sock *` or `u8[16]`. */
export function typeText(btf: Btf, id: number, depth = 0): string {
  if (id === 0) return 'void'
  if (depth > MAX_DEPTH) return '…'
  const type = typeOf(btf, id)
  const inner = (target: number): string => typeText(btf, target, depth + 1)
  switch (type.kind) {
    case 'ptr': {
      const text = inner(type.typeId)
      if (text.includes('(')) return text
      return text.endsWith('*') ? `${text}*` : `${text} *`
    }
    case 'array':
      return `${inner(type.typeId)}[${type.length}]`
    case 'const':
    case 'volatile':
    case 'restrict':
      return `${type.kind} ${inner(type.typeId)}`
    case 'type_tag':
      return inner(type.typeId)
    case 'struct':
    case 'union':
    case 'enum':
      return `${type.kind} ${type.name === '' ? '{…}' : type.name}`
    case 'enum64':
      return `enum ${type.name === '' ? '{…}' : type.name}`
    case 'fwd':
      return `${type.of} ${type.name}`
    case 'func_proto':
      return `${inner(type.returnTypeId)} (*)(${type.params.map((param) => inner(param.typeId)).join(', ')})`
    default:
      return nameOf(btf, id)
  }
}
