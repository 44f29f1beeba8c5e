import { diffBtf, isInDiff, type MemberDifference, type TypeDifference } from '@tscc/btf'
import { loadBtf } from '../btf/load-btf.ts'
import { cliErrors } from '../cli-errors.ts'
import type { CommandContext } from '../command-table.ts'
import { printable } from '../output/printable.ts'

interface DiffOptions {
  readonly root?: readonly string[]
  readonly json?: true
}

/** `tscc btf diff`: status 1 when something differs, as diff(1). */
export function runBtfDiff(
  [a, b]: readonly [string, string],
  options: DiffOptions,
  { output, fail }: CommandContext,
): void {
  const from = loadBtf(a)
  const to = loadBtf(b)
  for (const name of options.root ?? [])
    if (!isInDiff(from, name) && !isInDiff(to, name))
      throw cliErrors.make('not-found', { what: 'struct, union or enum', name, nearest: [] })
  const differences = diffBtf(from, to, options.root)
  if (differences.length > 0) fail()
  if (options.json) {
    output.json(differences)
    return
  }
  const { bold, red, green, yellow } = output.colors
  const marks = { added: green('+'), removed: red('-'), changed: yellow('~'), moved: yellow('~'), retyped: yellow('~') }
  for (const type of differences) {
    output.print(`${marks[type.change]} ${bold(printable(`${type.kind} ${type.name}`))}${sizes(type)}`)
    for (const member of type.members) output.print(`  ${marks[member.change]} ${printable(memberText(member))}`)
  }
}

function sizes({ from, to }: TypeDifference): string {
  if (from === undefined || to === undefined) return `, ${from ?? to} bytes`
  return from === to ? '' : `, ${from} -> ${to} bytes`
}

function memberText({ member, from, to }: MemberDifference): string {
  const place = (bits: number): string => (bits % 8 === 0 ? `${bits / 8}` : `${Math.floor(bits / 8)} bit ${bits % 8}`)
  const parts = [member]
  if (from?.type !== to?.type) parts.push([from?.type, to?.type].filter((text) => text !== undefined).join(' -> '))
  else if (to !== undefined) parts.push(to.type)
  const offsets = [from, to].filter((side) => side !== undefined && !side.type.startsWith('= '))
  const at = [...new Set(offsets.map((side) => place(side?.bitOffset ?? 0)))]
  if (at.length > 0) parts.push(`at ${at.join(' -> ')}`)
  return parts.join('  ')
}
