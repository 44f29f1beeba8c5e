import type { Atomic, Insn, LoadSize, MemSize, Register } from '@tscc/insn'
import { fromRegister, toRegister } from '../host/host-function.ts'
import { DEPTH, DEPTH_LIMIT, FIRST_FRAME, FRAME_SIZE, FUEL, INSN, STACK, TAILED, TWO_32 } from '../memory/layout.ts'
import type { BoundCall, BoundProgram, Executable } from '../program/bound-program.ts'
import { frameUse, isInFrame, type Place } from '../program/frame-use.ts'
import type { Runtime } from '../runtime.ts'
import { compute, holds, swapped } from './arithmetic.ts'

const numbers: Readonly<Record<Register, number>> = {
  ...{ r0: 0, r1: 1, r2: 2, r3: 3, r4: 4, r5: 5, r6: 6, r7: 7, r8: 8, r9: 9, r10: 10 },
}
const sizes: Readonly<Record<LoadSize | MemSize, number>> = {
  ...{ u8: 1, u16: 2, u32: 4, u64: 8, s8: 1, s16: 2, s32: 4 },
}
const numberOf = (register: Register): number => numbers[register]
const bytesOf = (size: LoadSize | MemSize): number => sizes[size]

/**
 * Run a program one instruction at a time, on whole numbers: this says what programs mean, and the translation is measured
 * against it. Registers are a `BigUint64Array`, which takes every result modulo 2^64.
 *
 * What the kernel leaves open is fixed here: registers begin as 0, r1 to r5 are 0 after a call, a frame begins as zeros.
 */
