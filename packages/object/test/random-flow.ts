// Random functions that the verifier takes: what compilers write, and what pruning looks for.
import {
  type AluOp,
  type AsmItem,
  add,
  and,
  arsh,
  atomicAdd,
  callHelper,
  cmpxchg,
  type Endian,
  encode,
  exit,
  fetchXor,
  type Insn,
  insnSlots,
  type JumpOp,
  ja,
  label,
  ldImm64,
  load,
  lsh,
  type MemSize,
  mov,
  mov32,
  mul,
  placeLabels,
  rsh,
  store,
  sub,
  type Width,
  type WritableRegister,
  xchg,
  xor,
} from '@tscc/insn'
import type { CoreKind, ObjectFunction } from '@tscc/object'
import fc from 'fast-check'

/** Bytes of the stack that programs work on, filled from the packet. */
export const INPUT = 64
const BUFFER = -INPUT

/** An instruction, and what a CO-RE relocation is said to have written into it. */
type Item = AsmItem | { readonly insn: Insn; readonly core: CoreKind }

/** A part of a program; labels that it makes start with what it is given. */
type Part = (prefix: string, end: string) => readonly Item[]

const registers = ['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8'] as const
const bytesOf: Readonly<Record<MemSize, number>> = { u8: 1, u16: 2, u32: 4, u64: 8 }

const register = fc.constantFrom<WritableRegister[]>(...registers)
const width = fc.constantFrom<Width[]>(32, 64)
const immediate = fc.oneof(
  fc.constantFrom(0, 0, 1, 1, 2, -1, 7, 255, 256, 0x7fff_ffff, -0x8000_0000),
  fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }),
)
const jumpOp = fc.constantFrom<JumpOp[]>(
  ...(['jeq', 'jne', 'jgt', 'jge', 'jlt', 'jle', 'jset', 'jsgt', 'jsge', 'jslt', 'jsle'] as const),
)
const size = fc.constantFrom<MemSize[]>('u8', 'u16', 'u32', 'u64')
const place = fc.tuple(size, fc.nat(INPUT - 1)).map(([of, at]) => ({ size: of, off: BUFFER + at - (at % bytesOf[of]) }))

const isShift = (op: AluOp): boolean => op === 'lsh' || op === 'rsh' || op === 'arsh'
const isDivision = (op: AluOp): boolean => op === 'div' || op === 'mod'

/** Shifts by more than the width and divisions by an immediate zero are refused. */
function aluImmediate(op: AluOp, wide: Width, dst: WritableRegister, value: number): Insn {
  const src = isShift(op) ? (value >>> 0) % wide : isDivision(op) && value === 0 ? 3 : value
  return { kind: 'alu', width: wide, op, dst, src }
}

/** Shifts by a register take just the bits that count. */
function aluRegister(op: AluOp, wide: Width, dst: WritableRegister, src: WritableRegister): readonly Insn[] {
  const insn: Insn = { kind: 'alu', width: wide, op, dst, src }
  return isShift(op) ? [and(src, wide - 1), insn] : [insn]
}

const aluOp = fc.constantFrom<AluOp[]>(
  ...(['add', 'sub', 'mul', 'div', 'mod', 'or', 'and', 'lsh', 'rsh', 'xor', 'mov', 'mov', 'arsh'] as const),
)
const jump = (
  op: JumpOp,
  wide: Width,
  dst: WritableRegister,
  src: WritableRegister | number,
  target: string,
): AsmItem => ({
  kind: 'jump',
  width: wide,
  op,
  dst,
  src,
  target,
})

/**
 * The same value, of which the verifier knows nothing: Linux 6.18 loses sight of what a fetching atomic took off the stack when it
 * compares states, and takes branches away that are alive.
 */
const washed = (dst: WritableRegister): readonly Insn[] => [
  store('u64', 'r10', BUFFER - 8, dst),
  { kind: 'atomic', size: 'u64', base: 'r10', off: BUFFER - 8, op: 'or', src: dst },
  load('u64', dst, 'r10', BUFFER - 8),
]

