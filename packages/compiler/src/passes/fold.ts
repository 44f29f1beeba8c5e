import { predecessors, reversePostorder } from '../ir/graph.ts'
import type { BinaryOp, Block, Condition, Instr, IrFunction, Operand, Terminator, Width } from '../ir/ir.ts'
import { definedBy, MIRRORED, sameOperand, usesOf, usesOfEnd } from '../ir/ir.ts'
import { knownBits } from '../ir/known-bits.ts'
import { binaryStep, branchOn, mapEnd, mapOperands, moveStep } from '../ir/layout.ts'
import { prunePhis, replaceRegisters, standsFor } from '../ir/rewrite.ts'

/**
 * What can be said without running the program: operations on numbers, operations that change nothing (`x + 0`), cheaper
 * ones of the same result (a shift for a multiplication), branches whose outcome is known, phis with one value.
 *
 * Needs SSA form, keeps it. It repeats until nothing changes, since one answer leads to the next.
 */
export function fold(f: IrFunction): IrFunction {
  let current = f
  for (let round = 0; round < 10; round++) {
    const next = foldOnce(current)
    if (next === current) break
    current = next
  }
  return current
}

interface Facts {
  /** The step that writes a register. */
  definition(operand: Operand): Instr | undefined
  /** Low bits that may be set. */
  bits(operand: Operand): number
  /** The same as the verifier sees it. */
  seenBits(operand: Operand): number
  /** Is a register read once and no more? */
  isReadOnce(operand: Operand): boolean
}

function foldOnce(f: IrFunction): IrFunction {
  const bits = knownBits(f)
  const definitions: (Instr | undefined)[] = new Array(f.registers)
  for (const block of f.blocks)
    for (const instr of block.instrs) {
      const dst = definedBy(instr)
      if (dst !== undefined) definitions[dst] = instr
    }
  let seen: ((operand: Operand) => number) | undefined
  const seenBits = (operand: Operand): number => {
    seen ??= knownBits(f, 'verifier')
    return seen(operand)
  }
  let reads: Uint8Array | undefined
  const facts: Facts = {
    bits,
    seenBits,
    isReadOnce(operand) {
      reads ??= readsOf(f)
      return 'reg' in operand && reads[operand.reg] === 1
    },
    definition: (operand) => ('reg' in operand ? definitions[operand.reg] : undefined),
  }
  const instead = new Map<number, Operand>()
  const put = (operand: Operand): Operand => standsFor(operand, instead)
  const blocks = [...f.blocks]
  let changed = false
  for (const at of reversePostorder(f)) {
    const block = f.blocks[at]
    if (block === undefined) continue
    let { phis } = block
    for (const { dst, from } of block.phis) {
      const value = onlyValue(dst, from.values())
      if (value === undefined) continue
      instead.set(dst, value)
      phis = phis.filter((phi) => phi.dst !== dst)
    }
    // What is left of the steps, from the first one that has changed on.
    let instrs: Instr[] | undefined
    for (const [i, old] of block.instrs.entries()) {
      // With what was found in blocks before: one answer leads to the next.
      const instr = instead.size === 0 ? old : mapOperands(old, put)
      const result = foldInstr(instr, facts)
      if (result === old) {
        instrs?.push(old)
        continue
      }
      if (result !== instr) changed = true
      instrs ??= block.instrs.slice(0, i)
      const dst = definedBy(instr)
      if ('op' in result) {
        instrs.push(result)
        if (dst !== undefined) definitions[dst] = result
      } else if (dst !== undefined) instead.set(dst, result)
    }
    const before = mapEnd(block.end, put)
    const end = foldEnd(before, facts)
    if (end !== before || phis !== block.phis) changed = true
    if (instrs !== undefined || end !== block.end || phis !== block.phis)
      blocks[at] = { phis, instrs: instrs ?? block.instrs, end }
  }
  if (!changed) return f
  const next = replaceRegisters({ ...f, blocks: blocks as readonly Block[] }, instead)
  return prunePhis(next, predecessors(next))
}

