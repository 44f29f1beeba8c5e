import { NOWHERE } from '../diagnostics.ts'
import {
  type BinaryOp,
  type Block,
  type Cpu,
  definedBy,
  type Instr,
  type IrFunction,
  type MemoryAccess,
  type Operand,
  type Terminator,
  usesOf,
  usesOfEnd,
  type Width,
} from '../ir/ir.ts'
import { accessLike, binaryStep, branchOn, callStep, mapOperands, moveStep, withDst } from '../ir/layout.ts'
import { type Liveness, liveness, type Registers } from '../ir/liveness.ts'

/** A function in the machine's terms, and which registers have to be which: arguments, results. */
export interface Legal {
  readonly f: IrFunction
  readonly fixed: ReadonlyMap<number, number>
}

const COMMUTES: ReadonlySet<BinaryOp> = new Set(['add', 'mul', 'and', 'or', 'xor'])

/** Does it lead to what a program is given, and not to memory? */
const isContext = ({ place }: MemoryAccess): boolean => place.kind === 'field' && place.struct === 'bpf_sock_ops'

/** What an instruction's 16 bits hold. */
const MOST_OFFSET = 0x7fff

/**
 * Operands as instructions take them: the left one of an operation in its result's register, numbers that fit no instruction
 * in registers, arguments in r1 to r5, results in r0. Outside of SSA form.
 */
