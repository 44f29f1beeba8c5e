import { readFileSync } from 'node:fs'
import { parseBtf } from '@tscc/btf'
import { isTsccError } from '@tscc/core'
import { type BpfObject, firstValues, linkObject, linkTarget, readObject } from '@tscc/object'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { changedObject } from './changed-object.ts'

const fixture = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, import.meta.url)))
const kernel = fixture('../fixtures/btf/tcp-6.18.btf')
const target = linkTarget({ vmlinux: () => kernel, config: () => 'CONFIG_HZ=250\n', version: () => 0x06_12_00 })

/** What is made, or what its typed error says. */
function textOf(make: () => string): string {
  try {
    return make()
  } catch (error) {
    if (isTsccError(error)) return error.message
    throw error
  }
}

const linked = (object: BpfObject, to = target): string =>
  linkObject(object, to)
    .programs.map(({ code }) => Buffer.from(code).toString('hex'))
    .join(' ')

/** What linking ends in: code, or a typed error. */
const outcome = (object: BpfObject): string => textOf(() => linked(object))

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

/** What a file ends in: its variables are read, and it is linked. */
const outcomeOfFile = (bytes: Uint8Array): string =>
  textOf(() => {
    const object = readObject(bytes)
    firstValues(object)
    return linked(object)
  })

test('damaged files link, or end in a typed error', () => {
  const whole = fixture('fixtures/kinds.bpf.o')
  fc.assert(
    fc.property(flips, (changes) => {
      outcomeOfFile(flipped(whole, changes))
    }),
    { numRuns: 500 },
  )
})

test('a configuration value of two gigabytes is not made, nor written byte by byte', () => {
  const whole = fixture('fixtures/kinds.bpf.o')
  expect(outcomeOfFile(whole)).toMatch(/^[0-9a-f ]+$/)
  // The upper half of the size of CONFIG_HZ's type: found by the test above
  expect(outcomeOfFile(flipped(whole, [[3755, 127]]))).toBe('.kconfig: 2130706436 is above the limit 1048576')
})

test('a damaged BTF of the kernel gives code, or a typed error', () => {
  const object = readObject(fixture('fixtures/kinds.bpf.o'))
  fc.assert(
    fc.property(flips, (changes) => {
      textOf(() => {
        const btf = parseBtf(flipped(kernel, changes, 24))
        return linked(object, { btf, config: () => 'CONFIG_HZ=250\n', version: () => 1 })
      })
    }),
    { numRuns: 300 },
  )
})
