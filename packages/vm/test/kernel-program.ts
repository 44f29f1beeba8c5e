import {
  type AluOp,
  type AsmItem,
  add,
  callFunc,
  exit,
  type Insn,
  type JumpOp,
  ja,
  ja32,
  label,
  ldImm64,
  load,
  mov,
  mov32,
  placeLabels,
  store,
  type WritableRegister,
} from '@tscc/insn'
import type { Random } from './random.ts'

/** Slots of 8 bytes of a frame that random code works on, below the caller's context pointer. */
const SLOTS = 6
const FIRST = -16 - 8 * SLOTS
const SPILL = FIRST - 8
const WASH = SPILL - 8
/** Context: ten registers and the frame's slots, in and out. */
export const CONTEXT = 8 * (10 + SLOTS)

const registers: readonly WritableRegister[] = ['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8']
const counter: WritableRegister = 'r9'
const ops: readonly AluOp[] = [
  ...(['add', 'sub', 'mul', 'div', 'sdiv', 'or', 'and', 'lsh', 'rsh', 'mod', 'smod', 'xor', 'mov', 'arsh'] as const),
]
const jumps: readonly JumpOp[] = [
  ...(['jeq', 'jne', 'jgt', 'jge', 'jlt', 'jle', 'jset', 'jsgt', 'jsge', 'jslt', 'jsle'] as const),
]

/**
 * The same value, of which the verifier knows nothing. Where a branch depends on what a fetching atomic took off the stack,
 * Linux 6.18 may go the other way than the value says: its verifier loses sight of such values when it compares states
 * (BPF_F_TEST_STATE_FREQ shows it every time; a plain load is right), and takes away branches that are alive.
 */
const washed = (register: WritableRegister): readonly AsmItem[] => [
  store('u64', 'r10', WASH, register),
  { kind: 'atomic', size: 'u64', base: 'r10', off: WASH, op: 'or', src: register },
  load('u64', register, 'r10', WASH),
]

/**
 * A program of type SYSCALL that the verifier takes: it loads registers and stack from its context, computes at random, and
 * stores all of that there again.
 */
