import {
  buildBtf,
  enumValues,
  extractBtf,
  findTypes,
  membersOf,
  nameOf,
  parseBtf,
  requireType,
  structOpsRules,
  typeCount,
  typeOf,
  typesOfKind,
} from '@tscc/btf'
import * as tcp from './roots.mjs'

/**
 * The part of each kernel's BTF that the package is made of: one set of structs for all, so that what a cut lacks its
 * kernel lacks. `kernels` are whole BTFs, `part` what is kept of them; gives bytes, in their order.
 */
export function cutKernels(kernels, part = tcp) {
  const names = new Set([...part.structs, ...part.pointees])
  for (;;) {
    const cuts = kernels.map((btf) => cutOne(btf, [...names], part))
    const before = names.size
    for (const bytes of cuts) for (const name of definedIn(parseBtf(bytes))) names.add(name)
    if (names.size === before) return cuts
  }
}

/** Structs and unions that a cut has whole, as something has them by value. */
function definedIn(btf) {
  return [...typesOfKind(btf, 'struct'), ...typesOfKind(btf, 'union')]
    .map((id) => nameOf(btf, id))
    .filter((name) => name !== '')
}

function cutOne(btf, names, part) {
  const whole = parseBtf(extractBtf(btf, rootsOf(btf, names, part), { depth: 0 }))
  const types = Array.from({ length: typeCount(whole) }, (_, i) => {
    const type = typeOf(whole, i + 1)
    const kept = type.kind === 'struct' ? part.partial[type.name] : undefined
    return kept === undefined ? type : { ...type, members: type.members.filter((one) => kept.includes(one.name)) }
  })
  const trimmed = parseBtf(buildBtf(types))
  return extractBtf(trimmed, rootsOf(trimmed, names, part), { depth: 0 })
}

function rootsOf(btf, names, { ops = 'tcp_congestion_ops', functions, enumerators, enums }) {
  const isFound = (id) => id !== undefined
  const composites = names.flatMap((name) =>
    findTypes(btf, [
      { name, kind: 'struct' },
      { name, kind: 'union' },
    ]),
  )
  // bpf_tcp_ca_init is no stub: it prepares the BPF side itself
  const callbacks = membersOf(btf, requireType(btf, ops, 'struct')).map((member) => member.name)
  const { stubs: stubPrefix = `${ops}__` } = structOpsRules(ops)
  const stubNames = callbacks.flatMap((name) =>
    ops === 'tcp_congestion_ops'
      ? [`${/^(?:init|release)$/.test(name) ? '__' : ''}bpf_tcp_ca_${name}`]
      : [`${stubPrefix}${name}`, `${ops.replace(/_ops$/, '')}_${name}`],
  )
  const stubs = findTypes(
    btf,
    stubNames.map((name) => ({ name, kind: 'func' })),
  )
  const called = new Map()
  for (const id of typesOfKind(btf, 'func')) {
    const name = nameOf(btf, id)
    if (functions.test(name) && !called.has(name)) called.set(name, id)
  }
  const unnamed = typesOfKind(btf, 'enum').filter((id) => {
    if (nameOf(btf, id) !== '') return false
    const [first, ...others] = enumValues(btf, id).map((value) => value.name)
    return enumerators.some((name) => name === first || others.includes(name))
  })
  const named = findTypes(
    btf,
    enums.flatMap((name) =>
      (ops === 'tcp_congestion_ops' ? ['enum'] : ['enum', 'enum64']).map((kind) => ({ name, kind })),
    ),
  )
  // An unnamed enum may be there twice: what has the same constants is one
  const seen = new Set()
  const once = unnamed.filter((id) => {
    const [first] = enumValues(btf, id)
    if (seen.has(first?.name)) return false
    seen.add(first?.name)
    return true
  })
  return [...composites, ...named, ...once, ...stubs, ...called.values()].filter(isFound)
}
