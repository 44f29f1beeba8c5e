import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import {
  bpfMapFlags,
  bpfMapTypes,
  bpfProgramTypes,
  hostKernel,
  type LoadableMap,
  type LoadableProgram,
  type LoadPlan,
  loadPlan,
  lookupElement,
  mapIds,
  mapInfo,
  mapValues,
  openMapById,
  testRun,
} from '@tscc/syscall'
import { describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { caught, returnZero, u32, u64 } from './real-kernel.ts'

const kernel = hostKernel()

const map = (name: string, more: Partial<LoadableMap> = {}): LoadableMap => ({
  name,
  type: bpfMapTypes.BPF_MAP_TYPE_ARRAY,
  keySize: 4,
  valueSize: 8,
  maxEntries: 1,
  flags: 0,
  keyTypeId: 0,
  valueTypeId: 0,
  pinning: 'none',
  slots: [],
  data: new Uint8Array(0),
  frozen: false,
  ...more,
})

const program = (name: string, code: Uint8Array, more: Partial<LoadableProgram> = {}): LoadableProgram => ({
  name,
  type: bpfProgramTypes.BPF_PROG_TYPE_SOCKET_FILTER,
  expectedAttachType: 0,
  flags: 0,
  attachBtfId: 0,
  code,
  maps: [],
  modules: [],
  funcInfo: new Uint8Array(0),
  lineInfo: new Uint8Array(0),
  ...more,
})

const plan = (maps: readonly LoadableMap[], programs: readonly LoadableProgram[]): LoadPlan => ({
  license: 'Dual MIT/GPL',
  btf: [],
  maps,
  programs,
})

/** `r1 = &value + offset (src 2); r0 = *(u32 *)r1; r0 += 1; *(u32 *)r1 = r0; exit` */
const increment = (offset: number): Uint8Array =>
  Uint8Array.of(
    ...[0x18, 0x21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, offset, 0, 0, 0],
    ...[0x61, 0x10, 0, 0, 0, 0, 0, 0, 0x07, 0, 0, 0, 1, 0, 0, 0],
    ...[0x63, 0x01, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0],
  )
/** `r0 = r5; exit` */
const readsR5 = Uint8Array.of(0xbf, 0x50, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0)
const packet = new Uint8Array(64)

describe.skipIf(!needs('root', 'bpf_ids'))('a plan on this kernel', () => {
  test('data with its first content, read back through a mapping while the program counts', () => {
    const data = map('tscc_data.x', { flags: bpfMapFlags.BPF_F_MMAPABLE, data: u64(5n << 32n) })
    using loaded = loadPlan(
      kernel,
      plan([map('tscc_other'), data], [program('count', increment(4), { maps: [{ at: 0, map: 1 }] })]),
    )
    using values = mapValues(loaded.map('tscc_data.x'))
    const view = new DataView(values.element(0).buffer, values.element(0).byteOffset)
    expect(view.getUint32(4, true)).toBe(5)
    expect(testRun(kernel, loaded.program('count'), { data: packet }).returnValue).toBe(6)
    expect(view.getUint32(4, true)).toBe(6)
  })

  test('frozen content is the verifier’s constant, and user space cannot write it', () => {
    const rodata = map('tscc_ro', { flags: bpfMapFlags.BPF_F_RDONLY_PROG, data: u64(7n), frozen: true })
    const read = Uint8Array.of(
      ...[0x18, 0x21, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      ...[0x61, 0x10, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0],
    )
    using loaded = loadPlan(kernel, plan([rodata], [program('read', read, { maps: [{ at: 0, map: 0 }] })]))
    expect(testRun(kernel, loaded.program('read'), { data: packet }).returnValue).toBe(7)
    expect(lookupElement(loaded.map('tscc_ro'), u32(0))).toEqual(u64(7n))
  })

  test('slots: a program in an array of programs, a map in a map of maps', () => {
    const inner = map('tscc_inner')
    const outer = map('tscc_outer', {
      type: bpfMapTypes.BPF_MAP_TYPE_ARRAY_OF_MAPS,
      valueSize: 4,
      maxEntries: 2,
      inner: map(''),
      slots: [{ index: 1, kind: 'map', target: 0 }],
    })
    const programs = map('tscc_progs', {
      type: bpfMapTypes.BPF_MAP_TYPE_PROG_ARRAY,
      valueSize: 4,
      maxEntries: 2,
      slots: [{ index: 1, kind: 'program', target: 0 }],
    })
    using loaded = loadPlan(kernel, plan([inner, outer, programs], [program('zero', returnZero)]))
    expect(lookupElement(loaded.map('tscc_outer'), u32(1))).toEqual(
      u32(mapInfo(kernel, loaded.map('tscc_inner').fd).id),
    )
    expect(lookupElement(loaded.map('tscc_outer'), u32(0))).toBeUndefined()
    expect(lookupElement(loaded.map('tscc_progs'), u32(1))?.length).toBe(4)
  })

  test('a refused program leaves nothing behind, and its error is the verifier’s', () => {
    const name = `left${process.pid}`.slice(0, 15)
    const bad = plan([map(name)], [program('fine', returnZero), program('reads_r5', readsR5)])
    expect(caught(() => loadPlan(kernel, bad))).toMatchObject({
      code: 'syscall/verifier',
      context: { program: 'reads_r5', reason: 'R5 !read_ok' },
    })
    const names = [...mapIds(kernel)].flatMap((id) => {
      using open = openMapById(kernel, id)
      return open === undefined ? [] : [open.name]
    })
    expect(names).not.toContain(name)
  })

  test('only what is asked for; wrong names say the nearest', () => {
    using loaded = loadPlan(kernel, plan([map('tscc_one')], [program('good', returnZero), program('leaks', readsR5)]), {
      only: ({ name }) => name === 'good',
    })
    expect(loaded.programs.map((one) => one?.name)).toEqual(['good', undefined])
    expect(() => loaded.program('leaks')).toThrow('program leaks: not found')
    expect(() => loaded.map('tscc_On')).toThrow('did you mean tscc_one')
  })

  test('a map that needs BTF, and a BTF that the kernel refuses: what it says of it', () => {
    const storage = map('tscc_storage', {
      type: bpfMapTypes.BPF_MAP_TYPE_SK_STORAGE,
      maxEntries: 0,
      flags: bpfMapFlags.BPF_F_NO_PREALLOC,
      keyTypeId: 1,
      valueTypeId: 1,
    })
    /** The type `int` of 4 bytes and so many bits: a header of 24 bytes, one type of 16, two strings. */
    const int = (bits: number): Uint8Array =>
      Buffer.concat([
        u32(0x0001_eb9f, 24, 0, 16, 16, 5),
        u32(1, 1 << 24, 4, bits),
        Uint8Array.from(Buffer.from('\0int\0')),
      ])
    const wrong = { ...plan([storage], []), btf: [int(64)] }
    expect(caught(() => loadPlan(kernel, wrong))).toMatchObject({
      code: 'syscall/map-btf',
      context: { map: 'tscc_storage', name: 'EINVAL', reason: expect.stringContaining('nr_bits exceeds type_size') },
    })
    // What needs none does without it.
    using loaded = loadPlan(kernel, {
      ...plan([map('tscc_plain', { keyTypeId: 1, valueTypeId: 1 })], []),
      btf: [int(64)],
    })
    expect(loaded.btf).toBeUndefined()
    using right = loadPlan(kernel, { ...plan([{ ...storage, valueSize: 4 }], []), btf: [int(32)] })
    expect(right.maps).toHaveLength(1)
  })

  test('a map pinned by name is shared, and one of another shape refused', () => {
    const folder = mkdtempSync('/sys/fs/bpf/tscc-test-')
    try {
      const shared = map('tscc_shared', { pinning: 'byName', data: u64(1n) })
      using first = loadPlan(kernel, plan([shared], []), { pinFolder: folder })
      using second = loadPlan(kernel, plan([shared], []), { pinFolder: folder })
      const idOf = (loaded: typeof first) => mapInfo(kernel, loaded.map('tscc_shared').fd).id
      expect(idOf(second)).toBe(idOf(first))
      expect(() => loadPlan(kernel, plan([{ ...shared, maxEntries: 2 }], []), { pinFolder: folder })).toThrow(
        `${join(folder, 'tscc_shared')}: the map pinned here is another one`,
      )
      using third = loadPlan(kernel, plan([shared], []), {
        reuse: new Map([['tscc_shared', first.map('tscc_shared')]]),
      })
      expect(third.map('tscc_shared')).toBe(first.map('tscc_shared'))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
