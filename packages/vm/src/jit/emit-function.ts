import type { Insn } from '@tscc/insn'
import {
  DEPTH,
  DEPTH_LIMIT,
  FIRST_FRAME,
  FRAME_SIZE,
  FUEL,
  INSN,
  ROW_READ,
  ROW_SIZE,
  STACK,
  TABLE,
  TAILED,
} from '../memory/layout.ts'
import type { BoundCall, BoundProgram } from '../program/bound-program.ts'
import type { CheckedFunction } from '../program/check-program.ts'
import { frameUse } from '../program/frame-use.ts'
import { emitAlu, emitCondition, emitMayGoto, emitMovSx, emitNeg, emitSwap } from './arithmetic.ts'
import { flowGraph } from './flow-graph.ts'
import { local, registerLocal } from './locals.ts'
import { emitAtomic, emitLoad, emitStore } from './memory-access.ts'
import { wasm, wasmMisc, wasmType } from './opcodes.ts'
import { writeStructured } from './structure.ts'
import { type CodeWriter, codeWriter } from './wasm-writer.ts'

/** Numbers of functions that translated code calls. */
export interface Callees {
  /** Throws the fault of a bad access: `(slot, address)`. */
  readonly fault: number
  /** Throws that the budget is spent: `(slot)`. */
  readonly budget: number
  /** Throws that there are too many frames. */
  readonly depth: number
  /** Reads the packet: `(offset, size)`, -1 outside. */
  readonly packet: number
  readonly tail: number
  readonly swap: number
  readonly host: (call: BoundCall) => number
  /** A function of the program. */
  readonly local: (fn: number) => number
}

const ENOENT = -2n
/** Frames are given as zeros: by stores up to so many words, then by memory.fill. */
const MAX_ZERO_STORES = 16

