import {
  add,
  add32,
  and,
  and32,
  arsh,
  arsh32,
  callHelper,
  div,
  div32,
  exit,
  ja,
  jeq,
  jeq32,
  jge,
  jge32,
  jgt,
  jgt32,
  jle,
  jle32,
  jlt,
  jlt32,
  jne,
  jne32,
  jsge,
  jsge32,
  jsgt,
  jsgt32,
  jsle,
  jsle32,
  jslt,
  jslt32,
  label,
  ldImm64,
  load,
  lsh,
  lsh32,
  mod,
  mod32,
  mov,
  mov32,
  mul,
  mul32,
  neg,
  neg32,
  or,
  or32,
  type Register,
  rsh,
  rsh32,
  store,
  sub,
  sub32,
  type WritableRegister,
  xor,
  xor32,
} from '@tscc/insn'
import type { Step } from '@tscc/struct-ops'
import type { Span } from '../diagnostics.ts'
import {
  type Condition,
  type Instr,
  type IrFunction,
  type Operand,
  successors,
  type Terminator,
  type Width,
} from '../ir/ir.ts'
import { legalize } from '../passes/legalize.ts'
import { allocate } from './allocate.ts'
import { spilled } from './spill.ts'

/** Steps of a program, and where each is from. */
export interface Emitted {
  readonly steps: readonly Step[]
  readonly spans: readonly Span[]
  /** Bytes of stack. */
  readonly stack: number
}

/** Registers for a program, and its steps. */
export function emit(source: IrFunction): Emitted {
  let f = legalize(source)
  const temporary = new Set<number>()
  for (let slots = 0; ; slots++) {
    const found = allocate(f, temporary)
    if ('registers' in found) return { ...writeSteps(f, found.registers), stack: 8 * slots }
    const next = spilled(f, found.spill, slots)
    f = next.f
    for (const register of next.temporary) temporary.add(register)
  }
}

function writeSteps(
  f: IrFunction,
  registers: ReadonlyMap<number, number>,
): { readonly steps: readonly Step[]; readonly spans: readonly Span[] } {
  const steps: Step[] = []
  const spans: Span[] = []
  const nameOf = (register: number): WritableRegister => `r${registers.get(register) ?? 0}` as WritableRegister // colours are r0 to r9
  let span: Span = { start: 0, end: 0 }
  const put = (...more: readonly Step[]): void => {
    for (const step of more) {
      steps.push(step)
      spans.push(span)
    }
  }
  const order = layout(f)
  const targets = new Set<number>()
  for (const [i, at] of order.entries()) {
    const block = f.blocks[at]
    if (block === undefined) continue
    const start = steps.length
    put(label(`b${at}`))
    for (const instr of block.instrs) {
      span = instr.span
      put(...instrSteps(instr, nameOf))
    }
    put(...endSteps(shortened(f, block.end, order[i + 1]), order[i + 1], nameOf, targets))
    if (steps.length === start) throw new Error('a block without steps')
  }
  const isNeeded = (step: Step): boolean => step.kind !== 'label' || targets.has(Number(step.name.slice(1)))
  return { steps: steps.filter(isNeeded), spans: spans.filter((_, i) => isNeeded(steps[i] ?? label('b-1'))) }
}

/** Blocks in an order in which many jumps lead to the next. */
function layout(f: IrFunction): readonly number[] {
  const before = new Map<number, number>()
  for (const block of f.blocks) for (const next of successors(block.end)) before.set(next, (before.get(next) ?? 0) + 1)
  const placed = new Set<number>()
  const order: number[] = []
  const work = [0]
  for (let at = work.pop(); at !== undefined; at = work.pop()) {
    if (placed.has(at)) continue
    placed.add(at)
    order.push(at)
    const end = f.blocks[at]?.end
    if (end?.op === 'jump') work.push(end.to)
    if (end?.op === 'branch') {
      // Where several ways meet comes last.
      const meets = (block: number): boolean => (before.get(block) ?? 0) > 1
      work.push(...(meets(end.yes) && !meets(end.no) ? [end.yes, end.no] : [end.no, end.yes]))
    }
  }
  return order
}

/** A jump to nothing but a return is that return. */
function shortened(f: IrFunction, end: Terminator, next: number | undefined): Terminator {
  if (end.op !== 'jump' || end.to === next) return end
  const target = f.blocks[end.to]
  return target?.instrs.length === 0 && target.end.op === 'return' ? target.end : end
}

