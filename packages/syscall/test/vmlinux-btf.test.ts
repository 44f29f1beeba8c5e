import { existsSync, readFileSync } from 'node:fs'
import {
  btfIdentity,
  fakeKernel,
  hostKernel,
  kernelRelease,
  olderThan,
  parseBuildId,
  probeFeatures,
  readVmlinuxBtf,
  syscallErrors,
} from '@tscc/syscall'
import { libcError } from '@tscc/syscall/libc'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { caught, u32 } from './real-kernel.ts'

const path = '/sys/kernel/btf/vmlinux'

describe('readVmlinuxBtf', () => {
  it('reads where the kernel cannot map', () => {
    const kernel = fakeKernel({
      files: { [path]: Uint8Array.of(0x9f, 0xeb, 1) },
      mapMemory: () => {
        throw libcError('mmap', 19)
      },
    })
    expect(readVmlinuxBtf(kernel)).toEqual(Uint8Array.of(0x9f, 0xeb, 1))
    expect(kernel.closedFds).toEqual([1000])
  })

  it('maps once', () => {
    let maps = 0
    const kernel = fakeKernel({
      files: { [path]: new Uint8Array(10) },
      mapMemory: (_, { length }) => {
        maps++
        return { bytes: new Uint8Array(length), close() {}, [Symbol.dispose]() {} }
      },
    })
    expect(readVmlinuxBtf(kernel)).toBe(readVmlinuxBtf(kernel))
    expect(maps).toBe(1)
  })

  it('names the mend where there is none', () => {
    const error = caught(() => readVmlinuxBtf(fakeKernel()))
    expect(syscallErrors.is(error, 'syscall/no-vmlinux-btf') && error.message).toMatch(/ENOENT.*CONFIG_DEBUG_INFO_BTF/)
  })

  it.skipIf(!existsSync(path))('gives what the file holds', () => {
    const bytes = readVmlinuxBtf(hostKernel())
    expect(Buffer.compare(bytes, readFileSync(path))).toBe(0)
  })

  it.skipIf(!existsSync(path) || olderThan(kernelRelease(hostKernel()), '6.16'))(
    'maps from 6.16, in under 1 ms',
    () => {
      expect(probeFeatures(hostKernel()).vmlinuxBtfMmap).toMatchObject({ supported: true })
      readVmlinuxBtf(hostKernel())
      const times = Array.from({ length: 5 }, () => {
        const kernel = hostKernel()
        const start = performance.now()
        readVmlinuxBtf(kernel)
        return performance.now() - start
      })
      expect(Math.min(...times)).toBeLessThan(1)
    },
  )
})

describe('btfIdentity', () => {
  const gnu = Uint8Array.of(0x47, 0x4e, 0x55, 0)
  const note = (type: number, data: Uint8Array): Uint8Array =>
    Uint8Array.of(...u32(4, data.length, type), ...gnu, ...data)

  it('takes the build id out of the notes', () => {
    const notes = Uint8Array.of(...note(1, u32(0, 0)), ...note(3, Uint8Array.of(0xab, 0xcd, 0, 1)))
    expect(parseBuildId(notes)).toBe('abcd0001')
    const kernel = fakeKernel({
      files: { '/sys/kernel/notes': notes, '/proc/sys/kernel/random/boot_id': 'b-o-o-t\n', [path]: new Uint8Array(12) },
    })
    expect(btfIdentity(kernel)).toEqual({
      buildId: 'abcd0001',
      bootId: 'b-o-o-t',
      size: 12,
      key: 'abcd0001-b-o-o-t-12',
    })
    expect(btfIdentity(fakeKernel()).key).toBe('none-none-0')
  })

  it('any bytes are notes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => /^[0-9a-f]*$/.test(parseBuildId(bytes))))
  })
})