/** By register, how often it is read; twice also stands for more. */
function readsOf({ blocks, registers }: IrFunction): Uint8Array {
  const reads = new Uint8Array(registers)
  const read = (register: number): void => {
    reads[register] = Math.min((reads[register] ?? 0) + 1, 2)
  }
  for (const { phis, instrs, end } of blocks) {
    for (const { from } of phis) for (const operand of from.values()) if ('reg' in operand) read(operand.reg)
    for (const instr of instrs) for (const register of usesOf(instr)) read(register)
    for (const register of usesOfEnd(end)) read(register)
  }
  return reads
}

/** The one value that a phi can have, itself aside; `now` is what each operand is by now. */
export function onlyValue(
  dst: number,
  values: Iterable<Operand>,
  now = (operand: Operand): Operand => operand,
): Operand | undefined {
  let found: Operand | undefined
  for (const one of values) {
    const value = now(one)
    if ('reg' in value && value.reg === dst) continue
    if (found !== undefined && !sameOperand(found, value)) return undefined
    found = value
  }
  return found
}

const masks: readonly bigint[] = Array.from({ length: 65 }, (_, bits) => (1n << BigInt(bits)) - 1n)
const mask = (bits: number): bigint => masks[bits] ?? 0n
/** The same without a sign: what is in range already, as most numbers are, is not made anew. */
const unsigned = (width: Width, value: bigint): bigint =>
  value >= 0n && value <= 0xffff_ffffn ? value : BigInt.asUintN(width, value)
const imm = (value: bigint, width: Width): Operand => ({ imm: unsigned(width, value) })

/** A shorter step, or what its result is. */
function foldInstr(instr: Instr, facts: Facts): Instr | Operand {
  switch (instr.op) {
    case 'move':
      if ('imm' in instr.a) return imm(instr.a.imm, instr.width)
      return instr.width === 64 || facts.bits(instr.a) <= 32 ? instr.a : instr
    case 'extend':
      if ('imm' in instr.a) return imm(BigInt.asIntN(instr.bits, instr.a.imm), instr.width)
      return facts.bits(instr.a) < instr.bits ? instr.a : instr
    case 'negate':
      return 'imm' in instr.a ? imm(-instr.a.imm, instr.width) : instr
    case 'binary':
      return foldBinary(instr, facts)
    default:
      return instr
  }
}

const COMMUTES: ReadonlySet<BinaryOp> = new Set(['add', 'mul', 'and', 'or', 'xor'])
const REASSOCIATES: ReadonlySet<BinaryOp> = COMMUTES

type Binary = Extract<Instr, { op: 'binary' }>

