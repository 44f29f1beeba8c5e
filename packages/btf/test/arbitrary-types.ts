import type { BtfType } from '@tscc/btf'
import fc from 'fast-check'

const u32 = fc.integer({ min: 0, max: 0xffff_ffff })
const name = fc.oneof(fc.constantFrom('', 'a', 'ab', 'tcp_sock', 'ü'), fc.stringMatching(/^[a-z_]{1,12}$/))
const linkage = fc.constantFrom('static', 'global', 'extern')

/** Any type whose references are at most `last`; with `loose`, ids and sizes are any number. */
export function arbitraryType(last: number, loose = false): fc.Arbitrary<BtfType> {
  const id = loose ? fc.oneof(fc.integer({ min: 0, max: last }), u32) : fc.integer({ min: 0, max: last })
  const member = (bits: fc.Arbitrary<number>) =>
    fc.record({ name, typeId: id, bitOffset: fc.integer({ min: 0, max: 0xff_ffff }), bitSize: bits })
  const members = fc.oneof(
    fc.array(member(fc.constant(0)), { maxLength: 4 }),
    fc.array(member(fc.integer({ min: 0, max: 255 })), { maxLength: 4 }),
  )
  const byte = fc.integer({ min: 0, max: 255 })
  const small = (signed: boolean) => (signed ? fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }) : u32)
  const large = (signed: boolean) =>
    signed ? fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) : fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
  const kinds: readonly fc.Arbitrary<BtfType>[] = [
    fc.record({
      kind: fc.constant('int'),
      name,
      size: u32,
      bits: byte,
      bitOffset: byte,
      signed: fc.boolean(),
      char: fc.boolean(),
      bool: fc.boolean(),
    }),
    fc
      .record({ kind: fc.constantFrom('ptr', 'typedef', 'volatile', 'const', 'restrict'), name, typeId: id })
      .map(plain),
    fc.record({ kind: fc.constant('array'), name, typeId: id, indexTypeId: id, length: u32 }),
    fc.record({ kind: fc.constant('struct'), name, size: u32, members }),
    fc.record({ kind: fc.constant('union'), name, size: u32, members }),
    fc.boolean().chain((signed) =>
      fc.record({
        kind: fc.constant('enum'),
        name,
        size: u32,
        signed: fc.constant(signed),
        values: fc.array(fc.record({ name, value: small(signed) }), { maxLength: 4 }),
      }),
    ),
    fc.boolean().chain((signed) =>
      fc.record({
        kind: fc.constant('enum64'),
        name,
        size: u32,
        signed: fc.constant(signed),
        values: fc.array(fc.record({ name, value: large(signed) }), { maxLength: 4 }),
      }),
    ),
    fc.record({ kind: fc.constant('fwd'), name, of: fc.constantFrom('struct', 'union') }),
    fc.record({ kind: fc.constant('func'), name, typeId: id, linkage }),
    fc.record({
      kind: fc.constant('func_proto'),
      name,
      returnTypeId: id,
      params: fc.array(fc.record({ name, typeId: id }), { maxLength: 4 }),
    }),
    fc.record({ kind: fc.constant('var'), name, typeId: id, linkage }),
    fc.record({
      kind: fc.constant('datasec'),
      name,
      size: u32,
      vars: fc.array(fc.record({ typeId: id, offset: u32, size: u32 }), { maxLength: 4 }),
    }),
    fc.record({ kind: fc.constant('float'), name, size: u32 }),
    fc.record({
      kind: fc.constant('decl_tag'),
      name,
      typeId: id,
      component: fc.integer({ min: -1, max: 1000 }),
      attribute: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('type_tag'), name, typeId: id, attribute: fc.boolean() }),
  ]
  return fc.oneof(...kinds)
}

/** fast-check keeps the union inside the record; TypeScript wants it outside. */
function plain(type: {
  kind: 'ptr' | 'typedef' | 'volatile' | 'const' | 'restrict'
  name: string
  typeId: number
}): BtfType {
  const { kind, name, typeId } = type
  return kind === 'ptr' ? { kind, name, typeId } : { kind, name, typeId }
}

/** A list of types that refer to each other in any way. */
export function arbitraryTypes(loose = false): fc.Arbitrary<readonly BtfType[]> {
  return fc.integer({ min: 0, max: 24 }).chain((count) => {
    return fc.array(arbitraryType(count, loose), { minLength: count, maxLength: count })
  })
}
