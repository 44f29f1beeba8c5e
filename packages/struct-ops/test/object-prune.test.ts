import { readdirSync, readFileSync } from 'node:fs'
import { algorithms } from '@tscc/algos'
import { parseBtf } from '@tscc/btf'
import { type BpfObject, linkObject, readObject, writeObject } from '@tscc/object'
import { btfResolver, linkStructOps } from '@tscc/struct-ops'
import { describe, expect, test } from 'vitest'
import { specToObject } from '../src/object.ts'

const folder = new URL('../../object/fixtures/btf/', import.meta.url)
/** Kernels by their BTF; those of modules alone are none. */
const kernels = readdirSync(folder)
  .filter((name) => /^tcp-.*\.btf$/.test(name))
  .map((name) => [name, parseBtf(new Uint8Array(readFileSync(new URL(name, folder))))] as const)

const asWritten = (object: BpfObject): BpfObject => ({
  ...object,
  functions: object.functions.map(({ prunable: _, ...f }) => f),
})

describe.each(kernels)('%s', (_, btf) => {
  const endian = btf.littleEndian ? 'little' : 'big'

  test.each(algorithms.map((one) => [one.name, one] as const))('%s is no longer than its spec', (_name, { spec }) => {
    const direct = linkStructOps(spec(), btfResolver(btf))
    const object = readObject(writeObject(specToObject(spec(), { endian })))
    const linked = linkObject(object, { btf })
    const plain = linkObject(asWritten(object), { btf })
    expect(linked.programs.map(({ name }) => name)).toEqual(plain.programs.map(({ name }) => name))
    for (const program of linked.programs) {
      const slots = direct.programs.find(({ callback }) => callback === program.name)?.insns.length
      expect(program.code.length / 8, program.name).toBeLessThanOrEqual(slots ?? 0)
    }
  })
})
