import type { Span } from '../diagnostics.ts'
import {
  type AccessSize,
  type BinaryOp,
  type Callee,
  definedBy,
  type Instr,
  type MemoryAccess,
  type Operand,
  type Place,
  type Terminator,
  type Width,
} from './ir.ts'

type Of<Op extends Instr['op']> = Extract<Instr, { op: Op }>
type WithoutSpan<T> = T extends unknown ? Omit<T, 'span'> : never
/** A step; where it is from is said beside it. */
export type InstrWithoutSpan = WithoutSpan<Instr>
type Calculation = Of<'binary' | 'move' | 'negate' | 'extend'>
type Branch = Extract<Terminator, { op: 'branch' }>

/*
 * Steps are made here, in one of four layouts, each with all of its properties in one order. Passes look at all steps again and
 * again, and an engine finds a property at once where what comes along has few layouts.
 */

function calculation(
  op: Calculation['op'],
  dst: number,
  span: Span,
  width: Width,
  a: Operand,
  b: Operand | undefined,
  fn: BinaryOp | undefined,
  bits: Of<'extend'>['bits'] | undefined,
): Calculation {
  return { op, dst, span, width, a, b, fn, bits } as Calculation
}

function access(
  op: MemoryAccess['op'],
  dst: number | undefined,
  span: Span,
  base: Operand,
  place: Place,
  size: AccessSize,
  a: Operand | undefined,
): MemoryAccess {
  return { op, dst, span, base, place, size, a } as MemoryAccess
}

/** What there are few of: all in one layout, whatever they have. */
function other(
  from: Exclude<InstrWithoutSpan, { op: (Calculation | MemoryAccess | Of<'call'>)['op'] }>,
  dst: number | undefined,
  span: Span,
  base: Operand | undefined,
  a: Operand | undefined,
): Instr {
  const { op, name, pointee, index, arity, size, owned, ask, of, struct, field, slot } = from as Partial<
    Record<string, unknown>
  >
  const made = { op, dst, span, base, a, name, pointee, index, arity, size, owned, ask, of, struct, field, slot }
  return made as unknown as Instr
}

/** A copy, or with 32 bits a cut. */
export const moveStep = (width: Width, dst: number, a: Operand, span: Span): Of<'move'> =>
  calculation('move', dst, span, width, a, undefined, undefined, undefined) as Of<'move'>

/** An operation on two operands. */
export const binaryStep = (fn: BinaryOp, width: Width, dst: number, a: Operand, b: Operand, span: Span): Of<'binary'> =>
  calculation('binary', dst, span, width, a, b, fn, undefined) as Of<'binary'>

/** The low bits with their sign. */
export const extendStep = (
  bits: Of<'extend'>['bits'],
  width: Width,
  dst: number,
  a: Operand,
  span: Span,
): Of<'extend'> => calculation('extend', dst, span, width, a, undefined, undefined, bits) as Of<'extend'>

/** A call. */
export const callStep = (
  dst: number | undefined,
  callee: Callee,
  args: readonly Operand[],
  span: Span,
): Of<'call'> => ({
  op: 'call',
  dst,
  span,
  callee,
  args,
})

/** A load or store like another one, elsewhere or of something else. */
export const accessLike = <T extends MemoryAccess>(
  instr: T,
  base: Operand,
  place: Place = instr.place,
  a: Operand | undefined = instr.op === 'load' ? undefined : instr.a,
): T => access(instr.op, instr.op === 'load' ? instr.dst : undefined, instr.span, base, place, instr.size, a) as T

/** A step that was written down in any order, in its layout; `at` says which object stands for a place. */
export const laidOut = (instr: InstrWithoutSpan, span: Span, at?: (place: Place) => Place): Instr =>
  inLayout(instr, definedBy(instr), span, at)

/** The same step with its result in another register; itself where it has none. */
export const withDst = (instr: Instr, dst: number): Instr =>
  definedBy(instr) === undefined ? instr : inLayout(instr, dst, instr.span)

