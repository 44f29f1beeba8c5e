import type { CallExpression, Expression } from 'oxc-parser'
import { nearest } from '../kernel-header.ts'
import { type DataType, sizeOfData, typeName } from '../types.ts'
import { fail, type HeaderOption, type ModuleScope } from './scope.ts'

/** TCP headers have room for this, all options together. */
const ROOM = 40
/** Kinds that are shared by a magic number (RFC 6994). */
const EXPERIMENTAL: readonly number[] = [253, 254]

/** `headerOption<T>(kind, { magic })` at the top of a module. */
export function headerOptionOf(
  scope: ModuleScope,
  call: CallExpression,
  types: readonly DataType[],
  constant: (node: Expression) => bigint | undefined,
): HeaderOption {
  const cx = { module: scope }
  const [payload, ...others] = types
  if (payload?.kind !== 'record' || others.length > 0)
    return fail(cx, call.callee, 'needs-type', { what: 'headerOption', instead: 'headerOption<Payload>(0xda)' })
  const args = call.arguments.filter((argument) => argument.type !== 'SpreadElement')
  const [first, options, ...more] = args
  if (first === undefined || more.length > 0)
    return fail(cx, call.callee, 'arguments', { name: 'headerOption', want: 1, found: call.arguments.length })
  const kind = Number(constant(first) ?? -1n)
  if (!(kind >= 2 && kind <= 255))
    return fail(cx, first, 'wrong-type', {
      want: 'a kind, 2 to 255',
      found: kind === -1 ? 'something else' : `${kind}`,
    })
  const magic = options === undefined ? [] : magicOf(scope, options, constant)
  if (EXPERIMENTAL.includes(kind) !== magic.length > 0)
    return fail(cx, options ?? first, 'wrong-type', {
      want: EXPERIMENTAL.includes(kind)
        ? '{ magic: … } for a kind that is shared'
        : 'no magic, which only 253 and 254 have',
      found: EXPERIMENTAL.includes(kind) ? 'none' : 'one',
    })
  const option: HeaderOption = { kind, magic, payload }
  if (lengthOf(option) > ROOM)
    return fail(cx, call.callee, 'wrong-type', {
      want: `a payload of at most ${ROOM - headOf(option)} bytes`,
      found: `${typeName(payload)}, which has ${sizeOfData(payload)}`,
    })
  return option
}

function magicOf(
  scope: ModuleScope,
  node: Expression,
  constant: (node: Expression) => bigint | undefined,
): readonly number[] {
  const cx = { module: scope }
  const [property, ...more] = node.type === 'ObjectExpression' ? node.properties : []
  if (property?.type !== 'Property' || property.key.type !== 'Identifier' || more.length > 0)
    return fail(cx, node, 'wrong-type', { want: '{ magic: 0xeb9f }', found: 'something else' })
  if (property.key.name !== 'magic')
    return fail(cx, property.key, 'unknown-field', {
      type: 'options of headerOption',
      field: property.key.name,
      nearest: nearest(property.key.name, ['magic']),
    })
  const value = constant(property.value)
  if (value === undefined || value < 0n || value > 0xffff_ffffn)
    return fail(cx, property.value, 'wrong-type', {
      want: 'a number of 16 or 32 bits',
      found: `${value ?? 'something else'}`,
    })
  const bytes = value > 0xffffn ? 4 : 2
  return Array.from({ length: bytes }, (_, i) => Number((value >> BigInt(8 * (bytes - 1 - i))) & 0xffn))
}

/** Bytes before the payload. */
export const headOf = ({ magic }: HeaderOption): number => 2 + magic.length
/** Bytes on the wire. */
export const lengthOf = (option: HeaderOption): number => headOf(option) + sizeOfData(option.payload)