const plain: fc.Arbitrary<readonly Item[]> = fc.oneof(
  fc.tuple(register, width, immediate).map(([dst, wide, value]) => [wide === 64 ? mov(dst, value) : mov32(dst, value)]),
  fc.tuple(aluOp, width, register, immediate).map(([op, wide, dst, value]) => [aluImmediate(op, wide, dst, value)]),
  fc.tuple(aluOp, width, register, register).map(([op, wide, dst, src]) => aluRegister(op, wide, dst, src)),
  fc.tuple(register, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })).map(([dst, value]) => [ldImm64(dst, value)]),
  fc.tuple(width, register).map(([wide, dst]): readonly Item[] => [{ kind: 'neg', width: wide, dst }]),
  fc
    .tuple(
      fc.constantFrom('le' as const, 'be' as const),
      fc.constantFrom(16 as const, 32 as const, 64 as const),
      register,
    )
    .map(([order, bits, dst]): readonly Item[] => [{ kind: 'swap', order, bits, dst }]),
  fc.tuple(register, place).map(([dst, from]) => [load(from.size, dst, 'r10', from.off)]),
  fc.tuple(register, place).map(([src, to]) => [store(to.size, 'r10', to.off, src)]),
  fc.tuple(fc.integer({ min: -128, max: 127 }), place).map(([value, to]) => [store(to.size, 'r10', to.off, value)]),
  fc
    .tuple(fc.constantFrom(atomicAdd, fetchXor, xchg, cmpxchg), register, fc.nat(7))
    .map(([atomic, src, at]) => [
      atomic('u64', 'r10', BUFFER + 8 * at, src),
      ...(atomic === atomicAdd ? [] : washed(atomic === cmpxchg ? 'r0' : src)),
    ]),
  // A call leaves r1 to r5 unreadable.
  fc
    .tuple(fc.shuffledSubarray([...registers], { minLength: 6, maxLength: 6 }), immediate)
    .map(([from, value]) => [
      callHelper(8),
      mov('r0', value),
      ...(['r1', 'r2', 'r3', 'r4', 'r5'] as const).map((dst, i) =>
        mov(dst, from[i] !== undefined && from[i] > 'r5' ? from[i] : i),
      ),
    ]),
)

/** A bitfield as CO-RE relocations write it, and perhaps a test of it. */
const bitfield: fc.Arbitrary<Part> = fc
  .record({
    dst: register,
    from: place,
    left: fc.oneof(fc.integer({ min: 0, max: 63 }), fc.constantFrom(0, 24, 31, 56, 62, 63)),
    width: fc.oneof(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 31, max: 34 })),
    shift: fc.constantFrom('rsh' as const, 'rsh' as const, 'arsh' as const, undefined),
    aligned: fc.boolean(),
    between: fc.boolean(),
    test: fc.option(fc.record({ op: jumpOp, width, src: fc.constantFrom(0, 0, 0, 1, 1, 2, 3, 5, -1) })),
    after: fc.constantFrom('goto' as const, 'forget' as const, 'keep' as const),
    skipped: plain,
  })
  .map(
    ({ dst, from, shift, test, after, ...bits }): Part =>
      (prefix, end) => {
        const unit = 8 * bytesOf[from.size]
        const count = bits.aligned
          ? Math.min(unit, Math.max(8, bits.width - (bits.width % 8)))
          : Math.min(bits.width, unit)
        const up = bits.aligned ? bits.left - (bits.left % 8) : bits.left
        const left = Math.min(63, Math.max(up, 64 - unit))
        const right = Math.min(63, Math.max(left, 64 - count))
        const other = dst === 'r8' ? 'r7' : 'r8'
        return [
          { insn: load(from.size, dst, 'r10', from.off), core: 'field_byte_offset' },
          ...(bits.between ? [add(other, 3)] : []),
          { insn: lsh(dst, left), core: 'field_lshift_u64' },
          ...(shift === undefined
            ? []
            : [{ insn: shift === 'rsh' ? rsh(dst, right) : arsh(dst, right), core: 'field_rshift_u64' as const }]),
          ...(test === null
            ? []
            : [
                jump(test.op, test.width, dst, test.src, `${prefix}yes`),
                ...(after === 'goto' ? [ja(`${prefix}no`)] : [mov(dst, 1), ...bits.skipped]),
                label(`${prefix}yes`),
                ...(after === 'keep' ? [] : [mov(dst, 2)]),
                ...(after === 'goto' ? [add(other, 1), ja(end), label(`${prefix}no`), mov(dst, 3)] : []),
              ]),
        ]
      },
  )