/** Translate one function: its body, without the end. */
export function emitFunction(program: BoundProgram, fn: CheckedFunction, callees: Callees): readonly number[] {
  const code = codeWriter()
  const graph = flowGraph(program, fn)
  const frame = frameUse(program, fn)
  const loadState = (offset: number): void => {
    code.i32(0)
    code.memory(wasm.i32Load, 2, offset)
  }
  const storeState = (offset: number, push: () => void): void => {
    code.i32(0)
    push()
    code.memory(wasm.i32Store, 2, offset)
  }
  const get = (index: number) => (): void => code.index(wasm.localGet, index)
  const saveFuel = (): void => storeState(FUEL, get(local.fuel))
  const loadFuel = (): void => {
    loadState(FUEL)
    code.index(wasm.localSet, local.fuel)
  }
  const setLimits = (limits: bigint): void => {
    code.index(wasm.localGet, local.depth)
    code.i32(Math.log2(ROW_SIZE))
    code.op(wasm.i32Shl)
    code.i64(limits)
    code.memory(wasm.i64Store, 2, TABLE + FIRST_FRAME * ROW_SIZE + ROW_READ)
  }

  const enter = (): void => {
    loadState(DEPTH)
    code.index(wasm.localTee, local.depth)
    loadState(DEPTH_LIMIT)
    code.op(wasm.i32GeU, wasm.if, wasmType.empty)
    code.index(wasm.call, callees.depth)
    code.op(wasm.unreachable, wasm.end)
    if (frame.calls)
      storeState(DEPTH, () => {
        code.index(wasm.localGet, local.depth)
        code.i32(1)
        code.op(wasm.i32Add)
      })
    if (frame.used) {
      code.index(wasm.localGet, local.depth)
      code.i32(FRAME_SIZE)
      code.op(wasm.i32Mul)
      code.i32(STACK)
      code.op(wasm.i32Add)
      code.index(wasm.localSet, local.frame)
      zeroFrame(code, frame.lowest)
    }
    if (frame.escapes) {
      code.index(wasm.localGet, local.depth)
      code.i32(FIRST_FRAME)
      code.op(wasm.i32Add, wasm.i64ExtendI32U)
      code.i64(32n)
      code.op(wasm.i64Shl)
      code.i64(BigInt(FRAME_SIZE))
      code.op(wasm.i64Or)
      code.index(wasm.localSet, registerLocal('r10'))
      setLimits((BigInt(FRAME_SIZE) << 32n) | BigInt(FRAME_SIZE))
    }
    loadFuel()
    code.i32(program.mayGotoBudget)
    code.index(wasm.localSet, local.mayGoto)
  }
  const leave = (): void => {
    if (frame.escapes) setLimits(0n)
    if (frame.calls) storeState(DEPTH, get(local.depth))
    saveFuel()
  }
  const clobber = (): void => {
    for (let parameter = 0; parameter < 5; parameter++) {
      code.i64(0n)
      code.index(wasm.localSet, parameter)
    }
    loadFuel()
  }
  const beforeCall = (index: number): void => {
    storeState(INSN, () => code.i32(program.slots[index] ?? 0))
    saveFuel()
  }

  const emit = (index: number, insn: Insn, end: number): void => {
    const context = { slot: program.slots[index] ?? 0, fault: callees.fault, zeroReads: program.zeroReads }
    switch (insn.kind) {
      case 'alu':
        emitAlu(code, insn)
        break
      case 'neg':
        emitNeg(code, insn)
        break
      case 'movsx':
        emitMovSx(code, insn)
        break
      case 'swap':
        emitSwap(code, insn, callees.swap)
        break
      case 'load':
      case 'loadAcquire':
        emitLoad(code, insn, context)
        break
      case 'store':
      case 'storeRelease':
        emitStore(code, insn, context)
        break
      case 'atomic':
        emitAtomic(code, insn, context)
        break
      case 'ldAbs':
      case 'ldInd':
        code.i32(insn.imm)
        if (insn.kind === 'ldInd') {
          code.index(wasm.localGet, registerLocal(insn.src))
          code.op(wasm.i32WrapI64, wasm.i32Add)
        }
        code.i32(Number(insn.size.slice(1)) / 8)
        code.index(wasm.call, callees.packet)
        code.op(wasm.misc, wasmMisc.i64TruncSatF64S)
        code.index(wasm.localTee, registerLocal('r0'))
        code.i64(0n)
        code.op(wasm.i64LtS, wasm.if, wasmType.empty)
        // The block was paid for as a whole
        code.index(wasm.localGet, local.fuel)
        code.i32(end - index - 1)
        code.op(wasm.i32Add)
        code.index(wasm.localSet, local.fuel)
        leave()
        code.i64(0n)
        code.op(wasm.return, wasm.end)
        saveFuel()
        clobber()
        break
      case 'ldImm64':
        code.i64(program.constants.get(index) ?? 0n)
        code.index(wasm.localSet, registerLocal(insn.dst))
        break
      case 'callHelper':
      case 'callKfunc': {
        const call = program.calls.get(index)
        if (call === undefined) break
        beforeCall(index)
        if (call.tail) emitTailCall()
        else emitHostCall(code, call, callees.host(call))
        code.index(wasm.localSet, registerLocal('r0'))
        clobber()
        break
      }
      case 'callFunc':
        beforeCall(index)
        for (let parameter = 0; parameter < 5; parameter++) code.index(wasm.localGet, parameter)
        code.index(wasm.call, callees.local(program.functionAt.get(program.targets[index] ?? 0) ?? 0))
        code.index(wasm.localSet, registerLocal('r0'))
        clobber()
        break
      case 'exit':
        leave()
        code.index(wasm.localGet, registerLocal('r0'))
        code.op(wasm.return)
        break
      case 'ja':
      case 'ja32':
      case 'jump':
      case 'mayGoto':
        break
      default:
        insn satisfies never
    }
  }
  /** The frame is given up for the other program, and taken back where there is none. */
  const emitTailCall = (): void => {
    storeState(DEPTH, get(local.depth))
    code.index(wasm.localGet, registerLocal('r1'))
    code.index(wasm.localGet, registerLocal('r2'))
    code.op(wasm.f64ConvertI64U)
    code.index(wasm.localGet, registerLocal('r3'))
    code.op(wasm.i32WrapI64)
    code.index(wasm.call, callees.tail)
    code.index(wasm.localSet, local.value)
    loadState(TAILED)
    code.op(wasm.if, wasmType.empty)
    storeState(TAILED, () => code.i32(0))
    loadFuel()
    leave()
    code.index(wasm.localGet, local.value)
    code.op(wasm.return, wasm.end)
    storeState(DEPTH, () => {
      code.index(wasm.localGet, local.depth)
      code.i32(1)
      code.op(wasm.i32Add)
    })
    code.i64(ENOENT)
  }

  enter()
  writeStructured(
    graph,
    code,
    {
      instructions(number) {
        const block = graph.blocks[number]
        if (block === undefined) return
        code.index(wasm.localGet, local.fuel)
        code.i32(block.end - block.start)
        code.op(wasm.i32Sub)
        code.index(wasm.localTee, local.fuel)
        code.i32(0)
        code.op(wasm.i32LtS, wasm.if, wasmType.empty)
        code.i32(program.slots[block.start] ?? 0)
        code.index(wasm.call, callees.budget)
        code.op(wasm.unreachable, wasm.end)
        for (let index = block.start; index < block.end; index++) {
          const insn = program.insns[index]
          if (insn !== undefined) emit(index, insn, block.end)
        }
      },
      condition(number) {
        const last = program.insns[(graph.blocks[number]?.end ?? 1) - 1]
        if (last?.kind === 'jump') emitCondition(code, last)
        else emitMayGoto(code)
      },
    },
    local.state,
  )
  return code.bytes
}

/** Zeros from the lowest byte that is accessed to the frame's end. */
function zeroFrame(code: CodeWriter, lowest: number): void {
  const words = Math.ceil(-lowest / 8)
  if (words <= MAX_ZERO_STORES) {
    for (let word = 1; word <= words; word++) {
      code.index(wasm.localGet, local.frame)
      code.i64(0n)
      code.memory(wasm.i64Store, 3, FRAME_SIZE - 8 * word)
    }
    return
  }
  code.index(wasm.localGet, local.frame)
  code.i32(FRAME_SIZE - 8 * words)
  code.op(wasm.i32Add)
  code.i32(0)
  code.i32(8 * words)
  code.op(wasm.misc, wasmMisc.memoryFill, 0)
}

/** Leave the result of a host function as r0 has it. */
function emitHostCall(code: CodeWriter, { host }: BoundCall, callee: number): void {
  for (const [i, type] of host.parameters.entries()) {
    code.index(wasm.localGet, i)
    if (type === 'u32' || type === 's32') code.op(wasm.i32WrapI64)
    else if (type === 'pointer') code.op(wasm.f64ConvertI64U)
  }
  code.index(wasm.call, callee)
  if (host.returns === 'void') code.i64(0n)
  else if (host.returns === 'u32') code.op(wasm.i64ExtendI32U)
  else if (host.returns === 's32') code.op(wasm.i64ExtendI32S)
  else if (host.returns === 'pointer') code.op(wasm.misc, wasmMisc.i64TruncSatF64U)
}
