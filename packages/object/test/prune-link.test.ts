import { readdirSync, readFileSync } from 'node:fs'
import { parseBtf } from '@tscc/btf'
import { isTsccError } from '@tscc/core'
import { add, decode, disassemble, encode, exit, mov } from '@tscc/insn'
import {
  type BpfObject,
  explainLink,
  type LinkedObject,
  type LinkOptions,
  type LinkTarget,
  linkObject,
  linkTarget,
  type ObjectFunction,
  readObject,
  writeObject,
} from '@tscc/object'
import { hostKernel, loadPlan, testRun } from '@tscc/syscall'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { changedObject } from './changed-object.ts'
import { sampleObject } from './sample-object.ts'

const file = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, import.meta.url)))
const config = () => 'CONFIG_HZ=250\n'
const kernelBtf = file('../fixtures/btf/tcp-6.18.btf')
const target = linkTarget({ vmlinux: () => kernelBtf, config })

/** The same object, with every function prunable. */
const prunable = (object: BpfObject): BpfObject => ({
  ...object,
  functions: object.functions.map((f) => ({ ...f, prunable: true })),
})

const textOf = (linked: LinkedObject, name: string): readonly string[] =>
  disassemble(decode(linked.programs.find((program) => program.name === name)?.code ?? new Uint8Array()))
    .trim()
    .split('\n')

describe('an object with some of everything', () => {
  const linked = linkObject(prunable(sampleObject()), target)
  const plain = linkObject(sampleObject(), target)

  test('functions lose what they do not need', () => {
    expect(linked.resolved.pruned).toEqual([
      { function: 'filter', from: 22, to: 17 },
      { function: 'thrice', from: 6, to: 2 },
    ])
    expect(plain.resolved.pruned).toEqual([])
    expect(explainLink(linked).filter(({ kind }) => kind === 'prune')).toEqual([
      { function: 'filter', kind: 'prune', subject: 'filter', from: '22 instructions', to: '17' },
      { function: 'thrice', kind: 'prune', subject: 'thrice', from: '6 instructions', to: '2' },
    ])
  })

  test('calls, descriptors, functions and lines are where the code is now', () => {
    const [filter] = linked.programs
    expect(textOf(linked, 'filter')).toEqual([
      'r1 = 1',
      'call pc+15',
      'r6 = r0',
      'r1 = 2',
      'call pc+15',
      '*(u32 *)(r10 - 4) = 0',
      'r1 = map[fd:0]',
      'r2 = r10',
      'r2 += -4',
      'call 1',
      // What read-only data says.
      'r8 = 10',
      'r7 = map[fd:0][0]+0',
      '*(u64 *)(r7 + 0) = r8',
      'r0 = r6',
      'exit',
      'r0 = r1',
      'r0 += r0',
      'exit',
      'r0 = 3',
      'exit',
    ])
    expect(filter?.maps).toEqual([
      { at: 6, map: 0 },
      { at: 12, map: 4 },
    ])
    const words = (bytes: Uint8Array | undefined, each: number) => {
      const view = new DataView(bytes?.buffer ?? new ArrayBuffer(), bytes?.byteOffset ?? 0, bytes?.length ?? 0)
      return Array.from({ length: view.byteLength / each }, (_, i) => view.getUint32(each * i, true))
    }
    expect(words(filter?.funcInfo, 8)).toEqual([0, 17, 20])
    expect(words(filter?.lineInfo, 16)).toEqual([0, 3, 17, 20])
  })

  test('the map of the configuration is left out when nobody reads it', () => {
    expect(plain.maps.map(({ name }) => name)).toContain('.kconfig')
    expect(linked.maps.map(({ name }) => name)).toEqual(['counts', 'choices', '.data', '.rodata', '.bss'])
  })

  test('wherever it was: who refers to maps behind it finds them', () => {
    const sample = prunable(sampleObject())
    const { maps, functions } = sample
    const moved = linkObject(
      {
        ...sample,
        maps: [...maps.slice(-1), ...maps.slice(0, -1)].map((map) => ({
          ...map,
          slots: map.slots.map((slot) => ({ ...slot, target: slot.target + 1 })),
        })),
        functions: functions.map((f) => ({
          ...f,
          relocations: f.relocations.map((one) => ('map' in one ? { ...one, map: one.map + 1 } : one)),
        })),
      },
      target,
    )
    expect(moved.maps).toEqual(linked.maps)
    expect(moved.programs).toEqual(linked.programs)
  })

  test('it stays where another program reads it', () => {
    const sample = sampleObject()
    const functions = sample.functions.map((f) => (f.name === 'thrice' ? f : { ...f, prunable: true as const }))
    const kept = linkObject({ ...sample, functions }, target)
    expect(kept.maps).toEqual(plain.maps)
    expect(kept.resolved.pruned.map((one) => one.function)).toEqual(['filter'])
  })

  test('what is not called any more is not in the program', () => {
    const sample = prunable(sampleObject())
    // A call of `twice` where CONFIG_HZ is 0.
    const functions = sample.functions.map((f) => {
      if (f.name !== 'thrice') return f
      const code = f.code.slice()
      code[8 * 3] = 0x55 // !=
      code.set([0x85, 0x10, 0, 0, 0xff, 0xff, 0xff, 0xff], 8 * 4)
      return { ...f, code, relocations: [...f.relocations, { kind: 'call' as const, at: 4, function: 2 }] }
    })
    const programs = (to: LinkTarget) =>
      linkObject({ ...sample, functions: functions.map((f, i) => (i === 0 ? onlyCall(f) : f)) }, to).programs
    expect(programs(target)[0]?.funcInfo.length).toBe(8 * 2)
    expect(programs(linkTarget({ vmlinux: () => kernelBtf, config: () => '' }))[0]?.funcInfo.length).toBe(8 * 3)
  })

  test('a call reads what the function behind it reads, and what its prototype says', () => {
    const sample = prunable(sampleObject())
    const setsR2 = (change: (twice: ObjectFunction) => ObjectFunction) => {
      const functions = sample.functions.map((f) => {
        if (f.name === 'twice') return change(f)
        if (f.name !== 'filter') return f
        const code = f.code.slice()
        code.set([0xb7, 2, 0, 0, 9, 0, 0, 0], 8 * 2) // r2 = 9, before the second call
        return { ...f, code, relocations: f.relocations.map((one) => (one.at === 4 ? { ...one, function: 2 } : one)) }
      })
      return textOf(linkObject({ ...sample, functions }, target), 'filter').includes('r2 = 9')
    }
    const both = encode([mov('r0', 'r1'), add('r0', 'r2'), exit()])
    expect(setsR2((twice) => twice)).toBe(false)
    expect(setsR2((twice) => ({ ...twice, code: both }))).toBe(true)
    expect(setsR2(({ prunable: _, ...twice }) => twice)).toBe(true)
    // Verified by its prototype, of one parameter.
    expect(setsR2((twice) => ({ ...twice, linkage: 'global' }))).toBe(false)
    expect(setsR2(({ typeId: _, ...twice }) => ({ ...twice, linkage: 'global' }))).toBe(true)
  })

  test('its file says that it may be pruned', () => {
    const object = readObject(writeObject(prunable(sampleObject())))
    expect(object.functions.map((f) => f.prunable)).toEqual([true, true, true, true])
    expect(linkObject(object, target).programs).toEqual(linked.programs)
    expect(readObject(writeObject(sampleObject())).functions.some((f) => 'prunable' in f)).toBe(false)
  })

  test.skipIf(!needs('bpf'))('the kernel takes it and gets the same out of it', () => {
    const kernel = hostKernel()
    const only = { programs: (f: { readonly name: string }) => f.name === 'filter' }
    const results = [sampleObject(), prunable(sampleObject())].map((object) => {
      using loaded = loadPlan(kernel, linkObject(object, target, only))
      return testRun(kernel, loaded.program('filter'), { data: new Uint8Array(64) }).returnValue
    })
    expect(results).toEqual([2, 2])
  })
})