/** An address that a CO-RE relocation makes, and accesses there. */
const address: fc.Arbitrary<Part> = fc
  .record({
    dst: register,
    src: register,
    at: fc.nat(INPUT - 1),
    by: fc.integer({ min: -2000, max: 2000 }),
    of: size,
    access: fc.constantFrom('load' as const, 'store' as const, 'both' as const),
    restore: fc.boolean(),
    through: fc.option(fc.boolean()),
  })
  .map(
    ({ dst, src, at, by, of, access, restore, through }): Part =>
      () => {
        const off = BUFFER + at - (at % bytesOf[of]) - by
        const value = src === dst ? (dst === 'r0' ? 'r1' : 'r0') : src
        const other = dst === 'r7' || value === 'r7' ? (dst === 'r6' || value === 'r6' ? 'r5' : 'r6') : 'r7'
        return [
          ...(through === null
            ? [mov(dst, 'r10'), { insn: add(dst, by), core: 'field_byte_offset' as const }]
            : [
                mov(other, 'r10'),
                { insn: add(other, by), core: 'field_byte_offset' as const },
                mov(dst, other),
                // A copy of an address may live longer than the address.
                ...(through ? [mov(other, 'r10'), load('u32', other, other, BUFFER)] : []),
              ]),
          ...(access === 'load' ? [] : [store(of, dst, off, value)]),
          ...(restore && access === 'store'
            ? [{ insn: add(dst, -by), core: 'field_byte_offset' as const }, load(of, dst, dst, off + by)]
            : [access === 'store' ? mov(dst, 4) : load(of, dst, dst, off)]),
          ...(through === false ? [load(of, other, other, off)] : []),
        ]
      },
  )

/** An address from memory that is copied at once, and accesses by both; either may be written while the other is needed. */
const copiedAddress: fc.Arbitrary<Part> = fc
  .record({
    pair: fc.shuffledSubarray([...registers], { minLength: 2, maxLength: 2 }),
    accesses: fc.array(
      fc.record({ first: fc.boolean(), value: register, to: place, isLoad: fc.boolean(), skipped: fc.boolean() }),
      { minLength: 1, maxLength: 5 },
    ),
  })
  .map(
    ({ pair: [from = 'r6', copy = 'r7'], accesses }): Part =>
      (prefix) => {
        const items: Item[] = [
          store('u64', 'r10', BUFFER - 16, 'r10'),
          load('u64', from, 'r10', BUFFER - 16),
          mov(copy, from),
        ]
        const addresses = new Set<WritableRegister>([from, copy])
        for (const [i, { first, value, to, isLoad, skipped }] of accesses.entries()) {
          const base = first ? from : copy
          // An address is written to nothing but itself.
          if (!addresses.has(base) || (addresses.has(value) && !isLoad)) continue
          const isSkipped = skipped && !addresses.has(value)
          if (isSkipped) items.push(jump('jgt', 64, value, 7, `${prefix}past ${i}`))
          items.push(isLoad ? load(to.size, value, base, to.off) : store(to.size, base, to.off, value))
          if (isSkipped) items.push(label(`${prefix}past ${i}`))
          if (isLoad) addresses.delete(value)
        }
        for (const left of addresses) items.push(mov(left, 5))
        return items
      },
  )

/** A jump over the next parts, or a goto that a condition jumps around. */
interface Skip {
  readonly kind: 'skip'
  readonly over: number
  readonly make: (to: string, prefix: string) => readonly Item[]
}

const skip: fc.Arbitrary<Skip> = fc
  .record({
    over: fc.integer({ min: 0, max: 5 }),
    op: jumpOp,
    wide: width,
    dst: register,
    right: fc.oneof(immediate, register),
    around: fc.boolean(),
    known: fc.option(immediate),
  })
  .map(({ over, op, wide, dst, right, around, known }) => ({
    kind: 'skip',
    over,
    make: (to, prefix) => [
      ...(known === null ? [] : [mov(dst, known)]),
      ...(around
        ? [jump(op, wide, dst, right, `${prefix}around`), ja(to), label(`${prefix}around`)]
        : [jump(op, wide, dst, right, to)]),
    ],
  }))

