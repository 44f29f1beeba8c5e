import { errno, libcError, libcFunction, mmapPrototype, viewMemory } from './libc-function.ts'

/** A mapped range as bytes. After `close()` the bytes read as zeros: the address range stays reserved, so no access can fault. */
export interface MappedMemory {
  readonly bytes: Uint8Array<ArrayBuffer>
  close(): void
  [Symbol.dispose](): void
}

/** What to map: a descriptor from `offset` (bytes, page-aligned), shared or private, read-only unless `writable`. */
export interface MapMemoryOptions {
  readonly length: number
  readonly offset?: number
  readonly writable?: boolean
  readonly shared?: boolean
}

const PROT_READ = 1
const PROT_WRITE = 2
const MAP_SHARED = 1
const MAP_PRIVATE = 2
const MAP_FIXED = 0x10
const MAP_ANONYMOUS = 0x20
const MAP_NORESERVE = 0x4000
const MAP_FAILED = 0xffff_ffff_ffff_ffffn

type Mmap = [bigint | null, number, number, number, number, number]

/** mmap(2) a descriptor. Writing to a mapping that is not `writable` kills the process: the processor refuses it. */
export function mapMemory(fd: number, options: MapMemoryOptions): MappedMemory {
  const { length, offset = 0, writable = false, shared = false } = options
  const mmap = libcFunction<Mmap, bigint>(mmapPrototype)
  const protection = writable ? PROT_READ | PROT_WRITE : PROT_READ
  const address = BigInt(mmap(null, length, protection, shared ? MAP_SHARED : MAP_PRIVATE, fd, offset))
  if (address === MAP_FAILED) throw libcError('mmap', errno())
  const bytes = viewMemory(address, length)
  let open = true
  const close = (): void => {
    if (!open) return
    open = false
    // JavaScript cannot take a view back: anonymous pages under it make a late access harmless.
    const flags = MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS | MAP_NORESERVE
    if (BigInt(mmap(address, length, PROT_READ | PROT_WRITE, flags, -1, 0)) === MAP_FAILED)
      throw libcError('mmap', errno())
  }
  return { bytes, close, [Symbol.dispose]: close }
}