/** The function with its second call only. */
const onlyCall = (f: ObjectFunction): ObjectFunction => {
  const code = f.code.slice()
  code.set([0xb7, 0, 0, 0, 0, 0, 0, 0], 8) // r0 = 0
  return { ...f, code, relocations: f.relocations.slice(1) }
}

/** What linking ends in: slots of each program, or a typed error. */
function outcome(object: BpfObject, to: LinkTarget, options: LinkOptions = {}): readonly number[] | string {
  try {
    return linkObject(object, to, { ...options, untold: 'zero' }).programs.map(({ code }) => code.length / 8)
  } catch (error) {
    if (isTsccError(error)) return error.message
    throw error
  }
}

const kernels = readdirSync(new URL('../fixtures/btf/', import.meta.url)).filter((name) => name.startsWith('tcp-'))

test.each(kernels)('objects of clang, linked to %s: no longer than before', (name) => {
  const btf = parseBtf(file(`../fixtures/btf/${name}`))
  const object = readObject(file(btf.littleEndian ? 'fixtures/kinds.bpf.o' : 'fixtures/kinds-be.bpf.o'))
  const shorter = object.functions.filter((f) => {
    const only = (one: BpfObject): readonly number[] | string =>
      outcome(one, { btf, config }, { programs: ({ name: wanted }) => wanted === f.name })
    const [before, after] = [only(object), only(prunable(object))]
    if (typeof before === 'string' || typeof after === 'string') {
      expect(after).toBe(before)
      return false
    }
    expect(after.length).toBe(before.length)
    for (const [i, slots] of after.entries()) expect(slots).toBeLessThanOrEqual(before[i] ?? 0)
    return after.some((slots, i) => slots < (before[i] ?? 0))
  })
  expect(shorter.length).toBeGreaterThan(0)
})

test('whatever the object: code that is no longer, or a typed error', () => {
  fc.assert(
    fc.property(changedObject, (object) => {
      const [before, after] = [outcome(object, target), outcome(prunable(object), target)]
      if (typeof before === 'string' || typeof after === 'string') return
      expect(after.length).toBe(before.length)
      for (const [i, slots] of after.entries()) expect(slots).toBeLessThanOrEqual(before[i] ?? 0)
    }),
    { numRuns: 500 },
  )
})
