import { enumValues, findType, kfuncs, kindOf, membersOf, nameOf, skipModifiers, typeOf, typesOfKind } from '@tscc/btf'
import { layOut } from './lay-out.mjs'

/** Markers of cache lines, arrays of no elements: not fields of anything. */
const isMarker = (name) => name.startsWith('__cacheline_group_')

/**
 * One BTF's types out of many (newest first): a struct has every member that any kernel's has, the types are those of the
 * newest that has it. A place in the result is made of `variants`, what each kernel has there, `{ btf, id }`.
 */
export function mergeTypes(btfs) {
  const types = []
  const known = new Map()

  /** Equal types are one. */
  const intern = (type) => {
    const key = JSON.stringify(type)
    if (!known.has(key)) known.set(key, types.push(type))
    return known.get(key)
  }

  /** A named type is the same everywhere; its slot is taken first, since it may lead to itself. */
  const named = (key, build) => {
    if (!known.has(key)) {
      const id = types.push(undefined)
      known.set(key, id)
      types[id - 1] = build()
    }
    return known.get(key)
  }

  const convert = (variants) => {
    const [{ btf, id }] = variants
    if (id === 0) return 0
    const type = typeOf(btf, id)
    const same = variants.filter((one) => kindOf(one.btf, one.id) === type.kind)
    const innerOf = (ones) => convert(ones.map((one) => ({ btf: one.btf, id: typeOf(one.btf, one.id).typeId })))
    const inner = () => innerOf(same)
    switch (type.kind) {
      case 'int':
      case 'float':
        return intern(type)
      case 'ptr':
      case 'const':
      case 'volatile':
      case 'restrict':
        return intern({ ...type, typeId: inner() })
      case 'type_tag':
        return inner()
      case 'array':
        return intern({ ...type, typeId: inner(), indexTypeId: convert([{ btf, id: type.indexTypeId }]) })
      case 'typedef':
        return named(`typedef ${type.name}`, () => ({ ...type, typeId: innerOf(everywhere(type.name, 'typedef')) }))
      case 'func_proto':
        return intern({
          ...type,
          returnTypeId: convert([{ btf, id: type.returnTypeId }]),
          params: type.params.map((param) => ({ ...param, typeId: convert([{ btf, id: param.typeId }]) })),
        })
      case 'struct':
      case 'union':
        return type.name === '' ? intern(composite(same)) : namedComposite(type.kind, type.name)
      case 'fwd':
        return namedComposite(type.of, type.name)
      case 'enum':
      case 'enum64':
        return type.name === '' ? intern(enumOf(same)) : namedEnum(type.kind, type.name)
      default:
        throw new Error(`${type.name}: ${type.kind} has no place in a header`)
    }
  }

  const everywhere = (name, kind) =>
    btfs.flatMap((btf) => {
      const id = findType(btf, name, kind)
      return id === undefined ? [] : [{ btf, id }]
    })

  const namedComposite = (kind, name) =>
    named(`${kind} ${name}`, () => {
      const variants = everywhere(name, kind)
      return variants.length === 0 ? { kind: 'fwd', name, of: kind } : composite(variants)
    })

  const namedEnum = (kind, name) => named(`${kind} ${name}`, () => enumOf(everywhere(name, kind)))

  const enumOf = (variants) => {
    const [{ btf, id }] = variants
    const values = new Map()
    for (const one of variants)
      for (const value of enumValues(one.btf, one.id)) if (!values.has(value.name)) values.set(value.name, value)
    return { ...typeOf(btf, id), values: [...values.values()] }
  }

  const composite = (variants) => {
    const [{ btf, id }] = variants
    const { kind, name } = typeOf(btf, id)
    return { kind, name, size: 0, members: mergeMembers(variants).map(member) }
  }

  const member = (place) => {
    const { name, bitSize, inner, variants } = place
    const typeId = inner === undefined ? convert(variants) : intern({ ...place.shell, members: inner.map(member) })
    return { name, typeId, bitOffset: 0, bitSize }
  }

  for (const btf of btfs) {
    for (const kind of ['struct', 'union'])
      for (const id of typesOfKind(btf, kind)) if (nameOf(btf, id) !== '') convert([{ btf, id }])
    for (const kind of ['enum', 'enum64'])
      for (const id of typesOfKind(btf, kind)) if (nameOf(btf, id) !== '') convert([{ btf, id }])
  }
  for (const variants of unnamedEnums(btfs)) convert(variants)
  const tagged = new Set(btfs.flatMap((btf) => kfuncs(btf).map((one) => one.name)))
  for (const name of new Set(btfs.flatMap((btf) => typesOfKind(btf, 'func').map((id) => nameOf(btf, id))))) {
    const [{ btf, id }] = everywhere(name, 'func')
    const typeId = convert([{ btf, id: typeOf(btf, id).typeId }])
    const func = types.push({ kind: 'func', name, typeId, linkage: 'static' })
    if (tagged.has(name))
      types.push({ kind: 'decl_tag', name: 'bpf_kfunc', typeId: func, component: -1, attribute: false })
  }
  return layOut(types)
}

