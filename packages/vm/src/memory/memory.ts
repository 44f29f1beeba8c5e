import { vmErrors } from '../vm-errors.ts'
import {
  CODE_REGION,
  FIRST_FRAME,
  FIRST_FREE,
  FRAME_SIZE,
  FRAMES,
  GENERATIONS,
  HEAP,
  MAX_REGIONS,
  ROW_SIZE,
  STACK,
  TABLE,
  TWO_32,
} from './layout.ts'

/** What programs may do with a region. */
export type Access = 'none' | 'read' | 'read-write'

/** A piece of guest memory; what lies outside of it faults. */
export interface Region {
  readonly name: string
  /** Guest address of its first byte, for arguments and for pointers in other regions. */
  readonly address: number
  readonly size: number
  /** The bytes that programs see, little-endian: good for reads and writes of the host until the region is closed. */
  readonly bytes: Uint8Array
  readonly view: DataView
  /** Give it back: pointers to it fault from now on. */
  close(): void
  [Symbol.dispose](): void
}

/** What a region is to be. */
export interface RegionSpec {
  /** For faults. */
  readonly name: string
  readonly size: number
  /** Default `read-write`. */
  readonly access?: Access
}

/** The linear memory of a machine and its table of regions. */
export interface Memory {
  /** Undefined where the host has no WebAssembly. */
  readonly wasm: WebAssembly.Memory | undefined
  readonly bytes: Uint8Array
  readonly view: DataView
  allocate(spec: RegionSpec): Region
  /** A region of bytes that belong to another, from `start` of the linear memory on. */
  window(spec: RegionSpec, start: number): Region
  /** Bytes of the linear memory without a region: 16-byte aligned, zero. */
  reserve(name: string, size: number): number
  release(start: number, size: number): void
  /** Where in the linear memory a guest address lies, if `size` bytes may be accessed there; else -1. */
  resolve(address: number, size: number, write: boolean): number
  /** The region whose tag an address has. */
  find(address: number): { readonly region: Region; readonly offset: number } | undefined
  /** Do something when the region that an address points into is closed. */
  onClose(address: number, then: () => void): void
  /** How many bytes of a region programs may access. */
  limit(region: Region, access: 'read' | 'write'): number
  /** Let programs access a frame (or not). */
  openFrame(depth: number, open: boolean): void
}

const GRANULE = 16
const PAGE = 65536
/** What a WebAssembly memory can have, less what the machine needs itself. */
const MAX_MEMORY = 2 ** 32 - 2 * 2 ** 20

/** Undefined where there is no WebAssembly, or where a page's policy forbids to make any. */
function wasmMemory(pages: number): WebAssembly.Memory | undefined {
  if (typeof WebAssembly !== 'object') return undefined
  try {
    // The smallest module there is: its header
    new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))
    return new WebAssembly.Memory({ initial: pages })
  } catch {
    return undefined
  }
}

