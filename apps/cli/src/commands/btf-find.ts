import { type Btf, findTypes, kindOf, nameOf, sizeOf, typeCount } from '@tscc/btf'
import { nearestNames } from '@tscc/core'
import { loadBtf } from '../btf/load-btf.ts'
import { cliErrors } from '../cli-errors.ts'
import type { CommandContext } from '../command-table.ts'
import { formatTable } from '../output/table.ts'

interface FindOptions {
  readonly btf: string
  readonly base?: string
  readonly json?: true
}

/** `tscc btf find`. */
export function runBtfFind(names: readonly string[], options: FindOptions, { output }: CommandContext): void {
  const btf = loadBtf(options.btf, options.base)
  const found = names.flatMap((name) => idsOf(btf, name).map((id) => describe(btf, id)))
  if (options.json) output.json(found)
  else
    output.print(
      formatTable(
        output,
        ['id', 'kind', 'name', 'size'],
        found.map((type) => [type.id, type.kind, type.name, type.size ?? '']),
      ),
    )
}

/** Every type of a name, of whatever kind, or all that match a pattern; none is an error with the nearest names. */
function idsOf(btf: Btf, name: string): readonly number[] {
  const pattern = /[*?]/.test(name) ? wildcard(name) : undefined
  if (pattern === undefined) {
    const [first] = findTypes(btf, [name])
    if (first === undefined)
      throw cliErrors.make('not-found', { what: 'type', name, nearest: nearestNames(name, allNames(btf)) })
  }
  const ids: number[] = []
  const count = typeCount(btf)
  for (let id = 1; id <= count; id++) {
    const candidate = nameOf(btf, id)
    if (candidate !== '' && (pattern === undefined ? candidate === name : pattern.test(candidate))) ids.push(id)
  }
  if (ids.length === 0) throw cliErrors.make('not-found', { what: 'type', name, nearest: [] })
  return ids
}

/** A name with `*` and `?`; runs of stars are one, so that matching stays quick. */
function wildcard(text: string): RegExp {
  const source = text
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`)
}

function allNames(btf: Btf): readonly string[] {
  const count = typeCount(btf)
  return Array.from({ length: count }, (_, index) => nameOf(btf, index + 1)).filter((name) => name !== '')
}

const sized = new Set(['int', 'float', 'struct', 'union', 'enum', 'enum64', 'typedef', 'datasec'])

function describe(btf: Btf, id: number) {
  const kind = kindOf(btf, id)
  const size = sized.has(kind) ? sizeOrNothing(btf, id) : undefined
  return { id, kind, name: nameOf(btf, id), ...(size === undefined ? {} : { size }) }
}

/** A typedef of a function or of void has no size. */
function sizeOrNothing(btf: Btf, id: number): number | undefined {
  try {
    return sizeOf(btf, id)
  } catch {
    return undefined
  }
}
