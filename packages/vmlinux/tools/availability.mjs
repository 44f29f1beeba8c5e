import { enumValues, kindOf, membersOf, nameOf, skipModifiers, typesOfKind } from '@tscc/btf'

/**
 * What some kernel lacks, and which series have it: `tcp_sock.accecn_minlen`, `struct:ack_sample`, `enumerator:NAME`,
 * `func:NAME`. A member counts only where some kernel has what it is a member of, and not the member. A series has what all
 * its kernels have. `kernels` are `{ series, btf }`, oldest first; what `header` lacks is left out: members of what is no
 * struct any more.
 */
export function availabilityOf(kernels, header) {
  const facts = kernels.map(({ series, btf }) => ({ series, names: namesIn(btf) }))
  const series = [...new Set(kernels.map((kernel) => kernel.series))]
  const rows = []
  for (const name of [...namesIn(header)].sort()) {
    const owner = ownerOf(name)
    const isConcerned = (one) => owner === undefined || one.names.has(owner)
    if (facts.every((one) => one.names.has(name) || !isConcerned(one))) continue
    const having = series.map((one) => facts.every((fact) => fact.series !== one || fact.names.has(name)))
    rows.push([name, rangesOf(series, having)])
  }
  return Object.fromEntries(rows)
}

/** What a member is a member of: a struct, or another member. */
function ownerOf(name) {
  const [, outer] = /^(.*)\.[^.]+$/.exec(name) ?? []
  return outer === undefined || outer.includes('.') ? outer : `struct:${outer}`
}

/** `6.18..`, `..6.17`, `5.10..6.1,7.1..`, `6.12`; empty where no whole series has it. */
export function rangesOf(series, having) {
  const ranges = []
  for (let i = 0; i < series.length; i++) {
    if (!having[i] || having[i - 1]) continue
    let last = i
    while (having[last + 1]) last++
    const from = i === 0 ? '' : series[i]
    const to = last === series.length - 1 ? '' : series[last]
    ranges.push(i === last && from !== '' && to !== '' ? from : `${from}..${to}`)
  }
  return ranges.join(',')
}

/** Everything that a BTF has by name. */
export function namesIn(btf) {
  const names = new Set()
  for (const id of [...typesOfKind(btf, 'struct'), ...typesOfKind(btf, 'union')]) {
    const name = nameOf(btf, id)
    if (name === '') continue
    names.add(`struct:${name}`)
    for (const path of pathsOf(btf, id)) names.add(`${name}.${path}`)
  }
  for (const id of [...typesOfKind(btf, 'enum'), ...typesOfKind(btf, 'enum64')])
    for (const value of enumValues(btf, id)) names.add(`enumerator:${value.name}`)
  for (const id of typesOfKind(btf, 'func')) names.add(`func:${nameOf(btf, id)}`)
  return names
}

/** Paths to the members of a struct, into members whose types have no name too. */
export function pathsOf(btf, id) {
  return membersOf(btf, id).flatMap(({ name, typeId }) => {
    if (name.startsWith('__cacheline_group_')) return []
    const target = skipModifiers(btf, typeId)
    const kind = kindOf(btf, target)
    const isInline = (kind === 'struct' || kind === 'union') && nameOf(btf, target) === ''
    return [name, ...(isInline ? pathsOf(btf, target).map((path) => `${name}.${path}`) : [])]
  })
}
