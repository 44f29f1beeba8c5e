import { type Btf, kindOf, nameOf, skipModifiers, typeOf } from '@tscc/btf'
import { sameKind } from './candidates.ts'
import { essentialName } from './essential-name.ts'

/** Longest chain of pointers and arrays, and deepest nesting of prototypes, that is compared: beyond it types differ. */
const MAX_DEPTH = 32

/**
 * May a field of one type be read as one of the other? Structs and unions may be mixed; pointers, floats and integers of any
 * size may; enums and forward declarations have to have the same name (or none); arrays go by their elements.
 */
export function fieldsAreCompatible(local: Btf, localId: number, target: Btf, targetId: number): boolean {
  let [a, b] = [localId, targetId]
  for (let depth = 0; depth <= MAX_DEPTH; depth++) {
    a = skipModifiers(local, a)
    b = skipModifiers(target, b)
    const [from, to] = [typeOf(local, a), typeOf(target, b)]
    if (isComposite(from.kind) && isComposite(to.kind)) return true
    if (!sameKind(from.kind, to.kind)) return false
    if (from.kind === 'array' && to.kind === 'array') {
      a = from.typeId
      b = to.typeId
      continue
    }
    if (from.kind === 'int' && to.kind === 'int') return from.bitOffset === 0 && to.bitOffset === 0
    if (from.kind === 'ptr' || from.kind === 'float') return true
    if (from.kind !== 'fwd' && from.kind !== 'enum' && from.kind !== 'enum64') return false
    return from.name === '' || to.name === '' || essentialName(from.name) === essentialName(to.name)
  }
  return false
}

/** Is it a struct or a union? */
export const isComposite = (kind: string): boolean => kind === 'struct' || kind === 'union'

/**
 * Are types of one name the same kind of thing, down to what pointers, arrays and prototypes lead to? What is in structs,
 * unions and enums is not looked at.
 */
export function typesAreCompatible(
  local: Btf,
  localId: number,
  target: Btf,
  targetId: number,
  level = MAX_DEPTH,
): boolean {
  if (!sameKind(kindOf(local, localId), kindOf(target, targetId))) return false
  let [a, b] = [localId, targetId]
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    a = skipModifiers(local, a)
    b = skipModifiers(target, b)
    const [from, to] = [typeOf(local, a), typeOf(target, b)]
    if (!sameKind(from.kind, to.kind)) return false
    if (from.kind === 'int' && to.kind === 'int') return from.bitOffset === 0 && to.bitOffset === 0
    if ((from.kind === 'ptr' && to.kind === 'ptr') || (from.kind === 'array' && to.kind === 'array')) {
      a = from.typeId
      b = to.typeId
    } else if (from.kind === 'func_proto' && to.kind === 'func_proto') {
      if (from.params.length !== to.params.length || level <= 0) return false
      const same = from.params.every((param, i) => {
        const other = to.params[i]?.typeId ?? 0
        return typesAreCompatible(
          local,
          skipModifiers(local, param.typeId),
          target,
          skipModifiers(target, other),
          level - 1,
        )
      })
      if (!same) return false
      a = from.returnTypeId
      b = to.returnTypeId
    } else return ALWAYS.has(from.kind)
  }
  return false
}

/** Kinds that are compatible whatever is in them. */
const ALWAYS: ReadonlySet<string> = new Set(['void', 'struct', 'union', 'enum', 'enum64', 'fwd'])

/**
 * Does the kernel's type have all that the program's type has: members by name and type, enumerators by name, integers of the
 * same size and sign? Behind a pointer only the name and kind count.
 */
export function typesMatch(local: Btf, localId: number, target: Btf, targetId: number): boolean {
  return matches({ local, target, budget: { left: MAX_COMPARED } }, localId, targetId, false, MAX_DEPTH)
}

/** Pairs of types that one question may compare: nested structs with many members of one name could else go on for long. */
const MAX_COMPARED = 1 << 16

interface Sides {
  readonly local: Btf
  readonly target: Btf
  readonly budget: { left: number }
}

function matches(sides: Sides, localId: number, targetId: number, behindPointer: boolean, level: number): boolean {
  const { local, target, budget } = sides
  let [a, b, behind] = [localId, targetId, behindPointer]
  for (let depth = 0; depth < MAX_DEPTH && level > 0 && budget.left > 0; depth++) {
    budget.left--
    a = skipModifiers(local, a)
    b = skipModifiers(target, b)
    if (essentialName(nameOf(local, a)) !== essentialName(nameOf(target, b))) return false
    const [from, to] = [typeOf(local, a), typeOf(target, b)]
    switch (from.kind) {
      case 'void':
        return to.kind === 'void'
      case 'fwd':
        if (to.kind === 'fwd') return from.of === to.of
        return behind && to.kind === from.of
      case 'enum':
      case 'enum64': {
        if (to.kind !== 'enum' && to.kind !== 'enum64') return false
        if (from.size !== to.size || from.values.length > to.values.length) return false
        const names = new Set([...to.values].map((value) => essentialName(value.name)))
        return [...from.values].every((value) => names.has(essentialName(value.name)))
      }
      case 'struct':
      case 'union':
        if (behind) return from.kind === to.kind || (to.kind === 'fwd' && to.of === from.kind)
        if (to.kind !== from.kind || from.members.length > to.members.length) return false
        return from.members.every((member) =>
          to.members.some(
            (other) =>
              essentialName(member.name) === essentialName(other.name) &&
              matches(sides, member.typeId, other.typeId, behind, level - 1),
          ),
        )
      case 'int':
        return to.kind === 'int' && from.size === to.size && from.signed === to.signed
      case 'ptr':
        if (to.kind !== 'ptr') return false
        behind = true
        a = from.typeId
        b = to.typeId
        break
      case 'array':
        if (to.kind !== 'array' || from.length !== to.length) return false
        a = from.typeId
        b = to.typeId
        break
      case 'func_proto': {
        if (to.kind !== 'func_proto' || from.params.length !== to.params.length) return false
        const same = from.params.every((param, i) =>
          matches(sides, param.typeId, to.params[i]?.typeId ?? 0, behind, level - 1),
        )
        if (!same) return false
        a = from.returnTypeId
        b = to.returnTypeId
        break
      }
      default:
        return false
    }
  }
  return false
}
