import type { Atomic, Insn, LoadSize, MemSize } from '@tscc/insn'
import { FRAME_SIZE, MAX_REGIONS, ROW_READ, ROW_START, ROW_TAG, ROW_WRITE, TABLE } from '../memory/layout.ts'
import { isInFrame, type Place } from '../program/frame-use.ts'
import { pushOperand } from './arithmetic.ts'
import { local, registerLocal } from './locals.ts'
import { wasm, wasmType } from './opcodes.ts'
import type { CodeWriter } from './wasm-writer.ts'

const loads: Readonly<Record<LoadSize, number>> = {
  u8: wasm.i64Load8U,
  u16: wasm.i64Load16U,
  u32: wasm.i64Load32U,
  u64: wasm.i64Load,
  s8: wasm.i64Load8S,
  s16: wasm.i64Load16S,
  s32: wasm.i64Load32S,
}
const stores: Readonly<Record<MemSize, number>> = {
  u8: wasm.i64Store8,
  u16: wasm.i64Store16,
  u32: wasm.i64Store32,
  u64: wasm.i64Store,
}

/** The place that an instruction accesses. */
const placeOf = (insn: {
  readonly base: Place['base']
  readonly off: number
  readonly size: LoadSize | MemSize
}): Place => ({
  ...{ base: insn.base, off: insn.off, size: Number(insn.size.slice(1)) / 8 },
})

/**
 * Leave whether an access is bad (i32), with `local.address` and `local.row` set: the tag has to be the row's, and the
 * offset's end within the row's limit. As 64-bit sums, none of this can wrap.
 */
function emitIsBad(code: CodeWriter, { base, off, size }: Place, limit: number): void {
  code.index(wasm.localGet, registerLocal(base))
  if (off !== 0) {
    code.i64(BigInt(off))
    code.op(wasm.i64Add)
  }
  code.index(wasm.localTee, local.address)
  code.i64(32n)
  code.op(wasm.i64ShrU, wasm.i32WrapI64)
  code.index(wasm.localTee, local.tag)
  code.i32(MAX_REGIONS - 1)
  code.op(wasm.i32And)
  code.i32(4)
  code.op(wasm.i32Shl)
  code.index(wasm.localTee, local.row)
  code.memory(wasm.i32Load, 2, TABLE + ROW_TAG)
  code.index(wasm.localGet, local.tag)
  code.op(wasm.i32Ne)
  code.index(wasm.localGet, local.address)
  code.i64(0xffff_ffffn)
  code.op(wasm.i64And)
  code.i64(BigInt(size))
  code.op(wasm.i64Add)
  code.index(wasm.localGet, local.row)
  code.memory(wasm.i64Load32U, 2, TABLE + limit)
  code.op(wasm.i64GtU, wasm.i32Or)
}

/** Leave the place in the linear memory, for an access at the offset that is given back. */
function pushPlace(code: CodeWriter, place: Place): number {
  if (isInFrame(place)) {
    code.index(wasm.localGet, local.frame)
    return FRAME_SIZE + place.off
  }
  code.index(wasm.localGet, local.row)
  code.memory(wasm.i32Load, 2, TABLE + ROW_START)
  code.index(wasm.localGet, local.address)
  code.op(wasm.i32WrapI64, wasm.i32Add)
  return 0
}

/** What accesses need of the function that they are in. */
export interface AccessContext {
  /** Slot of the instruction. */
  readonly slot: number
  /** The import that throws the fault of a bad access. */
  readonly fault: number
  readonly zeroReads: boolean
}

function emitCheck(code: CodeWriter, place: Place, limit: number, { slot, fault }: AccessContext): void {
  if (isInFrame(place)) return
  emitIsBad(code, place, limit)
  code.op(wasm.if, wasmType.empty)
  code.i32(slot)
  code.index(wasm.localGet, local.address)
  code.index(wasm.call, fault)
  code.op(wasm.unreachable, wasm.end)
}

/** `load` and `loadAcquire`. */
export function emitLoad(
  code: CodeWriter,
  insn: Extract<Insn, { readonly kind: 'load' | 'loadAcquire' }>,
  context: AccessContext,
): void {
  const place = placeOf(insn)
  const load = (): void => code.memory(loads[insn.size], 0, pushPlace(code, place))
  if (context.zeroReads && !isInFrame(place)) {
    emitIsBad(code, place, ROW_READ)
    code.op(wasm.if, wasmType.i64)
    code.i64(0n)
    code.op(wasm.else)
    load()
    code.op(wasm.end)
  } else {
    emitCheck(code, place, ROW_READ, context)
    load()
  }
  code.index(wasm.localSet, registerLocal(insn.dst))
}

/** `store` and `storeRelease`. */
export function emitStore(
  code: CodeWriter,
  insn: Extract<Insn, { readonly kind: 'store' | 'storeRelease' }>,
  context: AccessContext,
): void {
  const place = placeOf(insn)
  emitCheck(code, place, ROW_WRITE, context)
  const offset = pushPlace(code, place)
  pushOperand(code, 64, insn.src)
  code.memory(stores[insn.size], 0, offset)
}

const operations = { add: wasm.i64Add, or: wasm.i64Or, and: wasm.i64And, xor: wasm.i64Xor } as const

/** Atomics: nothing else runs meanwhile. */
export function emitAtomic(code: CodeWriter, insn: Atomic, context: AccessContext): void {
  const place = placeOf(insn)
  emitCheck(code, place, ROW_WRITE, context)
  const { size, src } = insn
  const load = (): void => code.memory(loads[size], 0, pushPlace(code, place))
  load()
  code.index(wasm.localSet, local.value)
  const offset = pushPlace(code, place)
  const old = (): void => code.index(wasm.localGet, local.value)
  switch (insn.op) {
    case 'xchg':
      pushOperand(code, 64, src)
      break
    case 'cmpxchg':
      pushOperand(code, 64, src)
      old()
      old()
      pushOperand(code, 64, 'r0')
      if (size === 'u32') {
        code.i64(0xffff_ffffn)
        code.op(wasm.i64And)
      }
      code.op(wasm.i64Eq, wasm.select)
      break
    default: {
      old()
      pushOperand(code, 64, src)
      // `fetch_add` computes what `add` does
      const name = insn.op.replace('fetch_', '') as keyof typeof operations
      code.op(operations[name])
    }
  }
  code.memory(stores[size], 0, offset)
  const result = insn.op === 'cmpxchg' ? 'r0' : insn.op === 'xchg' || insn.op.startsWith('fetch') ? src : undefined
  if (result === undefined) return
  old()
  code.index(wasm.localSet, registerLocal(result))
}
