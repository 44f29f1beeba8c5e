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

/** What a file ends in: its variables are read, and it is linked. */
function outcomeOfFile(bytes: Uint8Array): string {
  try {
    const object = readObject(bytes)
    firstValues(object)
    return outcome(object)
  } catch (error) {
    if (isTsccError(error)) return error.message
    throw error
  }
}

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