/** Unnamed enums by what they have in common: the same set in another kernel shares its first constant. */
function unnamedEnums(btfs) {
  const groups = []
  for (const btf of btfs)
    for (const id of typesOfKind(btf, 'enum')) {
      if (nameOf(btf, id) !== '') continue
      const names = enumValues(btf, id).map((value) => value.name)
      const group = groups.find((one) => names.some((name) => one.names.has(name)))
      if (group === undefined) groups.push({ names: new Set(names), variants: [{ btf, id }] })
      else {
        group.variants.push({ btf, id })
        for (const name of names) group.names.add(name)
      }
    }
  return groups.filter(({ variants: [{ btf, id }] }) => !isMemberType(btf, id)).map((group) => group.variants)
}

/** Is an unnamed enum the type of some member? Then it comes with that. */
function isMemberType(btf, id) {
  return [...typesOfKind(btf, 'struct'), ...typesOfKind(btf, 'union')].some((owner) =>
    membersOf(btf, owner).some((one) => skipModifiers(btf, one.typeId) === id),
  )
}

/**
 * Members of all variants of a struct, newest first: those of unnamed members inside of these. An older kernel's member
 * goes where its neighbours are, else to the end.
 */
function mergeMembers(variants) {
  const taken = new Set()
  const places = []
  for (const variant of variants) addMembers(places, variant, taken)
  return places
}

function addMembers(places, { btf, id }, taken) {
  for (const one of typeOf(btf, skipModifiers(btf, id)).members) {
    const target = skipModifiers(btf, one.typeId)
    const variant = { btf, id: one.typeId }
    if (one.name !== '') {
      const place = places.find((candidate) => candidate.name === one.name)
      if (place !== undefined) place.variants.push(variant)
      if (taken.has(one.name) || isMarker(one.name)) continue
      taken.add(one.name)
      places.push({ name: one.name, bitSize: one.bitSize, variants: [variant] })
      continue
    }
    if (kindOf(btf, target) !== 'struct' && kindOf(btf, target) !== 'union') continue // padding
    const { kind } = typeOf(btf, target)
    const names = new Set(membersOf(btf, target).map((inner) => inner.name))
    let host = places.find((place) => place.inner !== undefined && place.shell.kind === kind && shares(place, names))
    if (host === undefined) {
      host = { name: '', bitSize: 0, shell: { kind, name: '', size: 0 }, inner: [] }
      addMembers(host.inner, { btf, id: target }, taken)
      if (host.inner.length > 0) places.push(host)
    } else addMembers(host.inner, { btf, id: target }, taken)
  }
}

function shares(place, names) {
  if (place.inner === undefined) return names.has(place.name)
  return place.inner.some((inner) => shares(inner, names))
}