/** `dst` is what the step writes: undefined where that is nothing. */
function inLayout(instr: InstrWithoutSpan, dst: number | undefined, span: Span, at?: (place: Place) => Place): Instr {
  switch (instr.op) {
    case 'binary':
      return binaryStep(instr.fn, instr.width, dst ?? 0, instr.a, instr.b, span)
    case 'move':
    case 'negate':
      return calculation(instr.op, dst ?? 0, span, instr.width, instr.a, undefined, undefined, undefined)
    case 'extend':
      return extendStep(instr.bits, instr.width, dst ?? 0, instr.a, span)
    case 'load':
    case 'store':
    case 'atomicAdd': {
      const place = at === undefined ? instr.place : at(instr.place)
      return access(instr.op, dst, span, instr.base, place, instr.size, instr.op === 'load' ? undefined : instr.a)
    }
    case 'call':
      return callStep(dst, instr.callee, instr.args, span)
    case 'fieldAddress':
      return other(instr, dst, span, instr.base, undefined)
    case 'storeSpill':
      return other(instr, dst, span, undefined, instr.a)
    default:
      return other(instr, dst, span, undefined, undefined)
  }
}

/** The same step with other operands; itself where none changes. */
export function mapOperands(instr: Instr, put: (operand: Operand) => Operand): Instr {
  switch (instr.op) {
    case 'binary': {
      const a = put(instr.a)
      const b = put(instr.b)
      return a === instr.a && b === instr.b
        ? instr
        : calculation('binary', instr.dst, instr.span, instr.width, a, b, instr.fn, undefined)
    }
    case 'move':
    case 'negate':
    case 'extend': {
      const a = put(instr.a)
      if (a === instr.a) return instr
      const bits = instr.op === 'extend' ? instr.bits : undefined
      return calculation(instr.op, instr.dst, instr.span, instr.width, a, undefined, undefined, bits)
    }
    case 'load': {
      const base = put(instr.base)
      return base === instr.base ? instr : accessLike(instr, base)
    }
    case 'store':
    case 'atomicAdd': {
      const base = put(instr.base)
      const a = put(instr.a)
      return base === instr.base && a === instr.a ? instr : accessLike(instr, base, instr.place, a)
    }
    case 'storeSpill': {
      const a = put(instr.a)
      return a === instr.a ? instr : other(instr, undefined, instr.span, undefined, a)
    }
    case 'fieldAddress': {
      const base = put(instr.base)
      return base === instr.base ? instr : other(instr, instr.dst, instr.span, base, undefined)
    }
    case 'call': {
      const { args } = instr
      let changed: Operand[] | undefined
      for (let i = 0; i < args.length; i++) {
        const old = args[i]
        if (old === undefined) break
        const arg = put(old)
        if (arg === old) continue
        changed ??= [...args]
        changed[i] = arg
      }
      return changed === undefined ? instr : callStep(instr.dst, instr.callee, changed, instr.span)
    }
    default:
      return instr
  }
}

/** A branch like another one, with other sides. */
export const branchOn = (end: Branch, a: Operand, b: Operand, condition = end.if, width = end.width): Branch =>
  branch(condition, width, a, b, end.yes, end.no, end.guard)

function branch(
  condition: Branch['if'],
  width: Width,
  a: Operand,
  b: Operand,
  yes: number,
  no: number,
  guard: true | undefined,
): Branch {
  return { op: 'branch', if: condition, width, a, b, yes, no, guard } as Branch
}

/** An end that was written down in any order, in its layout. */
export const endLaidOut = (end: Terminator): Terminator =>
  end.op === 'branch' ? branch(end.if, end.width, end.a, end.b, end.yes, end.no, end.guard) : end

/** The same end with other operands; itself where none changes. */
export function mapEnd(end: Terminator, put: (operand: Operand) => Operand): Terminator {
  if (end.op === 'branch') {
    const a = put(end.a)
    const b = put(end.b)
    return a === end.a && b === end.b ? end : branchOn(end, a, b)
  }
  if (end.op !== 'return' || end.a === undefined) return end
  const a = put(end.a)
  return a === end.a ? end : { op: 'return', a }
}

/** The same end with other targets; itself where none changes. */
export function retarget(end: Terminator, to: (block: number) => number): Terminator {
  if (end.op === 'jump') {
    const next = to(end.to)
    return next === end.to ? end : { op: 'jump', to: next }
  }
  if (end.op !== 'branch') return end
  const yes = to(end.yes)
  const no = to(end.no)
  if (yes === end.yes && no === end.no && yes !== no) return end
  return yes === no ? { op: 'jump', to: yes } : branch(end.if, end.width, end.a, end.b, yes, no, end.guard)
}
