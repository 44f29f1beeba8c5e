import { buildInsn } from './build-insn.ts'
import type {
  Atomic,
  AtomicFetchOp,
  AtomicOp,
  AtomicSize,
  LdAbs,
  LdImm64,
  LdInd,
  Load,
  LoadAcquire,
  LoadSize,
  MemSize,
  PacketSize,
  Register,
  Store,
  StoreRelease,
  WritableRegister,
} from './insn.ts'
import { insnErrors } from './insn-errors.ts'

/** `dst = *(size *)(base + off)`; `s8`, `s16` and `s32` sign-extend (cpu v4), the rest zero-extends. */
export const load = (size: LoadSize, dst: WritableRegister, base: Register, off: number): Load =>
  buildInsn({ kind: 'load', size, dst, base, off })

const storeBits = { u8: 8, u16: 16, u32: 32, u64: 32 } as const

/** `*(size *)(base + off) = src`; a number must fit the size, signed or unsigned (for `u64`: 32 bits, sign-extended). */
export function store(size: MemSize, base: Register, off: number, src: Register | number): Store {
  const insn = buildInsn<Store>({ kind: 'store', size, base, off, src })
  if (typeof src === 'number') {
    const bits = storeBits[size]
    const min = -(2 ** (bits - 1))
    const max = 2 ** bits - 1
    if (src < min || src > max)
      throw insnErrors.make('out-of-range', { insn: `st.${size}`, field: 'src', value: src, min, max })
  }
  return insn
}

const update =
  (op: AtomicOp) =>
  (size: AtomicSize, base: Register, off: number, src: Register): Atomic =>
    buildInsn({ kind: 'atomic', op, size, base, off, src })
const fetch =
  (op: AtomicFetchOp) =>
  (size: AtomicSize, base: Register, off: number, src: WritableRegister): Atomic =>
    buildInsn({ kind: 'atomic', op, size, base, off, src })
type UpdateConstructor = (size: AtomicSize, base: Register, off: number, src: Register) => Atomic
type FetchConstructor = (size: AtomicSize, base: Register, off: number, src: WritableRegister) => Atomic

/** `lock *(size *)(base + off) += src` */
export const atomicAdd: UpdateConstructor = update('add')
/** `lock *(size *)(base + off) |= src` (cpu v3) */
export const atomicOr: UpdateConstructor = update('or')
/** `lock *(size *)(base + off) &= src` (cpu v3) */
export const atomicAnd: UpdateConstructor = update('and')
/** `lock *(size *)(base + off) ^= src` (cpu v3) */
export const atomicXor: UpdateConstructor = update('xor')
/** `src = atomic_fetch_add(base + off, src)` (cpu v3) */
export const fetchAdd: FetchConstructor = fetch('fetch_add')
/** `src = atomic_fetch_or(base + off, src)` (cpu v3) */
export const fetchOr: FetchConstructor = fetch('fetch_or')
/** `src = atomic_fetch_and(base + off, src)` (cpu v3) */
export const fetchAnd: FetchConstructor = fetch('fetch_and')
/** `src = atomic_fetch_xor(base + off, src)` (cpu v3) */
export const fetchXor: FetchConstructor = fetch('fetch_xor')
/** `src = xchg(base + off, src)` (cpu v3) */
export const xchg: FetchConstructor = fetch('xchg')
/** `r0 = cmpxchg(base + off, r0, src)` (cpu v3) */
export const cmpxchg: UpdateConstructor = (size, base, off, src) =>
  buildInsn({ kind: 'atomic', op: 'cmpxchg', size, base, off, src })

/** `dst = load_acquire(base + off)` (feature load_acquire) */
export const loadAcquire = (size: MemSize, dst: WritableRegister, base: Register, off: number): LoadAcquire =>
  buildInsn({ kind: 'loadAcquire', size, dst, base, off })
/** `store_release(base + off, src)` (feature store_release) */
export const storeRelease = (size: MemSize, base: Register, off: number, src: Register): StoreRelease =>
  buildInsn({ kind: 'storeRelease', size, base, off, src })

/** `r0 = *(size *)skb[imm]`, legacy packet load: network order, reads r6, clobbers r1 to r5. */
export const ldAbs = (size: PacketSize, imm: number): LdAbs => buildInsn({ kind: 'ldAbs', size, imm })
/** `r0 = *(size *)skb[src + imm]`, legacy packet load like {@link ldAbs}. */
export const ldInd = (size: PacketSize, src: Register, imm: number): LdInd =>
  buildInsn({ kind: 'ldInd', size, src, imm })

/** What a 64-bit immediate may stand for instead of a number (RFC 9669 section 5.4). */
export type WideSource<Target extends string | number = string | number> =
  | { readonly mapFd: number }
  /** The address `off` bytes into the first value of the map. */
  | { readonly mapValue: number; readonly off: number }
  /** A kernel variable; `btfFd` 0 (the default) is vmlinux. */
  | { readonly btfId: number; readonly btfFd?: number }
  /** A function of the program: a label, or a distance in slots. */
  | { readonly func: Target }
  | { readonly mapIdx: number }
  | { readonly mapIdxValue: number; readonly off: number }

/** `dst = value ll`, two slots; the value is a bigint in s64 or u64, or a pseudo source that the kernel resolves. */
export function ldImm64(dst: WritableRegister, value: bigint | WideSource<number>): LdImm64
export function ldImm64(dst: WritableRegister, value: bigint | WideSource): LdImm64<number> | LdImm64<string>
export function ldImm64(dst: WritableRegister, value: bigint | WideSource): LdImm64<number> | LdImm64<string> {
  const kind = 'ldImm64'
  if (typeof value !== 'object') return buildInsn({ kind, source: 'value', dst, value })
  if ('mapFd' in value) return buildInsn({ kind, source: 'mapFd', dst, mapFd: value.mapFd })
  if ('mapValue' in value)
    return buildInsn({ kind, source: 'mapValue', dst, mapFd: value.mapValue, valueOff: value.off })
  if ('btfId' in value) return buildInsn({ kind, source: 'btfId', dst, btfId: value.btfId, btfFd: value.btfFd ?? 0 })
  if ('mapIdx' in value) return buildInsn({ kind, source: 'mapIdx', dst, mapIdx: value.mapIdx })
  if ('mapIdxValue' in value)
    return buildInsn({ kind, source: 'mapIdxValue', dst, mapIdx: value.mapIdxValue, valueOff: value.off })
  const target = value.func
  return typeof target === 'string'
    ? buildInsn({ kind, source: 'func', dst, target })
    : buildInsn({ kind, source: 'func', dst, target })
}
