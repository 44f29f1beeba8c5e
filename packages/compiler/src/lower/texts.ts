import type { IntType } from '../types.ts'
import type { Context } from './scope.ts'

/** A text in read-only data, with a zero at its end. */
export function textAddress(
  cx: Context,
  text: string,
): { readonly address: { readonly reg: number }; readonly size: number } {
  const bytes = new TextEncoder().encode(`${text}\0`)
  const { data } = cx.module.unit
  const section = data.get('.rodata') ?? { variables: [], size: 0 }
  data.set('.rodata', section)
  const name = `text_${section.variables.length}`
  const same = section.variables.find(
    ({ initial }) => initial.length === bytes.length && initial.every((byte, i) => byte === bytes[i]),
  )
  const offset = same?.offset ?? section.size
  if (same === undefined) {
    const element: IntType = { kind: 'int', bits: 8, signed: false }
    section.variables.push({ name, offset, type: { kind: 'array', element, length: bytes.length }, initial: bytes })
    section.size = offset + bytes.length
  }
  const dst = cx.ir.fresh()
  cx.ir.emit({ op: 'address', dst, of: { kind: 'data', map: '.rodata', offset } })
  return { address: { reg: dst }, size: bytes.length }
}