function foldBinary(instr: Binary, facts: Facts): Instr | Operand {
  const { fn, width, a, b } = instr
  if ('reg' in a && 'reg' in b && a.reg !== b.reg)
    return fn === 'mul' || fn === 'div' ? (byPower(instr, facts) ?? instr) : instr
  if ('imm' in a && 'imm' in b) return imm(compute(fn, width, a.imm, b.imm), width)
  if ('imm' in a) {
    if (COMMUTES.has(fn)) return binaryStep(fn, width, instr.dst, b, a, instr.span)
    if (unsigned(width, a.imm) === 0n && fn !== 'sub') return imm(0n, width)
    return instr
  }
  /** The left operand as it is, where nothing above the width has to be cut. */
  const left = (): Instr | Operand => (facts.bits(a) <= width ? a : moveStep(32, instr.dst, a, instr.span))
  const instead = (now: BinaryOp, x: Operand, y: Operand): Instr => binaryStep(now, width, instr.dst, x, y, instr.span)
  if (sameOperand(a, b)) {
    if (fn === 'sub' || fn === 'xor') return imm(0n, width)
    if (fn === 'and' || fn === 'or') return left()
    return instr
  }
  if (!('imm' in b)) return instr
  const value = unsigned(width, b.imm)
  const shift = Number(value & BigInt(width - 1))
  switch (fn) {
    case 'add':
    case 'sub':
    case 'or':
    case 'xor':
      if (value === 0n) return left()
      if (fn === 'sub') return instead('add', a, imm(-value, width))
      break
    case 'lsh':
    case 'rsh':
    case 'arsh':
      if (shift === 0) return left()
      break
    case 'mul':
      if (value === 0n) return imm(0n, width)
      if (value === 1n) return left()
      if ((value & (value - 1n)) === 0n) return instead('lsh', a, imm(log2(value), width))
      break
    case 'div':
      if (value === 1n) return left()
      if (value !== 0n && (value & (value - 1n)) === 0n) return instead('rsh', a, imm(log2(value), width))
      break
    case 'mod':
      if (value !== 0n && (value & (value - 1n)) === 0n) return instead('and', a, imm(value - 1n, width))
      break
    case 'and': {
      if (value === 0n) return imm(0n, width)
      // It may be what bounds an index: it goes where the verifier sees that, too.
      const above = Math.min(width, facts.seenBits(a))
      if ((value & mask(above)) === mask(above)) return left()
    }
  }
  const inner = facts.definition(a)
  if (inner?.op !== 'binary' || inner.width !== width || !('imm' in inner.b)) return instr
  // (x + 1) + 2 is x + 3.
  if (inner.fn === fn && REASSOCIATES.has(fn))
    return instead(fn, inner.a, imm(compute(fn, width, inner.b.imm, value), width))
  const by = Number(inner.b.imm & BigInt(width - 1))
  // (x << 2) * 5 is x * 20.
  if (inner.fn === 'lsh' && fn === 'mul')
    return instead(fn, inner.a, imm(compute('lsh', width, value, BigInt(by)), width))
  if (inner.fn === fn && (fn === 'lsh' || fn === 'rsh') && by + shift < width)
    return instead(fn, inner.a, { imm: BigInt(by + shift) })
  // Up and down again: nothing is lost where there was room.
  if (inner.fn === 'lsh' && (fn === 'rsh' || fn === 'arsh') && by === shift) {
    const room = facts.seenBits(inner.a) <= width - shift - (fn === 'arsh' ? 1 : 0)
    if (room && 'reg' in inner.a) return inner.a
    if (fn === 'rsh' && width - shift <= 31) return instead('and', inner.a, imm(mask(width - shift), width))
  }
  return instr
}

/** `x * (1 << n)` is `x << n`, and `x / (1 << n)`, without signs, `x >> n`. */
function byPower({ fn, width, dst, a, b, span }: Binary, facts: Facts): Instr | undefined {
  /** The n of `1 << n`. */
  const power = (operand: Operand): Operand | undefined => {
    const one = facts.definition(operand)
    const isPower =
      one?.op === 'binary' && one.fn === 'lsh' && one.width === width && 'imm' in one.a && one.a.imm === 1n
    return isPower ? one.b : undefined
  }
  const right = power(b)
  if (right !== undefined) return binaryStep(fn === 'mul' ? 'lsh' : 'rsh', width, dst, a, right, span)
  const left = fn === 'mul' ? power(a) : undefined
  return left === undefined ? undefined : binaryStep('lsh', width, dst, b, left, span)
}

const log2 = (value: bigint): bigint => BigInt(value.toString(2).length - 1)

