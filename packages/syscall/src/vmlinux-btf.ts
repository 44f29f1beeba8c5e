import { errnoName } from './errno.ts'
import type { Kernel } from './kernel.ts'
import { syscallErrors } from './syscall-errors.ts'

const path = '/sys/kernel/btf/vmlinux'
const pageSize = 4096

/** The view of a kernel's BTF is made once: mapping it again would only use up address space. */
const mapped: WeakMap<Kernel, Uint8Array> = new WeakMap()

/**
 * The running kernel's own BTF, raw.
 *
 * From 6.16 the pages of the kernel itself are mapped, which takes microseconds and no memory; before that they are
 * read once. The bytes are read-only: where they are mapped, a write to them kills the process.
 */
export function readVmlinuxBtf(kernel: Kernel): Uint8Array {
  const known = mapped.get(kernel)
  if (known !== undefined) return known
  const fd = kernel.openRead(path)
  if (fd < 0) throw syscallErrors.make('no-vmlinux-btf', { path, errno: -fd, name: errnoName(-fd) })
  try {
    const size = kernel.fileSize(fd)
    const bytes = tryMap(kernel, fd, size)
    if (bytes === undefined) return kernel.readAll(fd, size + pageSize)
    mapped.set(kernel, bytes)
    return bytes
  } finally {
    kernel.close(fd)
  }
}

/** Kernels before 6.16 have no mmap for this file (ENODEV). */
function tryMap(kernel: Kernel, fd: number, size: number): Uint8Array | undefined {
  if (size === 0) return undefined
  try {
    return kernel.mapMemory(fd, { length: size }).bytes
  } catch (error) {
    if (syscallErrors.is(error, 'syscall/libc')) return undefined
    throw error
  }
}

/** What tells one booted kernel's BTF from another's, without reading it. */
export interface BtfIdentity {
  /** Hex of the kernel's GNU build id; empty where /sys/kernel/notes cannot be read. */
  readonly buildId: string
  readonly bootId: string
  /** Bytes of the vmlinux BTF. */
  readonly size: number
  /** All three as one string, usable as a file name. */
  readonly key: string
}

/** The identity of the running kernel's BTF, in some tens of microseconds: a key for caches of what was found in it. */
export function btfIdentity(kernel: Kernel): BtfIdentity {
  const notes = kernel.readFile('/sys/kernel/notes')
  const buildId = notes === undefined ? '' : parseBuildId(notes)
  const boot = kernel.readFile('/proc/sys/kernel/random/boot_id')
  const bootId = boot === undefined ? '' : new TextDecoder().decode(boot).trim()
  const fd = kernel.openRead(path)
  let size = 0
  if (fd >= 0) {
    size = kernel.fileSize(fd)
    kernel.close(fd)
  }
  return { buildId, bootId, size, key: `${buildId || 'none'}-${bootId || 'none'}-${size}` }
}

const NT_GNU_BUILD_ID = 3

/** The GNU build id in a sequence of ELF notes (gABI, "Note Section"), in hex; empty when there is none. */
export function parseBuildId(notes: Uint8Array): string {
  const view = new DataView(notes.buffer, notes.byteOffset, notes.length)
  const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
  let at = 0
  while (at + 12 <= notes.length) {
    const nameSize = view.getUint32(at, littleEndian)
    const size = view.getUint32(at + 4, littleEndian)
    const type = view.getUint32(at + 8, littleEndian)
    const start = at + 12 + Math.ceil(nameSize / 4) * 4
    if (start + size > notes.length) return ''
    const name = String.fromCharCode(...notes.subarray(at + 12, at + 12 + Math.min(nameSize, 8)))
    if (type === NT_GNU_BUILD_ID && name === 'GNU\0')
      return Array.from(notes.subarray(start, start + Math.min(size, 64)), (b) => b.toString(16).padStart(2, '0')).join(
        '',
      )
    at = start + Math.ceil(size / 4) * 4
  }
  return ''
}
