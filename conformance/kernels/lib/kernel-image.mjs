// From the file that a boot loader loads to the ELF file that the kernel was linked as, and its sections. Pure but for the
// decompressors, which Node lacks.
import { inflateRawSync } from 'node:zlib'
import { anyOutput, output } from './commands.mjs'

const startsWith = (bytes, magic) => magic.every((byte, i) => bytes[i] === byte)

/** How kernels are compressed. The kernel's build appends the unpacked size to a stream, which some tools do not like. */
const compressions = {
  gzip: { magic: [0x1f, 0x8b, 8], unpack: gunzipFirst },
  xz: {
    magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0],
    unpack: (bytes) => output('xz', ['-dc', '--single-stream'], { input: bytes }),
  },
  zstd: {
    magic: [0x28, 0xb5, 0x2f, 0xfd],
    unpack: (bytes) => throughTail('zstd', ['-dcq'], bytes),
    unpackStart: (bytes) => anyOutput('zstd', ['-dcq'], { input: bytes }),
  },
  lz4: {
    magic: [0x02, 0x21, 0x4c, 0x18],
    unpack: (bytes) => throughTail('lz4', ['-dcq'], bytes),
    unpackStart: (bytes) => anyOutput('lz4', ['-dcq'], { input: bytes }),
  },
}

/** The first member of a gzip file (RFC 1952), whatever follows it; Node's own wants another member there, or nothing. */
function gunzipFirst(bytes) {
  const flags = bytes[3]
  const afterText = (at) => bytes.indexOf(0, at) + 1
  const extra = flags & 4 ? 12 + bytes.readUInt16LE(10) : 10
  const name = flags & 8 ? afterText(extra) : extra
  const comment = flags & 16 ? afterText(name) : name
  return inflateRawSync(bytes.subarray(flags & 2 ? comment + 2 : comment))
}

/** Without the four bytes of size, else with them. */
function throughTail(command, args, bytes) {
  try {
    return output(command, args, { input: bytes.subarray(0, -4) })
  } catch {
    return output(command, args, { input: bytes })
  }
}

/** Unpack one compressed stream of a kind that kernels use; undefined when it is none. */
export function decompress(bytes) {
  const found = Object.values(compressions).find(({ magic }) => startsWith(bytes, magic))
  return found?.unpack(bytes)
}

const elfMagic = [0x7f, 0x45, 0x4c, 0x46]

/**
 * The kernel inside of a boot image, unpacked: an ELF file (x86, s390x) or an Image (arm64). A file that is not packed is
 * returned as it is; undefined for what is no kernel.
 */
export function unpackKernel(bytes) {
  if (startsWith(bytes, elfMagic)) return s390Payload(bytes) ?? bytes
  return x86Payload(bytes) ?? zbootPayload(bytes) ?? decompress(bytes) ?? searchPayload(bytes) ?? arm64Image(bytes)
}

/** Documentation/arch/x86/boot.rst: `payload_offset` from the end of the setup sectors. */
function x86Payload(bytes) {
  if (bytes.length < 0x260 || bytes.toString('latin1', 0x202, 0x206) !== 'HdrS') return undefined
  const start = ((bytes[0x1f1] || 4) + 1) * 512 + bytes.readUInt32LE(0x248)
  const end = start + bytes.readUInt32LE(0x24c)
  if (end > bytes.length) throw new Error(`bzImage: the payload ends at ${end}, the file at ${bytes.length}`)
  return decompress(bytes.subarray(start, end))
}

/** drivers/firmware/efi/libstub/zboot-header.S: `MZ\0\0zimg`, offset, size. */
function zbootPayload(bytes) {
  if (bytes.length < 64 || bytes.toString('latin1', 4, 8) !== 'zimg') return undefined
  const [start, size] = [bytes.readUInt32LE(8), bytes.readUInt32LE(12)]
  return decompress(bytes.subarray(start, start + size))
}