export function interpreterOf(program: BoundProgram, runtime: Runtime, budget: number): Executable {
  const { memory } = runtime
  const { view } = memory
  const slotOf = (index: number): number => program.slots[index] ?? 0

  const uses = program.functions.map((fn) => frameUse(program, fn))
  /** Where an access is in the linear memory; -1 where it may not be. By r10 it is in the frame, closed to pointers or not. */
  const find = ({ base, off, size }: Place, address: bigint, write: boolean): number =>
    isInFrame({ base, off, size })
      ? STACK + view.getUint32(DEPTH, true) * FRAME_SIZE + off
      : memory.resolve(Number(address), size, write)
  const place = (index: number, { base, off, size }: Place, address: bigint, write: boolean): number => {
    const start = find({ base, off, size }, address, write)
    if (start < 0) throw runtime.accessFault(slotOf(index), address, size, write ? 'write' : 'read')
    return start
  }
  const read = (at: number, size: LoadSize): bigint => {
    switch (size) {
      case 'u8':
        return BigInt(view.getUint8(at))
      case 's8':
        return BigInt(view.getInt8(at))
      case 'u16':
        return BigInt(view.getUint16(at, true))
      case 's16':
        return BigInt(view.getInt16(at, true))
      case 'u32':
        return BigInt(view.getUint32(at, true))
      case 's32':
        return BigInt(view.getInt32(at, true))
      case 'u64':
        return view.getBigUint64(at, true)
      default:
        return size satisfies never
    }
  }
  const write = (at: number, size: MemSize, value: bigint): void => {
    if (size === 'u64') view.setBigUint64(at, value, true)
    else if (size === 'u32') view.setUint32(at, Number(BigInt.asUintN(32, value)), true)
    else if (size === 'u16') view.setUint16(at, Number(BigInt.asUintN(16, value)), true)
    else view.setUint8(at, Number(BigInt.asUintN(8, value)))
  }

  /** What an atomic leaves in memory. */
  const modified = (insn: Atomic, old: bigint, operand: bigint, r0: bigint): bigint => {
    switch (insn.op) {
      case 'add':
      case 'fetch_add':
        return old + operand
      case 'or':
      case 'fetch_or':
        return old | operand
      case 'and':
      case 'fetch_and':
        return old & operand
      case 'xor':
      case 'fetch_xor':
        return old ^ operand
      case 'xchg':
        return operand
      case 'cmpxchg':
        return old === r0 ? operand : old
      default:
        return insn satisfies never
    }
  }

  const callHost = (call: BoundCall, registers: BigUint64Array): bigint => {
    const values = call.host.parameters.map((type, i) => fromRegister(type, registers[i + 1] ?? 0n))
    // The values are what the parameters say
    return toRegister(call.host.returns, call.host.run(runtime.host, ...(values as never[])))
  }

  const run = (fn: number, values: readonly bigint[]): bigint => {
    const depth = view.getUint32(DEPTH, true)
    if (depth >= view.getUint32(DEPTH_LIMIT, true)) throw runtime.depthFault()
    view.setUint32(DEPTH, depth + 1, true)
    memory.openFrame(depth, uses[fn]?.escapes ?? false)
    memory.bytes.fill(0, STACK + depth * FRAME_SIZE, STACK + (depth + 1) * FRAME_SIZE)
    const result = body(fn, values, BigInt((FIRST_FRAME + depth) * TWO_32 + FRAME_SIZE))
    memory.openFrame(depth, false)
    view.setUint32(DEPTH, depth, true)
    return result
  }

  const body = (fn: number, values: readonly bigint[], frame: bigint): bigint => {
    const registers = new BigUint64Array(11)
    for (const [i, value] of values.entries()) registers[i + 1] = value
    registers[10] = frame
    let mayGoto = program.mayGotoBudget
    const get = (operand: Register | number): bigint =>
      typeof operand === 'number' ? BigInt(operand) : (registers[numberOf(operand)] ?? 0n)
    const set = (register: Register, value: bigint): void => {
      registers[numberOf(register)] = value
    }
    const called = (result: bigint): void => {
      registers.fill(0n, 1, 6)
      registers[0] = result
    }
    let index = program.functions[fn]?.start ?? 0
    for (;;) {
      const insn: Insn | undefined = program.insns[index]
      if (insn === undefined) return 0n
      const fuel = view.getInt32(FUEL, true) - 1
      if (fuel < 0) throw runtime.budgetFault(slotOf(index))
      view.setInt32(FUEL, fuel, true)
      const target = program.targets[index] ?? 0
      let next = index + 1
      switch (insn.kind) {
        case 'alu':
          set(insn.dst, compute(insn.op, insn.width, get(insn.dst), get(insn.src)))
          break
        case 'neg':
          set(insn.dst, BigInt.asUintN(insn.width, -get(insn.dst)))
          break
        case 'movsx':
          set(insn.dst, BigInt.asUintN(insn.width, BigInt.asIntN(insn.bits, get(insn.src))))
          break
        case 'swap':
          set(insn.dst, swapped(insn, get(insn.dst)))
          break
        case 'load':
        case 'loadAcquire': {
          const address = BigInt.asUintN(64, get(insn.base) + BigInt(insn.off))
          const where = { base: insn.base, off: insn.off, size: bytesOf(insn.size) }
          if (program.zeroReads && find(where, address, false) < 0) set(insn.dst, 0n)
          else set(insn.dst, read(place(index, where, address, false), insn.size))
          break
        }
        case 'store':
        case 'storeRelease': {
          const address = BigInt.asUintN(64, get(insn.base) + BigInt(insn.off))
          const where = { base: insn.base, off: insn.off, size: bytesOf(insn.size) }
          write(place(index, where, address, true), insn.size, get(insn.src))
          break
        }
        case 'atomic': {
          const address = BigInt.asUintN(64, get(insn.base) + BigInt(insn.off))
          const where = { base: insn.base, off: insn.off, size: bytesOf(insn.size) }
          const at = place(index, where, address, true)
          const old = read(at, insn.size)
          const expected = BigInt.asUintN(8 * bytesOf(insn.size), get('r0'))
          write(at, insn.size, modified(insn, old, get(insn.src), expected))
          if (insn.op === 'cmpxchg') set('r0', old)
          else if (insn.op === 'xchg' || insn.op.startsWith('fetch')) set(insn.src, old)
          break
        }
        case 'ldAbs':
        case 'ldInd': {
          const offset = insn.imm + (insn.kind === 'ldInd' ? Number(BigInt.asIntN(32, get(insn.src))) : 0)
          const found = runtime.packet(offset | 0, bytesOf(insn.size))
          if (found < 0) return 0n
          called(BigInt(found))
          break
        }
        case 'ldImm64':
          set(insn.dst, program.constants.get(index) ?? 0n)
          break
        case 'ja':
        case 'ja32':
          next = target
          break
        case 'jump':
          if (holds(insn.op, insn.width, get(insn.dst), get(insn.src))) next = target
          break
        case 'mayGoto':
          if (mayGoto === 0) next = target
          else mayGoto--
          break
        case 'callHelper':
        case 'callKfunc': {
          const call = program.calls.get(index)
          view.setUint32(INSN, slotOf(index), true)
          if (call?.tail === true) {
            const depth = view.getUint32(DEPTH, true)
            view.setUint32(DEPTH, depth - 1, true)
            const r = runtime.tailCall(get('r1'), Number(get('r2')), Number(BigInt.asUintN(32, get('r3'))))
            view.setUint32(DEPTH, depth, true)
            view.setUint32(TAILED, 0, true)
            if (r !== undefined) return r
            memory.openFrame(depth - 1, uses[fn]?.escapes ?? false)
            called(BigInt.asUintN(64, -2n))
          } else if (call !== undefined) called(callHost(call, registers))
          break
        }
        case 'callFunc':
          view.setUint32(INSN, slotOf(index), true)
          called(
            run(
              program.functionAt.get(target) ?? 0,
              [1, 2, 3, 4, 5].map((i) => registers[i] ?? 0n),
            ),
          )
          break
        case 'exit':
          return registers[0] ?? 0n
        default:
          return insn satisfies never
      }
      index = next
    }
  }

  return {
    call: (fn, r1, r2, r3, r4, r5) =>
      Number(
        BigInt.asIntN(
          32,
          run(
            fn,
            [r1, r2, r3, r4, r5].map((value) => BigInt(Math.trunc(value))),
          ),
        ),
      ),
    enter(address, start, ...values) {
      for (const [i, value] of values.entries()) view.setBigInt64(start + 8 * i, BigInt(Math.trunc(value)), true)
      view.setInt32(FUEL, budget, true)
      return Number(BigInt.asIntN(32, run(0, [BigInt(address)])))
    },
    callWide: run,
  }
}
