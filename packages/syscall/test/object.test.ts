import { mkdirSync, mkdtempSync, rmdirSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  btfBytes,
  btfIdentity,
  btfIds,
  btfInfo,
  createMap,
  enableStats,
  hostKernel,
  linkIds,
  loadBtf,
  loadProgram,
  lookupElement,
  mapIds,
  mapInfo,
  openBtfById,
  openMapById,
  openPinnedLink,
  openPinnedMap,
  openPinnedProgram,
  openProgramById,
  pinObject,
  programCode,
  programIds,
  programInfo,
  programMapIds,
  readVmlinuxBtf,
  testRun,
  updateElement,
} from '@tscc/syscall'
import { callLibc } from '@tscc/syscall/libc'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { caught, returnZero, skipReal, u32, u64 } from './real-kernel.ts'

/** Raw BTF of one `int`: header, BTF_KIND_INT of 4 bytes, signed, strings `\0int\0`. */
const tinyBtf = new Uint8Array([
  ...[0x9f, 0xeb, 1, 0, 24, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 16, 0, 0, 0, 5, 0, 0, 0],
  ...[1, 0, 0, 0, 0, 0, 0, 1, 4, 0, 0, 0, 32, 0, 0, 1],
  ...[0, 0x69, 0x6e, 0x74, 0],
])

