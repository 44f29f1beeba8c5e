import {
  type Btf,
  enumValues,
  findType,
  membersOf,
  nameOf,
  sizeOf,
  skipModifiers,
  typeOf,
  typesOfKind,
  typeText,
} from '@tscc/btf'
import { nearestNames } from '@tscc/core'
import { loadBtf } from '../btf/load-btf.ts'
import { cliErrors } from '../cli-errors.ts'
import type { CommandContext } from '../command-table.ts'
import { formatTable } from '../output/table.ts'

interface LayoutOptions {
  readonly btf: string
  readonly base?: string
  readonly json?: true
}

const kinds = ['struct', 'union', 'enum', 'enum64', 'typedef'] as const

/** `tscc btf layout`. */
export function runBtfLayout(name: string, options: LayoutOptions, { output }: CommandContext): void {
  const btf = loadBtf(options.btf, options.base)
  const id = findLaidOut(btf, name)
  const { kind } = typeOf(btf, id)
  const size = sizeOf(btf, id)
  const rows = kind === 'enum' || kind === 'enum64' ? undefined : memberRows(btf, id)
  if (options.json) {
    output.json({ name, kind, size, ...(rows === undefined ? { values: enumValues(btf, id) } : { members: rows }) })
    return
  }
  output.print(`${output.colors.bold(`${kind} ${name}`)}, ${size} bytes`)
  output.print(
    rows === undefined
      ? formatTable(
          output,
          ['value', 'name'],
          enumValues(btf, id).map((entry) => [Number(entry.value), entry.name]),
        )
      : formatTable(
          output,
          ['offset', 'size', 'type', 'name'],
          rows.map((row) => [
            row.offset,
            row.bitSize === undefined ? (row.size ?? '') : `${row.bitSize} bits at ${row.bitOffset}`,
            row.type,
            row.name,
          ]),
        ),
  )
}

function memberRows(btf: Btf, id: number) {
  return membersOf(btf, id).map((member) => ({
    name: member.name,
    offset: Math.floor(member.bitOffset / 8),
    size: sizeOf(btf, member.typeId),
    type: typeText(btf, member.typeId),
    ...(member.bitSize === 0 ? {} : { bitOffset: member.bitOffset % 8, bitSize: member.bitSize }),
  }))
}

/** The struct, union or enum of a name, behind its typedef if that is what has the name. */
function findLaidOut(btf: Btf, name: string): number {
  for (const kind of kinds) {
    const id = findType(btf, name, kind)
    if (id === undefined) continue
    const target = skipModifiers(btf, id)
    if (['struct', 'union', 'enum', 'enum64'].includes(typeOf(btf, target).kind)) return target
  }
  const names = kinds.flatMap((kind) => typesOfKind(btf, kind).map((id) => nameOf(btf, id)))
  throw cliErrors.make('not-found', { what: 'struct, union or enum', name, nearest: nearestNames(name, names) })
}
