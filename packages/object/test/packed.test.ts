import { readFileSync } from 'node:fs'
import { parseBtf } from '@tscc/btf'
import { linkObject, readObject } from '@tscc/object'
import { packObject, unpackObject } from '@tscc/object/packed'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const file = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, import.meta.url)))
const kernel = parseBtf(file('../fixtures/btf/tcp-6.18.btf'))
const objects = ['fixtures/kinds.bpf.o', '../../../conformance/kernels/suites/objects/c_reno.bpf.o']
const linked = objects.map((name) =>
  linkObject(readObject(file(name)), { btf: kernel }, { untold: 'zero', programs: (f) => !f.section.startsWith('?') }),
)

test('what was packed comes back', () => {
  for (const object of linked) {
    const { resolved: _, dependsOnModules: __, ...loadable } = object
    expect(unpackObject(packObject(object))).toEqual(loadable)
    expect(unpackObject(Buffer.from(packObject(object)))).toEqual(loadable)
  }
})

test('what comes back from a Buffer can be copied', () => {
  const packed = Buffer.from(packObject(linked[1] ?? linked[0] ?? fail()))
  const value = unpackObject(packed)?.structOps[0]?.value
  const copy = value?.slice()
  copy?.fill(0xff)
  expect(value?.[0]).toBe(0)
})

const fail = (): never => {
  throw new Error('no object')
}

test('anything else is nothing, or something that was damaged where nobody can tell', () => {
  const packed = packObject(linked[0] ?? fail())
  expect(unpackObject(new Uint8Array())).toBeUndefined()
  expect(unpackObject(packed.subarray(0, packed.length - 1))).toBeUndefined()
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(unpackObject(bytes)).toBeUndefined()
    }),
  )
  fc.assert(
    fc.property(fc.nat(packed.length - 1), fc.nat(255), (at, value) => {
      const damaged = packed.slice()
      damaged[at] = value
      expect(() => unpackObject(damaged)).not.toThrow()
    }),
  )
})

test('modules that had to be asked are told', () => {
  const [kinds, reno] = linked
  // Its weak kfunc could be in a module.
  expect(reno?.dependsOnModules).toBe(true)
  expect(kinds?.dependsOnModules).toBe(true)
  const plain = linkObject(readObject(file(objects[0] ?? '')), { btf: kernel }, { programs: () => false })
  expect(plain.dependsOnModules).toBe(false)
})