export function legalize(f: IrFunction, cpu: Cpu): Legal {
  let registers = f.registers
  const fixed = new Map<number, number>()
  const pinned = (color: number): number => {
    fixed.set(registers, color)
    return registers++
  }
  // Only asked where steps could take their operands in turn.
  let live: Liveness | undefined
  const after = (at: number): Registers => {
    live ??= liveness(f)
    return live.after(at)
  }
  const addresses = stackAddresses(f)
  const blocks = f.blocks.map((block, at): Block => {
    const better = betterTurned(block, () => after(at))
    const instrs: Instr[] = []
    const inRegister = (operand: Operand, width: Width, span: Instr['span']): Operand => {
      if ('reg' in operand || fits(operand.imm, width)) return operand
      return moved(operand, span)
    }
    const moved = (operand: Operand, span: Instr['span'], width: Width = 64): Operand => {
      const dst = registers++
      instrs.push(moveStep(width, dst, operand, span))
      return { reg: dst }
    }
    /** Before cpu v3 jumps compare 64 bits: of 32 with zeros above that is the same, signs have to go to the top first. */
    const compared = (end: Extract<Terminator, { op: 'branch' }>, span: Instr['span']): typeof end => {
      const isSigned = end.if.length === 3
      const up = (operand: Operand): Operand => {
        if ('imm' in operand)
          return { imm: isSigned ? BigInt.asIntN(64, operand.imm << 32n) : BigInt.asUintN(32, operand.imm) }
        if (!isSigned) return operand
        const dst = registers++
        instrs.push(moveStep(64, dst, operand, span))
        instrs.push(binaryStep('lsh', 64, dst, { reg: dst }, { imm: 32n }, span))
        return { reg: dst }
      }
      return branchOn(end, up(end.a), up(end.b), end.if, 64)
    }
    /** An offset that has no room in an instruction goes to the address. */
    const near = <A extends MemoryAccess>(instr: A): A => {
      const { base, place, span } = instr
      if (place.kind !== 'memory' || place.offset <= MOST_OFFSET || 'imm' in base) return instr
      const dst = registers++
      instrs.push(moveStep(64, dst, base, span))
      const b = { imm: BigInt(place.offset) }
      instrs.push(binaryStep('add', 64, dst, { reg: dst }, b, span))
      return accessLike(instr, { reg: dst }, { ...place, offset: 0 })
    }
    for (const [i, instr] of block.instrs.entries()) {
      const { span } = instr
      switch (instr.op) {
        case 'binary': {
          const accepted = withAcceptedNumber(instr)
          if (accepted.op === 'move') {
            instrs.push(accepted)
            break
          }
          const swap = better[i] === true && !('reg' in instr.a && addresses.has(instr.a.reg))
          const [left, right] = swap ? [instr.b, instr.a] : [accepted.a, accepted.b]
          let b = inRegister(right, instr.width, span)
          if ('reg' in b && b.reg === instr.dst && !('reg' in left && left.reg === instr.dst)) b = moved(b, span)
          if (!('reg' in left && left.reg === instr.dst))
            instrs.push(moveStep('imm' in left ? instr.width : 64, instr.dst, left, span))
          const { fn, width, dst } = instr
          for (const step of inSteps(binaryStep(fn, width, dst, { reg: dst }, b, span))) instrs.push(step)
          break
        }
        case 'negate':
          if (!('reg' in instr.a && instr.a.reg === instr.dst)) instrs.push(moveStep(64, instr.dst, instr.a, span))
          instrs.push(mapOperands(instr, () => ({ reg: instr.dst })))
          break
        case 'extend':
          instrs.push(mapOperands(instr, (a) => ('imm' in a ? moved(a, span) : a)))
          break
        case 'fieldAddress':
          if (!('reg' in instr.base && instr.base.reg === instr.dst))
            instrs.push(moveStep(64, instr.dst, instr.base, span))
          instrs.push(mapOperands(instr, () => ({ reg: instr.dst })))
          break
        case 'load':
          instrs.push(near(instr))
          break
        case 'store': {
          const { base, place, size, a: value } = near(instr)
          // 5.10 takes no number for a context, only a register; 6.12 takes both.
          const isMoved = 'imm' in value && isContext(instr)
          const a = isMoved ? moved(value, span) : inRegister(value, size === 'u64' ? 64 : 32, span)
          instrs.push(accessLike(instr, base, place, a))
          break
        }
        case 'atomicAdd': {
          const step = near(instr)
          instrs.push('imm' in step.a ? accessLike(step, step.base, step.place, moved(step.a, span)) : step)
          break
        }
        case 'parameter': {
          const from = pinned(instr.index + 1)
          instrs.push(withDst(instr, from))
          instrs.push(moveStep(64, instr.dst, { reg: from }, span))
          break
        }
        case 'call': {
          const args = instr.args.map((arg, n): Operand => {
            const dst = pinned(n + 1)
            instrs.push(moveStep(64, dst, arg, span))
            return { reg: dst }
          })
          const result = instr.dst === undefined ? undefined : pinned(0)
          instrs.push(callStep(result, instr.callee, args, span))
          if (instr.dst !== undefined && result !== undefined)
            instrs.push(moveStep(64, instr.dst, { reg: result }, span))
          break
        }
        default:
          instrs.push(instr)
      }
    }
    const { end } = block
    const span = block.instrs.at(-1)?.span ?? NOWHERE
    if (end.op === 'branch') {
      const wide = end.width === 32 && (cpu === 'v1' || cpu === 'v2') ? compared(end, span) : end
      const a = 'imm' in wide.a ? moved(wide.a, span, wide.width) : wide.a
      return { phis: [], instrs, end: branchOn(wide, a, inRegister(wide.b, wide.width, span)) }
    }
    if (end.op === 'return' && end.a !== undefined) {
      const result = pinned(0)
      instrs.push(moveStep(64, result, end.a, span))
      return { phis: [], instrs, end: { op: 'return', a: { reg: result } } }
    }
    return { phis: [], instrs, end }
  })
  return { f: parametersFirst({ ...f, blocks, registers }), fixed }
}

/**
 * Registers that may hold the address of something on a stack, one's own or a caller's. They stay the left operand: of
 * `number += address` the verifier forgets which function's stack it was.
 */