/** Documentation/arch/arm64/booting.rst: `ARM\x64` at 56. */
function arm64Image(bytes) {
  return bytes.length > 64 && bytes.toString('latin1', 56, 60) === 'ARMd' ? bytes : undefined
}

/** s390x: an ELF file or a raw image whose decompressor has the compressed kernel somewhere in it. */
function s390Payload(bytes) {
  return bytes[5] === 2 && !elfSections(bytes).some(({ name }) => name === '.BTF') ? searchPayload(bytes) : undefined
}

/** The stream in it that unpacks to something larger than the file; what follows a stream is not looked at. */
function searchPayload(bytes) {
  for (const { magic, unpack, unpackStart = unpack } of Object.values(compressions)) {
    const needle = Buffer.from(magic)
    for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + 1)) {
      try {
        const unpacked = unpackStart(bytes.subarray(at))
        if (unpacked.length > bytes.length) return unpacked
      } catch {
        // These bytes only looked like the start of a stream
      }
    }
  }
  return undefined
}

/** Sections of an ELF64 file of either byte order: `{ name, offset, size }`. */
export function elfSections(bytes) {
  if (!startsWith(bytes, elfMagic) || bytes[4] !== 2) return []
  const big = bytes[5] === 2
  const u16 = (at) => (big ? bytes.readUInt16BE(at) : bytes.readUInt16LE(at))
  const u32 = (at) => (big ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at))
  const u64 = (at) => Number(big ? bytes.readBigUInt64BE(at) : bytes.readBigUInt64LE(at))
  const [table, entrySize, count, namesIndex] = [u64(40), u16(58), u16(60), u16(62)]
  if (table === 0 || count === 0 || table + entrySize * count > bytes.length) return []
  const header = (index) => table + index * entrySize
  const names = u64(header(namesIndex) + 24)
  return Array.from({ length: count }, (_, index) => {
    const at = header(index)
    const start = names + u32(at)
    return { name: bytes.toString('latin1', start, bytes.indexOf(0, start)), offset: u64(at + 24), size: u64(at + 32) }
  })
}

/** The bytes of one section; undefined where there is none of that name. */
export function elfSection(bytes, name) {
  const found = elfSections(bytes).find((section) => section.name === name)
  return found === undefined ? undefined : bytes.subarray(found.offset, found.offset + found.size)
}

/**
 * The BTF of an unpacked kernel: the section, or, in an image without sections (arm64, s390x), what has the header's
 * magic and lengths that fit.
 */
export function kernelBtf(bytes) {
  const section = elfSection(bytes, '.BTF')
  if (section !== undefined) return section
  for (const big of [false, true]) {
    const magic = Buffer.from(big ? [0xeb, 0x9f, 1, 0, 0, 0, 0, 24] : [0x9f, 0xeb, 1, 0, 24, 0, 0, 0])
    for (let at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at + 1)) {
      const u32 = (offset) => (big ? bytes.readUInt32BE(at + offset) : bytes.readUInt32LE(at + offset))
      const [typeOffset, typeLength, stringOffset, stringLength] = [8, 12, 16, 20].map(u32)
      // vmlinux's is megabytes of types, then strings; anything smaller is a constant of the code
      if (typeOffset === 0 && stringOffset === typeLength && typeLength > 500_000 && stringLength > 100_000)
        return bytes.subarray(at, at + 24 + stringOffset + stringLength)
    }
  }
  return undefined
}

/** Can QEMU start this vmlinux directly? It has the note for PVH (XEN_ELFNOTE_PHYS32_ENTRY, 18), which saves unpacking. */
export function bootsByPvh(bytes) {
  return [4, 8].some((size) => {
    const note = Buffer.alloc(16)
    note.writeUInt32LE(4, 0)
    note.writeUInt32LE(size, 4)
    note.writeUInt32LE(18, 8)
    note.write('Xen\0', 12, 'latin1')
    return bytes.includes(note)
  })
}
