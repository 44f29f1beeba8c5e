import { spawnSync } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { bootsByPvh, elfSection, elfSections, kernelBtf, unpackKernel } from '../lib/kernel-image.mjs'

/** An ELF64 file with these sections. */
function elf(sections: Readonly<Record<string, Buffer>>, big = false): Buffer {
  const names = ['', ...Object.keys(sections), '.shstrtab']
  const strings = Buffer.from(names.map((name) => `${name}\0`).join(''))
  const bodies = [Buffer.alloc(0), ...Object.values(sections), strings]
  const header = Buffer.alloc(64)
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, big ? 2 : 1, 1])
  const u16 = (to: Buffer, value: number, at: number) =>
    big ? to.writeUInt16BE(value, at) : to.writeUInt16LE(value, at)
  const u32 = (to: Buffer, value: number, at: number) =>
    big ? to.writeUInt32BE(value, at) : to.writeUInt32LE(value, at)
  const u64 = (to: Buffer, value: number, at: number) =>
    big ? to.writeBigUInt64BE(BigInt(value), at) : to.writeBigUInt64LE(BigInt(value), at)
  const data = Buffer.concat(bodies)
  u64(header, 64 + data.length, 40)
  u16(header, 64, 58)
  u16(header, bodies.length, 60)
  u16(header, bodies.length - 1, 62)
  const table = Buffer.alloc(64 * bodies.length)
  let [name, offset] = [0, 64]
  for (const [i, body] of bodies.entries()) {
    const row = table.subarray(64 * i)
    u32(row, name, 0)
    u64(row, offset, 24)
    u64(row, body.length, 32)
    name += (names[i]?.length ?? 0) + 1
    offset += body.length
  }
  return Buffer.concat([header, data, table])
}

/** A bzImage: setup sectors, then the payload with the unpacked size behind it. */
function bzImage(payload: Buffer, unpackedSize: number): Buffer {
  const setup = Buffer.alloc(5 * 512)
  setup[0x1f1] = 4
  setup.write('HdrS', 0x202, 'latin1')
  const before = Buffer.alloc(77, 0x90)
  setup.writeUInt32LE(before.length, 0x248)
  setup.writeUInt32LE(payload.length + 4, 0x24c)
  const size = Buffer.alloc(4)
  size.writeUInt32LE(unpackedSize)
  return Buffer.concat([setup, before, payload, size, Buffer.alloc(99, 0x90)])
}

const vmlinux = elf({ '.text': Buffer.alloc(4000, 7), '.BTF': Buffer.from('types') })

const packers: readonly (readonly [string, (bytes: Buffer) => Buffer | undefined])[] = [
  ['gzip', (bytes) => gzipSync(bytes)],
  ['xz', (bytes) => through('xz', ['-c'], bytes)],
  ['zstd', (bytes) => through('zstd', ['-cq'], bytes)],
  ['lz4', (bytes) => through('lz4', ['-lcq'], bytes)],
]

function through(command: string, args: readonly string[], input: Buffer): Buffer | undefined {
  const { stdout, error } = spawnSync(command, args, { input })
  if (error === undefined) return stdout
  console.log(`skipped: ${command} is not installed`)
  return undefined
}

describe('unpacking an image', () => {
  test.each(packers)('a bzImage with %s', (_, pack) => {
    const packed = pack(vmlinux)
    if (packed === undefined) return
    expect(unpackKernel(bzImage(packed, vmlinux.length))?.equals(vmlinux)).toBe(true)
  })

  test('a bzImage whose payload ends beyond the file', () => {
    const image = bzImage(gzipSync(vmlinux), vmlinux.length)
    image.writeUInt32LE(0x7fff_ffff, 0x24c)
    expect(() => unpackKernel(image)).toThrow(/^bzImage: the payload ends at \d+, the file at \d+$/)
  })

  test('an EFI zboot image, a gzip file, what is not packed', () => {
    const packed = gzipSync(vmlinux)
    const zboot = Buffer.alloc(64)
    zboot.write('MZ', 0, 'latin1')
    zboot.write('zimg', 4, 'latin1')
    zboot.writeUInt32LE(64, 8)
    zboot.writeUInt32LE(packed.length, 12)
    expect(unpackKernel(Buffer.concat([zboot, packed]))?.equals(vmlinux)).toBe(true)
    expect(unpackKernel(packed)?.equals(vmlinux)).toBe(true)
    expect(unpackKernel(vmlinux)?.equals(vmlinux)).toBe(true)
  })

  test('a raw image with a stream somewhere in it, after what looks like one', () => {
    const large = Buffer.concat([vmlinux, Buffer.alloc(100_000)])
    const image = Buffer.concat([
      Buffer.alloc(300, 1),
      Buffer.from([0x1f, 0x8b, 8]),
      Buffer.alloc(300, 1),
      gzipSync(large),
    ])
    expect(unpackKernel(image)?.equals(large)).toBe(true)
  })

  test('what is no kernel', () => {
    expect(unpackKernel(Buffer.alloc(2000, 3))).toBeUndefined()
    expect(unpackKernel(Buffer.alloc(0))).toBeUndefined()
  })
})

describe('sections', () => {
  test.each([false, true])('by name, big-endian %s', (big) => {
    const file = elf({ '.BTF': Buffer.from('types'), '.data': Buffer.from('x') }, big)
    expect(elfSections(file).map((section) => section.name)).toEqual(['', '.BTF', '.data', '.shstrtab'])
    expect(elfSection(file, '.BTF')?.toString()).toBe('types')
    expect(elfSection(file, '.none')).toBeUndefined()
    expect(kernelBtf(file)?.toString()).toBe('types')
  })

  test('of a file that was cut off: none', () => {
    expect(elfSections(vmlinux.subarray(0, vmlinux.length - 10))).toEqual([])
    expect(elfSections(Buffer.alloc(10))).toEqual([])
  })

  test.each([false, true])('BTF in an image without sections, big-endian %s', (big) => {
    const header = Buffer.alloc(24)
    if (big) header.set([0xeb, 0x9f, 1, 0, 0, 0, 0, 24])
    else header.set([0x9f, 0xeb, 1, 0, 24, 0, 0, 0])
    const small = Buffer.from(header)
    for (const [at, value] of [0, 600_000, 600_000, 200_000].entries())
      big ? header.writeUInt32BE(value, 8 + 4 * at) : header.writeUInt32LE(value, 8 + 4 * at)
    const btf = Buffer.concat([header, Buffer.alloc(800_000, 5)])
    const image = Buffer.concat([Buffer.alloc(100), small, Buffer.alloc(100), btf, Buffer.alloc(100)])
    expect(kernelBtf(image)?.equals(btf)).toBe(true)
  })
})

test('a kernel that boots by PVH has the note', () => {
  const note = Buffer.from('04000000080000001200000058656e00', 'hex')
  expect(bootsByPvh(elf({ '.notes': note }))).toBe(true)
  expect(bootsByPvh(vmlinux)).toBe(false)
})