/** What an operation gives (RFC 9669, section 4.1). */
export function compute(fn: BinaryOp, width: Width, left: bigint, right: bigint): bigint {
  const [a, b] = [BigInt.asUintN(width, left), BigInt.asUintN(width, right)]
  const by = b & BigInt(width - 1)
  const signed = (value: bigint): bigint => BigInt.asIntN(width, value)
  const cut = (value: bigint): bigint => BigInt.asUintN(width, value)
  switch (fn) {
    case 'add':
      return cut(a + b)
    case 'sub':
      return cut(a - b)
    case 'mul':
      return cut(a * b)
    case 'div':
      return b === 0n ? 0n : a / b
    case 'mod':
      return b === 0n ? a : a % b
    case 'and':
      return a & b
    case 'or':
      return a | b
    case 'xor':
      return a ^ b
    case 'lsh':
      return cut(a << by)
    case 'rsh':
      return a >> by
    case 'arsh':
      return cut(signed(a) >> by)
    case 'sdiv':
      return b === 0n ? 0n : cut(signed(a) / signed(b))
    case 'smod':
      return b === 0n ? a : cut(signed(a) % signed(b))
  }
}

/** Does a condition hold between two numbers? */
export function holds(condition: Condition, width: Width, left: bigint, right: bigint): boolean {
  const cut = condition.length === 3 ? BigInt.asIntN : BigInt.asUintN
  const [a, b] = [cut(width, left), cut(width, right)]
  switch (condition) {
    case 'eq':
      return a === b
    case 'ne':
      return a !== b
    case 'lt':
    case 'slt':
      return a < b
    case 'le':
    case 'sle':
      return a <= b
    case 'gt':
    case 'sgt':
      return a > b
    default:
      return a >= b
  }
}

function foldEnd(end: Terminator, facts: Facts): Terminator {
  if (end.op !== 'branch') return end
  if (end.yes === end.no) return { op: 'jump', to: end.yes }
  const { a, b, width } = end
  if ('reg' in a && 'reg' in b && a.reg !== b.reg) return end
  const jump = (yes: boolean): Terminator => ({ op: 'jump', to: yes ? end.yes : end.no })
  if ('imm' in a && 'imm' in b) return jump(holds(end.if, width, a.imm, b.imm))
  if ('imm' in a) return branchOn(end, b, a, MIRRORED[end.if])
  if (sameOperand(a, b)) return jump(end.if === 'eq' || end.if.endsWith('le') || end.if.endsWith('ge'))
  if (!('imm' in b)) return end
  const value = unsigned(width, b.imm)
  const top = mask(Math.min(width, end.guard === true ? facts.seenBits(a) : facts.bits(a)))
  switch (end.if) {
    case 'lt':
      if (value === 0n) return jump(false)
      if (top < value) return jump(true)
      return value === 1n ? branchOn(end, a, { imm: 0n }, 'eq') : end
    case 'ge':
      if (value === 0n) return jump(true)
      if (top < value) return jump(false)
      return value === 1n ? branchOn(end, a, { imm: 0n }, 'ne') : end
    case 'le':
      if (top <= value) return jump(true)
      return value === 0n ? branchOn(end, a, b, 'eq') : end
    case 'gt':
      if (top <= value) return jump(false)
      return value === 0n ? branchOn(end, a, b, 'ne') : end
    case 'eq':
    case 'ne':
      if (value > top) return jump(end.if === 'ne')
      return compared(end, facts)
    default:
      return end
  }
}

/**
 * `(x ^ y) == 0` and `(x - y) == 0` compare x and y, unless the difference is there for others, too; `(x ^ 1) == 0` asks for
 * a number.
 */
function compared(end: Extract<Terminator, { op: 'branch' }>, facts: Facts): Terminator {
  const inner = facts.definition(end.a)
  if (inner?.op !== 'binary' || inner.width !== end.width || !('imm' in end.b)) return end
  const value = unsigned(end.width, end.b.imm)
  if (inner.fn === 'xor' && 'imm' in inner.b) return branchOn(end, inner.a, imm(inner.b.imm ^ value, end.width))
  if (inner.fn === 'add' && 'imm' in inner.b) return branchOn(end, inner.a, imm(value - inner.b.imm, end.width))
  if (value === 0n && (inner.fn === 'xor' || inner.fn === 'sub') && facts.isReadOnce(end.a))
    return branchOn(end, inner.a, inner.b)
  return end
}