function stackAddresses(f: IrFunction): ReadonlySet<number> {
  const found = new Set<number>()
  const isFound = (operand: Operand): boolean => 'reg' in operand && found.has(operand.reg)
  for (let size = -1; size !== found.size; ) {
    size = found.size
    for (const { instrs } of f.blocks)
      for (const instr of instrs)
        if (
          instr.op === 'parameter' ||
          (instr.op === 'address' && instr.of.kind === 'stack') ||
          (instr.op === 'fieldAddress' && isFound(instr.base)) ||
          (instr.op === 'move' && isFound(instr.a)) ||
          (instr.op === 'binary' && instr.fn === 'add' && instr.width === 64 && isFound(instr.a))
        )
          found.add(instr.dst)
  }
  return found
}

type Binary = Extract<Instr, { op: 'binary' }>

/** BPF_MAX_VAR_OFF of the verifier. */
const FARTHEST = 1n << 29n

/**
 * A sum with a large number, in two steps. The verifier remembers of `x + number` how far it is from x, and refuses it as an
 * offset of a pointer where that is far, whatever small range the sum is known to have; a second number makes it forget.
 */
function inSteps(instr: Binary): readonly Binary[] {
  const { fn, width, b } = instr
  if ((fn !== 'add' && fn !== 'sub') || !('imm' in b)) return [instr]
  const number = BigInt.asIntN(width, b.imm)
  if (number < FARTHEST && number > -FARTHEST) return [instr]
  const half = number / 2n
  return [half, number - half].map((part) => binaryStep(fn, width, instr.dst, instr.a, { imm: part }, instr.span))
}

/** The verifier refuses numbers that it takes from registers: shifts by the width and more, division by zero. */
function withAcceptedNumber(instr: Binary): Binary | Extract<Instr, { op: 'move' }> {
  const { fn, width, b, span, dst } = instr
  if (!('imm' in b)) return instr
  if (fn === 'lsh' || fn === 'rsh' || fn === 'arsh') {
    const imm = b.imm & BigInt(width - 1)
    return imm === b.imm ? instr : binaryStep(fn, width, dst, instr.a, { imm }, span)
  }
  const divides = fn === 'div' || fn === 'sdiv'
  if ((!divides && fn !== 'mod' && fn !== 'smod') || BigInt.asUintN(width, b.imm) !== 0n) return instr
  return moveStep(width, dst, divides ? { imm: 0n } : instr.a, span)
}

/** What comes in registers is taken from there before anything else is done. */
function parametersFirst(f: IrFunction): IrFunction {
  const [first, ...others] = f.blocks
  if (first === undefined) return f
  const parameters = first.instrs.filter((instr) => instr.op === 'parameter')
  const rest = first.instrs.filter((instr) => instr.op !== 'parameter')
  return { ...f, blocks: [{ ...first, instrs: [...parameters, ...rest] }, ...others] }
}

/** Steps that could take their operands in turn, where the right one is not needed any more and the left one is. */
function betterTurned(block: Block, out: () => Registers): readonly boolean[] {
  const found: boolean[] = []
  if (!block.instrs.some(takesTurns)) return found
  const alive = out().copy()
  for (const register of usesOfEnd(block.end)) alive.add(register)
  for (let i = block.instrs.length - 1; i >= 0; i--) {
    const instr = block.instrs[i]
    if (instr === undefined) continue
    const dst = definedBy(instr)
    if (dst !== undefined) alive.delete(dst)
    if (takesTurns(instr) && 'reg' in instr.a && 'reg' in instr.b)
      found[i] = alive.has(instr.a.reg) && !alive.has(instr.b.reg)
    for (const register of usesOf(instr)) alive.add(register)
  }
  return found
}

const takesTurns = (instr: Instr): instr is Binary =>
  instr.op === 'binary' && 'reg' in instr.a && 'reg' in instr.b && COMMUTES.has(instr.fn)

/** As an immediate: any 32 bits for 32-bit operations, and what their sign extends to for 64-bit ones. */
export const fits = (value: bigint, width: Width): boolean =>
  width === 32 || BigInt.asIntN(32, value) === BigInt.asIntN(64, value)
