import { CONSTANT_DOCS, FIELD_DOCS, FUNCTION_DOCS, STRUCT_DOCS } from './field-docs.ts'

/** What some kernels lack, by name (`tcp_sock.lost`, `struct:X`, `enumerator:X`, `func:X`), and the versions that have it. */
export type Availability = Readonly<Record<string, string>>

/** The doc of a member: what it means, how wide a bitfield is, and since when it is there. */
export function memberDoc(
  member: { readonly struct: string; readonly path: string; readonly bits: number; readonly callback: boolean },
  availability: Availability,
): string {
  const { struct, path, bits, callback } = member
  const name = path.slice(path.lastIndexOf('.') + 1)
  const known =
    ownEntry(ownEntry(STRUCT_DOCS, struct) ?? {}, path) ?? (callback ? undefined : ownEntry(FIELD_DOCS, name))
  const width = bits === 0 ? undefined : `${bits} bit${bits === 1 ? '' : 's'}`
  const range = ownEntry(availability, `${struct}.${path}`)
  const guard = callback ? 'other kernels go without' : 'guard with exists(…)'
  return sentences([known, width].filter((part) => part !== undefined).join('; '), rangeText(range, guard))
}

/** The doc of a constant. */
export function constantDoc(name: string, availability: Availability): string {
  return sentences(ownEntry(CONSTANT_DOCS, name) ?? '', rangeText(ownEntry(availability, `enumerator:${name}`)))
}

/** The doc of a kernel function. */
export function functionDoc(name: string, availability: Availability): string {
  const range = rangeText(ownEntry(availability, `func:${name}`), 'guard with hasKfunc(…)')
  return sentences(ownEntry(FUNCTION_DOCS, name) ?? '', range)
}

/** The doc of a struct or union. */
export function structDoc(name: string, availability: Availability): string {
  return rangeText(ownEntry(availability, `struct:${name}`))
}

/** What a table has under a name from outside, which may be that of a property every object has. */
export function ownEntry<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}

const sentences = (first: string, second: string): string =>
  [first, second].filter((part) => part !== '').join(first.endsWith('.') ? ' ' : '. ')

/** `6.18..` is `Since 6.18`, `..6.17` is `Up to 6.17`. */
function rangeText(range: string | undefined, guard?: string): string {
  if (range === undefined) return ''
  const parts = range.split(',').map((part) => {
    const [from = '', to = ''] = part.includes('..') ? part.split('..') : [part, part]
    if (to === '') return `since ${from}`
    if (from === '') return `up to ${to}`
    return from === to ? `on ${from}` : `from ${from} to ${to}`
  })
  const text = range === '' ? 'on some kernels only' : parts.join(', ')
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${guard === undefined ? '' : `: ${guard}`}`.replaceAll(
    '*/',
    '',
  )
}