describe.skipIf(skipReal('objects'))('objects on the real kernel', () => {
  const kernel = hostKernel()
  const program = { type: 'BPF_PROG_TYPE_SOCKET_FILTER', instructions: returnZero, name: 'tscc_obj' } as const
  const map = { type: 'BPF_MAP_TYPE_ARRAY', keySize: 4, valueSize: 8, maxEntries: 4, name: 'tscc_obj' } as const

  it('BTF: load, info, bytes, rejection', () => {
    using btf = loadBtf(kernel, tinyBtf)
    const info = btfInfo(kernel, btf.fd)
    expect(info).toMatchObject({ btf_size: tinyBtf.length, name: '', kernel_btf: 0 })
    expect(btfBytes(kernel, btf.fd)).toEqual(tinyBtf)
    using again = openBtfById(kernel, info.id)
    expect(again && btfInfo(kernel, again.fd).id).toBe(info.id)
    expect(caught(() => loadBtf(kernel, new Uint8Array(24)))).toMatchObject({
      code: 'syscall/btf',
      context: { reason: 'Invalid magic', name: 'EINVAL' },
    })
  })

  it('the first BTF is the one of vmlinux', () => {
    const [first] = btfIds(kernel)
    using btf = openBtfById(kernel, first ?? 0)
    const info = btf && btfInfo(kernel, btf.fd)
    expect(info).toMatchObject({ name: 'vmlinux', kernel_btf: 1, btf_size: readVmlinuxBtf(kernel).length })
  })

  it('program: info, code, maps, by id', () => {
    using array = createMap(kernel, map)
    // r1 = map fd; r0 = 0; exit
    const fd = u32(array.fd)
    const instructions = new Uint8Array([0x18, 0x11, 0, 0, ...fd, 0, 0, 0, 0, 0, 0, 0, 0, ...returnZero])
    using loaded = loadProgram(kernel, { ...program, instructions })
    const info = programInfo(kernel, loaded.fd)
    expect(info).toMatchObject({ type: 1, name: 'tscc_obj', nr_map_ids: 1, created_by_uid: process.getuid?.() })
    expect(info.tag).toMatch(/^[0-9a-f]{16}$/)
    expect(programMapIds(kernel, loaded.fd)).toEqual([mapInfo(kernel, array.fd).id])
    expect(programCode(kernel, loaded.fd).subarray(-16)).toEqual(returnZero)
    if (info.jited_prog_len > 0) expect(programCode(kernel, loaded.fd, 'jited').length).toBe(info.jited_prog_len)
    expect([...programIds(kernel)]).toContain(info.id)
    using again = openProgramById(kernel, info.id)
    expect(again).toMatchObject({ kind: 'program', name: 'tscc_obj', type: 1 })
  })

  it('map: info, by id, with its shape', () => {
    using created = createMap(kernel, map)
    const info = mapInfo(kernel, created.fd)
    expect(info).toMatchObject({ type: 2, key_size: 4, value_size: 8, max_entries: 4, name: 'tscc_obj' })
    expect([...mapIds(kernel)]).toContain(info.id)
    using again = openMapById(kernel, info.id)
    if (again === undefined) throw new Error('the map is gone')
    updateElement(created, u32(1), u64(77n))
    expect(lookupElement(again, u32(1))).toEqual(u64(77n))
    expect([...linkIds(kernel)].every((id) => id > 0)).toBe(true)
  })

  it('an id that is gone is undefined', () => {
    expect([openMapById(kernel, 0x7fff_ffff), openProgramById(kernel, 0x7fff_ffff)]).toEqual([undefined, undefined])
  })

  it('test-run brings back the return value, the packet and the time', () => {
    using loaded = loadProgram(kernel, program)
    const data = Uint8Array.from({ length: 64 }, (_, i) => i)
    const result = testRun(kernel, loaded, { data, repeat: 100, dataOutSize: 128 })
    expect([result.returnValue, result.data.length, result.durationNs < 1e6]).toEqual([0, 64, true])
    expect(caught(() => testRun(kernel, loaded, { data: new Uint8Array(3) }))).toMatchObject({
      context: { command: 'BPF_PROG_TEST_RUN', name: 'EINVAL' },
    })
  })

  it('test-run of a SYSCALL program writes into a copy of the context', () => {
    // *(u32 *)(r1 + 0) = 42; r0 = 7; exit
    const instructions = Uint8Array.of(0x62, 1, 0, 0, 42, 0, 0, 0, 0xb7, 0, 0, 0, 7, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0)
    using loaded = loadProgram(kernel, { type: 'BPF_PROG_TYPE_SYSCALL', instructions, flags: 1 << 4 })
    const context = u64(0n)
    const result = testRun(kernel, loaded, { context })
    expect([result.returnValue, result.context, context]).toEqual([7, u64(42n), u64(0n)])
  })

  it('statistics count while they are enabled', () => {
    using loaded = loadProgram(kernel, program)
    const stats = enableStats(kernel)
    testRun(kernel, loaded, { data: new Uint8Array(64), repeat: 10 })
    stats.close()
    const { run_cnt, run_time_ns } = programInfo(kernel, loaded.fd)
    expect([run_cnt, (run_time_ns ?? 0n) > 0n]).toEqual([10n, true])
  })

  describe('pins', () => {
    const directory = mkdtempSync(join(tmpdir(), 'tscc-bpffs-'))
    const mount = 'int mount(const char *source, const char *target, const char *type, unsigned long flags, void *data)'
    beforeAll(() => {
      callLibc(mount, 'bpf', directory, 'bpf', 0, null)
    })
    afterAll(() => {
      callLibc('int umount2(const char *target, int flags)', directory, 2)
      rmdirSync(directory)
    })

    it('survive their descriptors and open as what they are', () => {
      mkdirSync(join(directory, 'sub'))
      const mapPath = join(directory, 'sub', 'map')
      const programPath = join(directory, 'program')
      {
        using created = createMap(kernel, map)
        updateElement(created, u32(2), u64(5n))
        pinObject(kernel, created, mapPath)
        using loaded = loadProgram(kernel, program)
        pinObject(kernel, loaded, programPath)
        expect(caught(() => pinObject(kernel, loaded, programPath))).toMatchObject({ context: { name: 'EEXIST' } })
      }
      using pinnedMap = openPinnedMap(kernel, mapPath)
      expect(lookupElement(pinnedMap, u32(2))).toEqual(u64(5n))
      using pinnedProgram = openPinnedProgram(kernel, programPath)
      expect(pinnedProgram.name).toBe('tscc_obj')
      expect(caught(() => openPinnedLink(kernel, mapPath))).toMatchObject({
        code: 'syscall/pin-kind',
        context: { found: 'map', expected: 'link' },
      })
      expect(caught(() => openPinnedMap(kernel, join(directory, 'none')))).toMatchObject({
        context: { name: 'ENOENT' },
      })
      unlinkSync(mapPath)
      unlinkSync(programPath)
    })
  })

  it('the identity of the vmlinux BTF is stable', () => {
    const identity = btfIdentity(kernel)
    expect(identity).toEqual(btfIdentity(hostKernel()))
    expect(identity.size).toBe(readVmlinuxBtf(kernel).length)
    expect(identity.key).toMatch(/^([0-9a-f]{40}|none)-[0-9a-f-]{36}-\d+$/)
  })
})