type Piece = Part | Skip

const pieces: fc.Arbitrary<readonly Piece[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: plain.map(
        (items): Piece =>
          () =>
            items,
      ),
    },
    { weight: 2, arbitrary: bitfield },
    { weight: 1, arbitrary: address },
    { weight: 1, arbitrary: copiedAddress },
    { weight: 4, arbitrary: skip },
  ),
  { maxLength: 14 },
)

/** Parts one behind the other; who skips more than there are goes to the end. */
function laidOut(all: readonly Piece[], prefix: string): readonly Item[] {
  const end = `${prefix}end`
  const at = (i: number): string => (i < all.length ? `${prefix}${i}` : end)
  return [
    ...all.flatMap((piece, i) => [
      label(at(i)),
      ...(typeof piece === 'function'
        ? piece(`${prefix}${i} `, end)
        : piece.make(at(i + 1 + piece.over), `${prefix}${i} `)),
    ]),
    label(end),
  ]
}

/** What comes before: input on the stack and in registers. */
const prologue: readonly AsmItem[] = [
  mov('r2', 0),
  mov('r3', 'r10'),
  add('r3', BUFFER),
  mov('r4', INPUT),
  callHelper(26), // bpf_skb_load_bytes
  ...registers.map((dst, i) => load(i % 2 === 0 ? 'u64' : 'u16', dst, 'r10', BUFFER + 8 * (i % 8))),
]

/** What comes after: a number that depends on some registers and some of the stack. */
function epilogue(wanted: number): readonly AsmItem[] {
  const items: AsmItem[] = (wanted & 1) === 0 ? [mov('r0', 0)] : []
  for (const [i, src] of registers.entries())
    if (i > 0 && ((wanted >> i) & 1) === 1) items.push(mul('r0', 31), add('r0', src))
  for (let i = 0; i < 8; i++)
    if (((wanted >> (9 + i)) & 1) === 1)
      items.push(load('u64', 'r2', 'r10', BUFFER + 8 * i), mul('r0', 31), add('r0', 'r2'))
  return [...items, mov('r2', 'r0'), rsh('r2', 32), xor('r0', 'r2'), mov32('r0', 'r0'), exit()]
}

/** Random socket filters that work on the first bytes of the packet; loops run up to three times. */
export const randomFunction = (endian: Endian): fc.Arbitrary<ObjectFunction> =>
  fc
    .record({ before: pieces, body: pieces, loops: fc.nat(3), behind: pieces, wanted: fc.nat(2 ** 17 - 1) })
    .map(({ before, body, loops, behind, wanted }) => {
      const items: Item[] = [...prologue, ...laidOut(before, 'before ')]
      if (loops > 0)
        items.push(
          mov('r9', loops),
          label('loop'),
          ...laidOut(body, 'body '),
          sub('r9', 1),
          jump('jne', 64, 'r9', 0, 'loop'),
        )
      items.push(...laidOut(behind, 'behind '), ...epilogue(wanted))
      const marks = new Map<object, CoreKind>()
      for (const item of items) if ('core' in item) marks.set(item.insn, item.core)
      const insns = placeLabels(items.map((item) => ('core' in item ? item.insn : item)))
      return functionOf(insns, marks, endian)
    })

/** A function of these instructions, each on a line of its own. */
function functionOf(insns: readonly Insn[], marks: ReadonlyMap<object, CoreKind>, endian: Endian): ObjectFunction {
  let at = 0
  const coreRelocations: ObjectFunction['coreRelocations'][number][] = []
  const lines: ObjectFunction['lines'][number][] = []
  for (const [index, insn] of insns.entries()) {
    const kind = marks.get(insn)
    if (kind !== undefined) coreRelocations.push({ at, kind, typeId: 0, access: '0' })
    lines.push({ at, file: 'random', text: '', line: index + 1, column: 0 })
    at += insnSlots(insn)
  }
  return {
    name: 'random',
    section: 'socket',
    linkage: 'global',
    hidden: false,
    code: encode(insns, { endian }),
    relocations: [],
    coreRelocations,
    lines,
    prunable: true,
  }
}
