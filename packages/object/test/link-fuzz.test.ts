import { readFileSync } from 'node:fs'
import { parseBtf } from '@tscc/btf'
import { isTsccError } from '@tscc/core'
import { type BpfObject, linkObject, linkTarget, readObject } from '@tscc/object'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { changedObject } from './changed-object.ts'

const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, import.meta.url)))
const kernel = fixture('../fixtures/btf/tcp-6.18.btf')
const target = linkTarget({ vmlinux: () => kernel, config: () => 'CONFIG_HZ=250\n' })

/** What linking ends in: code, or a typed error. */
function outcome(object: BpfObject, to = target): string {
  try {
    return linkObject(object, to)
      .programs.map(({ code }) => Buffer.from(code).toString('hex'))
      .join(' ')
  } catch (error) {
    if (isTsccError(error)) return error.message
    throw error
  }
}

test('whatever the object: the same code each time, or the same typed error', () => {
  fc.assert(
    fc.property(changedObject, (object) => {
      expect(outcome(object)).toBe(outcome(object))
    }),
    { numRuns: 500 },
  )
})

const flips = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 })
const flipped = (bytes: Uint8Array, changes: readonly (readonly [number, number])[], from = 0): Uint8Array => {
  const copy = bytes.slice()
  for (const [at, value] of changes) copy[from + (at % (copy.length - from))] = value
  return copy
}

test('damaged files link, or end in a typed error', () => {
  const whole = fixture('fixtures/kinds.bpf.o')
  fc.assert(
    fc.property(flips, (changes) => {
      let object: BpfObject
      try {
        object = readObject(flipped(whole, changes))
      } catch (error) {
        if (isTsccError(error)) return
        throw error
      }
      outcome(object)
    }),
    { numRuns: 500 },
  )
})

test('a damaged BTF of the kernel gives code, or a typed error', () => {
  const object = readObject(fixture('fixtures/kinds.bpf.o'))
  fc.assert(
    fc.property(flips, (changes) => {
      try {
        outcome(object, {
          btf: parseBtf(flipped(kernel, changes, 24)),
          config: () => 'CONFIG_HZ=250\n',
          version: () => 1,
        })
      } catch (error) {
        if (!isTsccError(error)) throw error
      }
    }),
    { numRuns: 300 },
  )
})
