import { readFileSync } from 'node:fs'
import { type BtfType, buildBtf, membersOf, nameOf, parseBtf, resolveField, typesOfKind } from '@tscc/btf'
import { expect, test } from 'vitest'
import { membersNamed } from '../src/members.ts'

test.each([true, false])('one member by name is what the list of all has (all decoded before: %s)', (decoded) => {
  const bytes = new Uint8Array(readFileSync(new URL('fixtures/tcp-6.18.btf', import.meta.url)))
  const all = parseBtf(bytes)
  for (const kind of ['struct', 'union'] as const)
    for (const id of typesOfKind(all, kind)) {
      const btf = parseBtf(bytes)
      if (decoded) membersOf(btf, id)
      for (const { name } of membersOf(all, id))
        expect(membersNamed(btf, id, name), `${nameOf(all, id)}.${name}`).toEqual(
          membersOf(all, id).filter((member) => member.name === name),
        )
      expect(membersNamed(btf, id, 'no_such_member')).toEqual([])
      expect(membersNamed(btf, id, '')).toEqual([])
    }
})

test('a struct that holds itself anonymously is refused, by name too', () => {
  const loop: BtfType = {
    kind: 'struct',
    name: 'loop',
    size: 8,
    members: [{ name: '', typeId: 1, bitOffset: 0, bitSize: 0 }],
  }
  expect(() => resolveField(parseBtf(buildBtf([loop])), 'loop', 'x')).toThrow(/too long|deep|longer/)
})

test('a name of unreasonable length is refused: thousands of types could share it', () => {
  const long: BtfType = { kind: 'float', name: 'x'.repeat(5000), size: 8 }
  expect(() => nameOf(parseBtf(buildBtf([long])), 1)).toThrow('name: 5000 is above the limit 4096')
})