function instrSteps(instr: Instr, nameOf: (register: number) => WritableRegister): readonly Step[] {
  const source = (operand: Operand, width: Width): Register | number =>
    'reg' in operand ? nameOf(operand.reg) : Number(BigInt.asIntN(width === 32 ? 32 : 64, operand.imm))
  switch (instr.op) {
    case 'move':
      return moveSteps(nameOf(instr.dst), instr.a, instr.width, nameOf)
    case 'binary': {
      const make = operations[instr.fn][instr.width === 32 ? 0 : 1]
      return [make(nameOf(instr.dst), source(instr.b, instr.width))]
    }
    case 'negate':
      return [instr.width === 32 ? neg32(nameOf(instr.dst)) : neg(nameOf(instr.dst))]
    case 'argument': {
      const { op: _, dst, span: __, ...rest } = instr
      return [{ kind: 'loadArgument', dst: nameOf(dst), ...rest }]
    }
    case 'loadField': {
      const dst = nameOf(instr.dst)
      const read: Step = {
        kind: 'loadField',
        dst,
        base: nameOf(instr.base),
        struct: instr.place.struct,
        field: instr.place.field,
        ...(instr.size === undefined ? {} : { size: instr.size }),
        ...(instr.extend === 'zeros' ? { zeroExtend: true } : {}),
      }
      return instr.extend === 'cut' ? [read, mov32(dst, dst)] : [read]
    }
    case 'storeField':
      return [
        {
          kind: 'storeField',
          base: nameOf(instr.base),
          struct: instr.place.struct,
          field: instr.place.field,
          src: source(instr.a, 32),
        },
      ]
    case 'loadPrivate':
      return [
        { kind: 'loadPrivate', dst: nameOf(instr.dst), sk: nameOf(instr.base), offset: instr.offset, size: instr.size },
      ]
    case 'storePrivate':
      return [
        {
          kind: 'storePrivate',
          sk: nameOf(instr.base),
          offset: instr.offset,
          size: instr.size,
          src: source(instr.a, 32),
        },
      ]
    case 'enumerator':
      return [{ kind: 'loadEnum', dst: nameOf(instr.dst), enum: instr.enum, name: instr.name }]
    case 'loadStack':
      return [load('u64', nameOf(instr.dst), 'r10', -8 * (instr.slot + 1))]
    case 'storeStack':
      return [store('u64', 'r10', -8 * (instr.slot + 1), source(instr.a, 64))]
    case 'helper':
      return [
        ...argumentSteps(instr.args, nameOf),
        callHelper(instr.id),
        ...(nameOf(instr.dst) === 'r0' ? [] : [mov(nameOf(instr.dst), 'r0')]),
      ]
  }
}

/** One or two arguments where a call takes them; r0 to r5 hold nothing then that lives on. */
function argumentSteps(args: readonly Operand[], nameOf: (register: number) => WritableRegister): readonly Step[] {
  const [a, b] = args
  if (a === undefined) return []
  const isIn = (operand: Operand, name: string): boolean => 'reg' in operand && nameOf(operand.reg) === name
  const first = moveSteps('r1', a, 64, nameOf)
  if (b === undefined) return first
  if (!isIn(b, 'r1')) return [...first, ...moveSteps('r2', b, 64, nameOf)]
  return isIn(a, 'r2') ? [mov('r0', 'r1'), mov('r1', 'r2'), mov('r2', 'r0')] : [mov('r2', 'r1'), ...first]
}

function moveSteps(
  dst: WritableRegister,
  a: Operand,
  width: Width,
  nameOf: (register: number) => WritableRegister,
): readonly Step[] {
  if ('reg' in a) {
    const from = nameOf(a.reg)
    if (width === 32) return [mov32(dst, from)]
    return from === dst ? [] : [mov(dst, from)]
  }
  if (width === 32) return [mov32(dst, Number(BigInt.asIntN(32, a.imm)))]
  if (BigInt.asIntN(32, a.imm) === a.imm) return [mov(dst, Number(a.imm))]
  if (BigInt.asUintN(32, a.imm) === a.imm) return [mov32(dst, Number(BigInt.asIntN(32, a.imm)))]
  return [ldImm64(dst, BigInt.asUintN(64, a.imm))]
}

/** Of 32 and of 64 bits. */
const operations = {
  add: [add32, add],
  sub: [sub32, sub],
  mul: [mul32, mul],
  div: [div32, div],
  mod: [mod32, mod],
  and: [and32, and],
  or: [or32, or],
  xor: [xor32, xor],
  lsh: [lsh32, lsh],
  rsh: [rsh32, rsh],
  arsh: [arsh32, arsh],
} as const
const jumps = {
  eq: [jeq32, jeq],
  ne: [jne32, jne],
  lt: [jlt32, jlt],
  le: [jle32, jle],
  gt: [jgt32, jgt],
  ge: [jge32, jge],
  slt: [jslt32, jslt],
  sle: [jsle32, jsle],
  sgt: [jsgt32, jsgt],
  sge: [jsge32, jsge],
} as const
const opposite: Readonly<Record<Condition, Condition>> = {
  eq: 'ne',
  ne: 'eq',
  lt: 'ge',
  ge: 'lt',
  gt: 'le',
  le: 'gt',
  slt: 'sge',
  sge: 'slt',
  sgt: 'sle',
  sle: 'sgt',
}

function endSteps(
  end: Terminator,
  next: number | undefined,
  nameOf: (register: number) => WritableRegister,
  targets: Set<number>,
): readonly Step[] {
  const to = (block: number): string => {
    targets.add(block)
    return `b${block}`
  }
  switch (end.op) {
    case 'jump':
      return end.to === next ? [] : [ja(to(end.to))]
    case 'return':
      return [...(end.a === undefined ? [] : moveSteps('r0', end.a, 'reg' in end.a ? 64 : 32, nameOf)), exit()]
    case 'branch': {
      const a = 'reg' in end.a ? nameOf(end.a.reg) : 'r0'
      const b = 'reg' in end.b ? nameOf(end.b.reg) : Number(BigInt.asIntN(32, end.b.imm))
      const jump = (condition: Condition, block: number): Step => {
        const make = jumps[condition][end.width === 32 ? 0 : 1]
        return make(a, b, to(block))
      }
      if (end.yes === next) return [jump(opposite[end.if], end.no)]
      return [jump(end.if, end.yes), ...(end.no === next ? [] : [ja(to(end.no))])]
    }
  }
}