/** Make a memory whose regions have `size` bytes together. */
export function createMemory(size: number): Memory {
  if (!(Number.isInteger(size) && size >= 0 && size <= MAX_MEMORY))
    throw vmErrors.make('bad-size', { what: 'memory', size, expected: MAX_MEMORY })
  const pages = Math.ceil((HEAP + size) / PAGE)
  const wasm = wasmMemory(pages)
  const buffer = wasm?.buffer ?? new ArrayBuffer(pages * PAGE)
  const bytes = new Uint8Array(buffer)
  const view = new DataView(buffer)
  const table = new Uint32Array(buffer, TABLE, (MAX_REGIONS * ROW_SIZE) / 4)
  const regions: (Region | undefined)[] = []
  const freeRegions: number[] = []
  const freed = new Map<number, number[]>()
  const whenClosed = new Map<number, (() => void)[]>()
  let nextRegion = FIRST_FREE
  let nextByte = HEAP

  const rounded = (length: number): number => Math.ceil(Math.max(length, 1) / GRANULE) * GRANULE
  const setRow = (index: number, start: number, read: number, write: number, tag: number): void => {
    const row = index * 4
    table[row] = start
    table[row + 1] = read
    table[row + 2] = write
    table[row + 3] = tag
  }
  const tagOf = (index: number): number => table[index * 4 + 3] ?? 0

  const reserve = (name: string, length: number): number => {
    const need = rounded(length)
    const again = freed.get(need)?.pop()
    if (again !== undefined) {
      bytes.fill(0, again, again + need)
      return again
    }
    if (!(nextByte + need <= bytes.length))
      throw vmErrors.make('out-of-memory', { what: name, size: length, free: bytes.length - nextByte })
    const start = nextByte
    nextByte += need
    return start
  }
  const release = (start: number, length: number): void => {
    const need = rounded(length)
    const list = freed.get(need)
    if (list === undefined) freed.set(need, [start])
    else list.push(start)
  }
  const freeRegion = (name: string): number => {
    // The one that has been free for longest, once there is no fresh one: an old pointer is told for as long as can be
    if (nextRegion < MAX_REGIONS) return nextRegion++
    const index = freeRegions.shift()
    if (index === undefined) throw vmErrors.make('out-of-regions', { what: name, limit: MAX_REGIONS - FIRST_FREE })
    return index
  }
  const openRegion = (
    { name, size: length, access = 'read-write' }: RegionSpec,
    start: number,
    end: () => void,
  ): Region => {
    const index = freeRegion(name)
    const generation = regions.length > index ? ((tagOf(index) >>> 16) + 1) % GENERATIONS : 0
    const tag = generation * MAX_REGIONS + index
    setRow(index, start, access === 'none' ? 0 : length, access === 'read-write' ? length : 0, tag)
    let open = true
    const close = (): void => {
      if (!open) return
      open = false
      setRow(index, 0, 0, 0, tag)
      freeRegions.push(index)
      end()
      for (const then of whenClosed.get(index) ?? []) then()
      whenClosed.delete(index)
    }
    const region: Region = {
      name,
      address: tag * TWO_32,
      size: length,
      bytes: bytes.subarray(start, start + length),
      view: new DataView(buffer, start, length),
      close,
      [Symbol.dispose]: close,
    }
    regions[index] = region
    return region
  }
  const frameNames = (depth: number): Region => {
    const start = STACK + depth * FRAME_SIZE
    return {
      name: `frame ${depth}`,
      address: (FIRST_FRAME + depth) * TWO_32,
      size: FRAME_SIZE,
      bytes: bytes.subarray(start, start + FRAME_SIZE),
      view: new DataView(buffer, start, FRAME_SIZE),
      close: () => undefined,
      [Symbol.dispose]: () => undefined,
    }
  }

  setRow(CODE_REGION, 0, 0, 0, CODE_REGION)
  for (let depth = 0; depth < FRAMES; depth++) {
    const index = FIRST_FRAME + depth
    setRow(index, STACK + depth * FRAME_SIZE, 0, 0, index)
    regions[index] = frameNames(depth)
  }

  return {
    wasm,
    bytes,
    view,
    reserve,
    release,
    allocate(spec) {
      if (!(Number.isInteger(spec.size) && spec.size >= 0 && spec.size < TWO_32))
        throw vmErrors.make('bad-size', { what: spec.name, size: spec.size, expected: bytes.length })
      const start = reserve(spec.name, spec.size)
      return openRegion(spec, start, () => release(start, spec.size))
    },
    window: (spec, start) => openRegion(spec, start, () => undefined),
    resolve(address, length, write) {
      const tag = Math.floor(address / TWO_32)
      const row = (tag & (MAX_REGIONS - 1)) * 4
      const offset = address >>> 0
      const limit = table[row + (write ? 2 : 1)] ?? 0
      return table[row + 3] === tag && offset + length <= limit ? (table[row] ?? 0) + offset : -1
    },
    find(address) {
      const tag = Math.floor(address / TWO_32)
      const index = tag & (MAX_REGIONS - 1)
      const region = regions[index]
      return region !== undefined && tagOf(index) === tag ? { region, offset: address >>> 0 } : undefined
    },
    onClose(address, then) {
      const index = Math.floor(address / TWO_32) & (MAX_REGIONS - 1)
      const list = whenClosed.get(index)
      if (list === undefined) whenClosed.set(index, [then])
      else list.push(then)
    },
    limit: ({ address }, access) =>
      table[(Math.floor(address / TWO_32) & (MAX_REGIONS - 1)) * 4 + (access === 'write' ? 2 : 1)] ?? 0,
    openFrame(depth, open) {
      const row = (FIRST_FRAME + depth) * 4
      table[row + 1] = open ? FRAME_SIZE : 0
      table[row + 2] = open ? FRAME_SIZE : 0
    },
  }
}
