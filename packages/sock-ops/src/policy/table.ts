import { fnv1a } from '@tscc/core'
import { addressText, isMapped, MAPPED_BITS } from '../address.ts'
import { sockOpsErrors } from '../errors.ts'
import { type CheckedRule, prefixLength, type RuleSide } from './rule.ts'

/** Sizes of the program's maps (policy.bpf.ts). */
export const ROWS = 256
export const SCOPES = 64
export const SLOTS = 128

/** struct Row: bytes of one. */
export const ROW_BYTES = 100
const SIDES: Readonly<Record<RuleSide, number>> = { connect: 1, accept: 2, both: 3 }

/** A rule in its place: its figures are in slot `slot` as long as they say `id`. */
export interface PlacedRule {
  readonly id: number
  readonly slot: number
  readonly scope: number
  readonly name: string
  readonly use: string
  readonly to: readonly string[]
  readonly ports: readonly [first: number, last: number]
  readonly side: RuleSide
  readonly share: number
}

/** One of the two tables: rows in their order, and which of them are a scope's. */
export interface Table {
  readonly rows: readonly Uint8Array[]
  readonly spans: readonly { readonly first: number; readonly count: number }[]
}

/** The rows of rules that have their places; `sock-ops/full` where there are too many. */
export function tableOf(rules: readonly { readonly rule: CheckedRule; readonly place: RulePlace }[]): Table {
  const rows: Uint8Array[] = []
  const spans = Array.from({ length: SCOPES }, (_, scope) => {
    const first = rows.length
    for (const { rule, place } of rules)
      if (place.scope === scope) for (const network of rule.to) rows.push(encodeRow(rule, place, network))
    return { first: rows.length === first ? 0 : first, count: rows.length - first }
  })
  if (rows.length > ROWS) throw sockOpsErrors.make('full', { map: 'rows of the policy', limit: ROWS })
  return { rows, spans }
}

/** Where a rule is, and as what. */
export interface RulePlace {
  readonly id: number
  readonly slot: number
  readonly scope: number
}

function encodeRow(rule: CheckedRule, place: RulePlace, network: CheckedRule['to'][number]): Uint8Array {
  const bytes = new Uint8Array(ROW_BYTES)
  const view = new DataView(bytes.buffer)
  bytes.set(network.net, 0)
  bytes.set(network.mask, 16)
  view.setUint16(32, rule.ports[0], true)
  view.setUint16(34, rule.ports[1], true)
  view.setUint8(36, SIDES[rule.side])
  view.setUint16(38, rule.share, true)
  // Of its name: a share that grows keeps those that it had.
  view.setUint32(40, fnv1a(rule.name), true)
  view.setUint32(44, place.slot, true)
  view.setUint32(48, place.id, true)
  bytes.set(new TextEncoder().encode(rule.use), 52)
  bytes.set(new TextEncoder().encode(rule.name), 68)
  return bytes
}

/** The rules of a table, in the order of their rows. */
export function rulesOf(table: Table): readonly PlacedRule[] {
  const found = new Map<number, PlacedRule>()
  for (const [scope, { first, count }] of table.spans.entries())
    for (const row of table.rows.slice(first, first + count)) {
      const one = decodeRow(row, scope)
      const known = found.get(one.id)
      found.set(one.id, known === undefined ? one : { ...known, to: [...known.to, ...one.to] })
    }
  return [...found.values()].map((rule) => (rule.to.join() === EVERYWHERE ? { ...rule, to: [] } : rule))
}

/** What a rule without networks is about. */
const EVERYWHERE = '::/0'

function decodeRow(row: Uint8Array, scope: number): PlacedRule {
  const view = new DataView(row.buffer, row.byteOffset, ROW_BYTES)
  const sides = view.getUint8(36)
  const text = (at: number, length: number): string => {
    const part = row.subarray(at, at + length)
    const end = part.indexOf(0)
    return new TextDecoder().decode(end === -1 ? part : part.subarray(0, end))
  }
  const length = prefixLength(row.subarray(16, 32))
  const net = row.subarray(0, 16)
  return {
    id: view.getUint32(48, true),
    slot: view.getUint32(44, true),
    scope,
    name: text(68, 32),
    use: text(52, 16),
    to: [`${addressText(net)}/${isMapped(net) ? length - MAPPED_BITS : length}`],
    ports: [view.getUint16(32, true), view.getUint16(34, true)],
    side: sides === 1 ? 'connect' : sides === 2 ? 'accept' : 'both',
    share: view.getUint16(38, true),
  }
}

/** The same table, byte for byte? */
export const sameTable = (a: Table, b: Table): boolean =>
  a.rows.length === b.rows.length &&
  a.rows.every((row, i) => row.every((byte, at) => byte === b.rows[i]?.[at])) &&
  a.spans.every(({ first, count }, i) => b.spans[i]?.first === first && b.spans[i].count === count)