export function kernelProgram(random: Random): readonly Insn[] {
  let labels = 0
  const fresh = (): string => `l${labels++}`
  const subprograms: AsmItem[][] = []

  const memory = (): readonly AsmItem[] => {
    const size = random.pick(['u8', 'u16', 'u32', 'u64'] as const)
    const bytes = Number(size.slice(1)) / 8
    const off = FIRST + bytes * random.below((8 * SLOTS) / bytes)
    const [reg, base] = [random.pick(registers), 'r10'] as const
    const wide = random.pick(['u32', 'u64'] as const)
    const wideOff = FIRST + (wide === 'u32' ? 4 : 8) * random.below((8 * SLOTS) / (wide === 'u32' ? 4 : 8))
    switch (random.below(7)) {
      case 0:
        return [load(size, reg, base, off)]
      case 1:
        return [size === 'u64' ? load(size, reg, base, off) : load(`s${8 * bytes}` as 's8', reg, base, off)]
      case 2:
        return [store(size, base, off, size === 'u8' || size === 'u16' ? random.below(256) - 128 : random.s32())]
      case 3: {
        const op = random.pick(['add', 'or', 'and', 'xor'] as const)
        return [{ kind: 'atomic', size: wide, base, off: wideOff, op, src: reg }]
      }
      case 4:
        return [
          {
            ...{ kind: 'atomic', size: wide, base, off: wideOff, src: reg },
            op: random.pick(['fetch_add', 'fetch_or', 'fetch_and', 'fetch_xor', 'xchg'] as const),
          },
          ...washed(reg),
        ]
      case 5: {
        // Linux 6.18 on x86-64 leaves the upper half of r0 as it was where a 32-bit exchange on the stack succeeds; RFC 9669
        // section 5.3 wants it zero
        const exchange: AsmItem = { kind: 'atomic', size: wide, base, off: wideOff, op: 'cmpxchg', src: reg }
        return [exchange, ...(wide === 'u32' ? [mov32('r0', 'r0')] : []), ...washed('r0')]
      }
      default:
        return [store(size, base, off, reg)]
    }
  }
  const arithmetic = (): AsmItem => {
    const [dst, src] = [random.pick(registers), random.pick(registers)]
    const width = random.pick([32, 64] as const)
    switch (random.below(12)) {
      case 0:
        return { kind: 'neg', width, dst }
      case 1:
        return width === 32
          ? { kind: 'movsx', width, bits: random.pick([8, 16]), dst, src }
          : { kind: 'movsx', width, bits: random.pick([8, 16, 32]), dst, src }
      case 2:
        return { kind: 'swap', order: random.pick(['le', 'be', 'bswap']), bits: random.pick([16, 32, 64]), dst }
      case 3:
        return ldImm64(dst, BigInt.asIntN(64, random.wide()))
      default: {
        const op = random.pick(ops)
        if (random.chance(0.5)) return { kind: 'alu', width, op, dst, src }
        const shift = op === 'lsh' || op === 'rsh' || op === 'arsh'
        const value = shift ? random.below(width) : random.s32()
        const divides = op === 'div' || op === 'mod' || op === 'sdiv' || op === 'smod'
        return { kind: 'alu', width, op, dst, src: divides && value === 0 ? 3 : value }
      }
    }
  }
  const straight = (count: number): AsmItem[] =>
    Array.from({ length: count }, () => (random.chance(0.3) ? memory() : [arithmetic()])).flat()
  const branch = (depth: number): AsmItem[] => {
    const [other, end] = [fresh(), fresh()]
    const condition: AsmItem = {
      ...{ kind: 'jump', width: random.pick([32, 64] as const), op: random.pick(jumps), dst: random.pick(registers) },
      src: random.chance(0.5) ? random.s32() : random.pick(registers),
      target: other,
    }
    const out = random.chance(0.5) ? ja(end) : ja32(end)
    return [condition, ...body(depth - 1), out, label(other), ...body(depth - 1), label(end)]
  }
  const repeat = (): AsmItem[] => {
    const again = fresh()
    const decrease: AsmItem[] = [
      add(counter, -1),
      { kind: 'jump', width: 64, op: 'jne', dst: counter, src: 0, target: again },
    ]
    return [mov(counter, 1 + random.below(4)), label(again), ...straight(1 + random.below(6)), ...decrease]
  }
  const call = (): AsmItem[] => {
    const name = `f${subprograms.length}`
    const begin: AsmItem[] = [label(name)]
    // A frame begins with what its caller must not see
    for (let slot = 0; slot < SLOTS; slot++) begin.push(store('u64', 'r10', FIRST + 8 * slot, random.s32()))
    for (const [i, register] of (['r0', 'r6', 'r7', 'r8', 'r9'] as const).entries())
      begin.push(mov(register, i % 2 === 0 ? random.s32() : 'r1'))
    subprograms.push([...begin, ...straight(6), exit()])
    const after = (['r1', 'r2', 'r3', 'r4', 'r5'] as const).map((register) => mov(register, random.s32()))
    return [callFunc(name), ...after]
  }
  const body = (depth: number): AsmItem[] => {
    const items = straight(1 + random.below(8))
    if (depth > 0 && random.chance(0.7)) items.push(...branch(depth), ...straight(2))
    return items
  }

  const slotAt = (slot: number): number => FIRST + 8 * slot
  const main: AsmItem[] = [store('u64', 'r10', -8, 'r1')]
  for (let slot = 0; slot < SLOTS; slot++)
    main.push(load('u64', 'r2', 'r1', 8 * (10 + slot)), store('u64', 'r10', slotAt(slot), 'r2'))
  for (const register of ['r0', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8', 'r9', 'r1'] as const)
    main.push(load('u64', register, 'r1', 8 * Number(register.slice(1))))
  const pieces = 1 + random.below(4)
  for (let piece = 0; piece < pieces; piece++) {
    main.push(...body(2))
    if (random.chance(0.4)) main.push(...repeat())
    if (random.chance(0.3) && subprograms.length < 3) main.push(...call())
  }
  main.push(store('u64', 'r10', SPILL, 'r1'), load('u64', 'r1', 'r10', -8))
  for (const register of ['r0', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8', 'r9'] as const)
    main.push(store('u64', 'r1', 8 * Number(register.slice(1)), register))
  main.push(load('u64', 'r2', 'r10', SPILL), store('u64', 'r1', 8, 'r2'))
  for (let slot = 0; slot < SLOTS; slot++)
    main.push(load('u64', 'r2', 'r10', slotAt(slot)), store('u64', 'r1', 8 * (10 + slot), 'r2'))
  main.push(mov('r0', 0), exit())
  return placeLabels([...main, ...subprograms.flat()])
}

/** What the program begins with. */
export function contextOf(random: Random): Uint8Array {
  const context = new Uint8Array(CONTEXT)
  const view = new DataView(context.buffer)
  for (let at = 0; at < CONTEXT; at += 8) view.setBigUint64(at, BigInt.asUintN(64, random.wide()), true)
  return context
}
