import { liveOut } from '../ir/graph.ts'
import {
  type BinaryOp,
  type Block,
  definedBy,
  type Instr,
  type IrFunction,
  type Operand,
  type Terminator,
  usesOf,
  usesOfEnd,
  type Width,
} from '../ir/ir.ts'

/** A function in the machine's terms, and which registers have to be which: arguments, results. */
export interface Legal {
  readonly f: IrFunction
  readonly fixed: ReadonlyMap<number, number>
}

const COMMUTES: ReadonlySet<BinaryOp> = new Set(['add', 'mul', 'and', 'or', 'xor'])

type Access = Extract<Instr, { op: 'load' | 'store' | 'atomicAdd' }>

/** What an instruction's 16 bits hold. */
const MOST_OFFSET = 0x7fff

/**
 * Operands as instructions take them: the left one of an operation in its result's register, numbers that fit no instruction
 * in registers, arguments in r1 to r5, results in r0. Outside of SSA form.
 */
export function legalize(source: IrFunction): Legal {
  const f = zeroTests(source)
  let registers = f.registers
  const fixed = new Map<number, number>()
  const pinned = (color: number): number => {
    fixed.set(registers, color)
    return registers++
  }
  const outs = liveOut(f)
  const addresses = stackAddresses(f)
  const blocks = f.blocks.map((block, at): Block => {
    const dying = lastUses(block, outs[at] ?? new Set())
    const instrs: Instr[] = []
    const inRegister = (operand: Operand, width: Width, span: Instr['span']): Operand => {
      if ('reg' in operand || fits(operand.imm, width)) return operand
      return moved(operand, span)
    }
    const moved = (operand: Operand, span: Instr['span'], width: Width = 64): Operand => {
      const dst = registers++
      instrs.push({ op: 'move', width, dst, a: operand, span })
      return { reg: dst }
    }
    /** An offset that has no room in an instruction goes to the address. */
    const near = ({ base, place, span }: Access): Pick<Access, 'base' | 'place'> => {
      if (place.kind !== 'memory' || place.offset <= MOST_OFFSET || 'imm' in base) return { base, place }
      const dst = registers++
      instrs.push({ op: 'move', width: 64, dst, a: base, span })
      const b = { imm: BigInt(place.offset) }
      instrs.push({ op: 'binary', fn: 'add', width: 64, dst, a: { reg: dst }, b, span })
      return { base: { reg: dst }, place: { ...place, offset: 0 } }
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
          const dies = (operand: Operand): boolean => 'reg' in operand && dying[i]?.has(operand.reg) === true
          const isAddress = 'reg' in instr.a && addresses.has(instr.a.reg)
          const swap =
            !isAddress &&
            COMMUTES.has(instr.fn) &&
            'reg' in instr.b &&
            'reg' in instr.a &&
            dies(instr.b) &&
            !dies(instr.a)
          const [left, right] = swap ? [instr.b, instr.a] : [accepted.a, accepted.b]
          let b = inRegister(right, instr.width, span)
          if ('reg' in b && b.reg === instr.dst && !('reg' in left && left.reg === instr.dst)) b = moved(b, span)
          if (!('reg' in left && left.reg === instr.dst))
            instrs.push({ op: 'move', width: 'imm' in left ? instr.width : 64, dst: instr.dst, a: left, span })
          instrs.push({ ...instr, a: { reg: instr.dst }, b })
          break
        }
        case 'negate':
          if (!('reg' in instr.a && instr.a.reg === instr.dst))
            instrs.push({ op: 'move', width: 64, dst: instr.dst, a: instr.a, span })
          instrs.push({ ...instr, a: { reg: instr.dst } })
          break
        case 'fieldAddress':
          if (!('reg' in instr.base && instr.base.reg === instr.dst))
            instrs.push({ op: 'move', width: 64, dst: instr.dst, a: instr.base, span })
          instrs.push({ ...instr, base: { reg: instr.dst } })
          break
        case 'load':
          instrs.push({ ...instr, ...near(instr) })
          break
        case 'store':
          instrs.push({ ...instr, ...near(instr), a: inRegister(instr.a, instr.size === 'u64' ? 64 : 32, span) })
          break
        case 'atomicAdd':
          instrs.push({ ...instr, ...near(instr), a: 'imm' in instr.a ? moved(instr.a, span) : instr.a })
          break
        case 'parameter': {
          const from = pinned(instr.index + 1)
          instrs.push({ ...instr, dst: from })
          instrs.push({ op: 'move', width: 64, dst: instr.dst, a: { reg: from }, span })
          break
        }
        case 'call': {
          const args = instr.args.map((arg, n): Operand => {
            const dst = pinned(n + 1)
            instrs.push({ op: 'move', width: 64, dst, a: arg, span })
            return { reg: dst }
          })
          const result = instr.dst === undefined ? undefined : pinned(0)
          instrs.push({ ...instr, args, dst: result })
          if (instr.dst !== undefined && result !== undefined)
            instrs.push({ op: 'move', width: 64, dst: instr.dst, a: { reg: result }, span })
          break
        }
        default:
          instrs.push(instr)
      }
    }
    const { end } = block
    const span = block.instrs.at(-1)?.span ?? { start: 0, end: 0 }
    if (end.op === 'branch') {
      const a = 'imm' in end.a ? moved(end.a, span, end.width) : end.a
      return { phis: [], instrs, end: { ...end, a, b: inRegister(end.b, end.width, span) } }
    }
    if (end.op === 'return' && end.a !== undefined) {
      const result = pinned(0)
      instrs.push({ op: 'move', width: 64, dst: result, a: end.a, span })
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

/** The verifier refuses numbers that it takes from registers: shifts by the width and more, division by zero. */
function withAcceptedNumber(instr: Binary): Binary | Extract<Instr, { op: 'move' }> {
  const { fn, width, b, span, dst } = instr
  if (!('imm' in b)) return instr
  if (fn === 'lsh' || fn === 'rsh' || fn === 'arsh') return { ...instr, b: { imm: b.imm & BigInt(width - 1) } }
  if ((fn !== 'div' && fn !== 'mod') || BigInt.asUintN(width, b.imm) !== 0n) return instr
  return { op: 'move', width, dst, a: fn === 'div' ? { imm: 0n } : instr.a, span }
}

/** What comes in registers is taken from there before anything else is done. */
function parametersFirst(f: IrFunction): IrFunction {
  const [first, ...others] = f.blocks
  if (first === undefined) return f
  const parameters = first.instrs.filter((instr) => instr.op === 'parameter')
  const rest = first.instrs.filter((instr) => instr.op !== 'parameter')
  return { ...f, blocks: [{ ...first, instrs: [...parameters, ...rest] }, ...others] }
}

/** For each step, the registers that nothing reads after it. */
function lastUses(block: Block, out: ReadonlySet<number>): readonly ReadonlySet<number>[] {
  const alive = new Set(out)
  for (const register of usesOfEnd(block.end)) alive.add(register)
  const found: ReadonlySet<number>[] = []
  for (const instr of block.instrs.toReversed()) {
    const dst = definedBy(instr)
    if (dst !== undefined) alive.delete(dst)
    found.push(new Set(usesOf(instr).filter((register) => !alive.has(register))))
    for (const register of usesOf(instr)) alive.add(register)
  }
  return found.reverse()
}

/** As an immediate: any 32 bits for 32-bit operations, and what their sign extends to for 64-bit ones. */
const fits = (value: bigint, width: Width): boolean =>
  width === 32 || BigInt.asIntN(32, value) === BigInt.asIntN(64, value)

/** A bitfield of which only is asked whether it is zero need not be shifted down: in 64 bits, where it is at the top. */
function zeroTests(f: IrFunction): IrFunction {
  const uses = new Map<number, number>()
  const count = (register: number): void => void uses.set(register, (uses.get(register) ?? 0) + 1)
  for (const block of f.blocks) {
    for (const instr of block.instrs) for (const register of usesOf(instr)) count(register)
    for (const register of usesOfEnd(block.end)) count(register)
  }
  const isZeroTest = (end: Terminator, register: number): boolean =>
    end.op === 'branch' &&
    (end.if === 'eq' || end.if === 'ne') &&
    'reg' in end.a &&
    end.a.reg === register &&
    'imm' in end.b &&
    end.b.imm === 0n
  return {
    ...f,
    blocks: f.blocks.map((block) => {
      const at = block.instrs.findIndex(
        (instr) =>
          instr.op === 'load' &&
          instr.place.kind === 'field' &&
          instr.place.bits !== undefined &&
          uses.get(instr.dst) === 1 &&
          isZeroTest(block.end, instr.dst),
      )
      if (at < 0 || block.end.op !== 'branch') return block
      return {
        ...block,
        instrs: block.instrs.map((instr, i) =>
          i === at && instr.op === 'load' && instr.place.kind === 'field'
            ? { ...instr, place: { ...instr.place, bits: 'test' as const } }
            : instr,
        ),
        end: { ...block.end, width: 64 },
      }
    }),
  }
}
