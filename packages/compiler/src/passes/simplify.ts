import type { Block, Instr, IrFunction, Operand, Terminator } from '../ir/ir.ts'
import { definedBy, hasEffect, successors, usesOf, usesOfEnd } from '../ir/ir.ts'

/** Numbers and copies in the place of registers that hold them. */
export function propagate(f: IrFunction): IrFunction {
  return alongPaths<Map<number, Operand>>(f, (block, before) => {
    const known = new Map(before)
    return { block: propagateIn(block, known), after: known }
  })
}

/** Blocks one after the other, each with what is known at the end of the only block that leads to it. */
function alongPaths<Known>(
  f: IrFunction,
  visit: (block: Block, before: Known | undefined) => { readonly block: Block; readonly after: Known },
): IrFunction {
  const before = new Map<number, number[]>()
  for (const [i, block] of f.blocks.entries())
    for (const next of successors(block.end)) before.set(next, [...(before.get(next) ?? []), i])
  const afters = new Map<number, Known>()
  const blocks = [...f.blocks]
  const done = new Set<number>()
  const work = [0]
  for (let at = work.shift(); at !== undefined; at = work.shift()) {
    const block = f.blocks[at]
    if (block === undefined || done.has(at)) continue
    done.add(at)
    const from = before.get(at) ?? []
    const only = at !== 0 && from.length === 1 ? afters.get(from[0] ?? -1) : undefined
    const result = visit(block, only)
    blocks[at] = result.block
    afters.set(at, result.after)
    work.push(...successors(block.end))
  }
  return { ...f, blocks }
}

function propagateIn(block: Block, known: Map<number, Operand>): Block {
  const forget = (register: number): void => {
    known.delete(register)
    for (const [key, value] of known) if ('reg' in value && value.reg === register) known.delete(key)
  }
  const put = (operand: Operand): Operand => ('reg' in operand ? (known.get(operand.reg) ?? operand) : operand)
  const base = (register: number): number => {
    const found = known.get(register)
    return found !== undefined && 'reg' in found ? found.reg : register
  }
  const instrs = block.instrs.map((instr): Instr => {
    const next = substitute(instr, put, base)
    const defined = definedBy(next)
    if (defined !== undefined) {
      forget(defined)
      if (next.op === 'move' && !('reg' in next.a && next.a.reg === defined) && keeps(next))
        known.set(defined, canonical(next))
    }
    return next
  })
  const { end } = block
  if (end.op === 'branch') return { instrs, end: decided({ ...end, a: put(end.a), b: put(end.b) }) }
  return { instrs, end: end.op === 'return' && end.a !== undefined ? { ...end, a: put(end.a) } : end }
}

/** What a register holds after a move: of 32 bits with zeros above, also where the number is below zero. */
const canonical = ({ a, width }: Extract<Instr, { op: 'move' }>): Operand =>
  'imm' in a && width === 32 ? { imm: BigInt.asUintN(32, a.imm) } : a

/** A 32-bit move cuts what is above: only of numbers is that known. */
const keeps = (move: Extract<Instr, { op: 'move' }>): boolean => move.width === 64 || 'imm' in move.a

function substitute(instr: Instr, put: (operand: Operand) => Operand, base: (register: number) => number): Instr {
  switch (instr.op) {
    case 'move':
    case 'negate':
      return { ...instr, a: put(instr.a) }
    case 'binary': {
      const [a, b] = [put(instr.a), put(instr.b)]
      const commutes =
        instr.fn === 'add' || instr.fn === 'mul' || instr.fn === 'and' || instr.fn === 'or' || instr.fn === 'xor'
      return 'imm' in a && 'reg' in b && commutes ? { ...instr, a: b, b: a } : { ...instr, a, b }
    }
    case 'storeField':
    case 'storePrivate':
      return { ...instr, base: base(instr.base), a: put(instr.a) }
    case 'loadField':
    case 'loadPrivate':
      return { ...instr, base: base(instr.base) }
    case 'helper':
      return { ...instr, args: instr.args.map(put) }
    default:
      return instr
  }
}

/** A branch on two numbers is none. */
function decided(end: Extract<Terminator, { op: 'branch' }>): Terminator {
  if (!('imm' in end.a && 'imm' in end.b)) return end
  const unsigned = (value: bigint): bigint => BigInt.asUintN(end.width, value)
  const signed = (value: bigint): bigint => BigInt.asIntN(end.width, value)
  const pair = end.if.startsWith('s')
    ? [signed(end.a.imm), signed(end.b.imm)]
    : [unsigned(end.a.imm), unsigned(end.b.imm)]
  const [a = 0n, b = 0n] = pair
  const holds = { eq: a === b, ne: a !== b, lt: a < b, le: a <= b, gt: a > b, ge: a >= b }
  const name = end.if.replace(/^s/, '') as keyof typeof holds // signed ones are called like the others
  return { op: 'jump', to: holds[name] ? end.yes : end.no }
}

/** Loads of what was loaded before, with nothing in between that could have changed it. */
export function reuseLoads(f: IrFunction): IrFunction {
  return alongPaths<Map<string, Loaded>>(f, (block, before) => {
    const known = new Map(before)
    return { block: { ...block, instrs: block.instrs.map((instr) => reuseIn(instr, known)) }, after: known }
  })
}

interface Loaded {
  readonly value: Operand
  readonly base: number
}

function reuseIn(instr: Instr, known: Map<string, Loaded>): Instr {
  const key = keyOf(instr)
  const found = key === undefined ? undefined : known.get(key)
  const next: Instr =
    found !== undefined && (instr.op === 'loadField' || instr.op === 'loadPrivate')
      ? { op: 'move', width: 64, dst: instr.dst, a: found.value, span: instr.span }
      : instr
  const defined = definedBy(next)
  if (defined !== undefined)
    for (const [at, { value, base }] of known)
      if (base === defined || ('reg' in value && value.reg === defined)) known.delete(at)
  if (next.op === 'helper') known.clear()
  // Another name for the same place: a store through one socket may change what another shows.
  if (next.op === 'storeField') for (const at of known.keys()) if (at.endsWith(` ${next.place.field}`)) known.delete(at)
  if (next.op === 'storePrivate') for (const at of known.keys()) if (at.startsWith('private')) known.delete(at)
  if (key !== undefined && 'base' in next && 'dst' in next && next.dst !== next.base)
    known.set(key, { value: { reg: next.dst }, base: next.base })
  // What was stored is what will be read; narrower numbers are cut by the memory only.
  const stored = storedKey(next)
  if (stored !== undefined && 'a' in next && 'base' in next) known.set(stored, { value: next.a, base: next.base })
  return next
}

/** The key of the load that reads what a step stores. */
function storedKey(instr: Instr): string | undefined {
  if (instr.op !== 'storeField' && instr.op !== 'storePrivate') return undefined
  // A number would have to be cut first.
  if ((instr.size !== 'u32' && instr.size !== 'u64') || 'imm' in instr.a) return undefined
  return instr.op === 'storeField'
    ? `field ${instr.base} ${instr.place.struct} ${instr.place.field}`
    : `private ${instr.base} ${instr.offset} ${instr.size}`
}

function keyOf(instr: Instr): string | undefined {
  if (instr.op === 'loadField') return `field ${instr.base} ${instr.place.struct} ${instr.place.field}`
  if (instr.op === 'loadPrivate') return `private ${instr.base} ${instr.offset} ${instr.size}`
  return undefined
}

/** Steps whose results nobody reads, and blocks that nobody reaches. */
export function removeDead(f: IrFunction): IrFunction {
  const threaded = threadJumps(f)
  const live = liveOut(threaded)
  let removed = false
  const blocks = threaded.blocks.map((block, i): Block => {
    const alive = new Set(live[i])
    for (const register of usesOfEnd(block.end)) alive.add(register)
    const kept: Instr[] = []
    for (const instr of block.instrs.toReversed()) {
      const defined = definedBy(instr)
      const isMove = instr.op === 'move' && 'reg' in instr.a && instr.a.reg === instr.dst && instr.width === 64
      if (isMove || (defined !== undefined && !alive.has(defined) && !hasEffect(instr))) {
        removed = true
        continue
      }
      if (defined !== undefined) alive.delete(defined)
      for (const register of usesOf(instr)) alive.add(register)
      kept.push(instr)
    }
    return { ...block, instrs: kept.reverse() }
  })
  const next = { ...threaded, blocks }
  return removed ? removeDead(next) : next
}

/** Jumps to blocks that do nothing but jump lead on, and what nobody reaches any more is empty. */
function threadJumps(f: IrFunction): IrFunction {
  const finalOf = (block: number, steps = 0): number => {
    const found = f.blocks[block]
    return found?.end.op === 'jump' && found.instrs.length === 0 && steps < f.blocks.length
      ? finalOf(found.end.to, steps + 1)
      : block
  }
  const lead = (end: Terminator): Terminator => {
    if (end.op === 'jump') return { ...end, to: finalOf(end.to) }
    if (end.op !== 'branch') return end
    const [yes, no] = [finalOf(end.yes), finalOf(end.no)]
    return yes === no ? { op: 'jump', to: yes } : { ...end, yes, no }
  }
  const blocks = f.blocks.map((block) => ({ ...block, end: lead(block.end) }))
  const reached = new Set<number>()
  const work = [0]
  for (let block = work.pop(); block !== undefined; block = work.pop()) {
    if (reached.has(block)) continue
    reached.add(block)
    work.push(...successors(blocks[block]?.end ?? { op: 'return', a: undefined }))
  }
  return {
    ...f,
    blocks: blocks.map((block, i) => (reached.has(i) ? block : { instrs: [], end: { op: 'return', a: undefined } })),
  }
}

/** Registers that are read after the end of each block. */
export function liveOut(f: IrFunction): readonly ReadonlySet<number>[] {
  const ins = f.blocks.map(() => new Set<number>())
  const outs = f.blocks.map(() => new Set<number>())
  for (let changed = true; changed; ) {
    changed = false
    for (let i = f.blocks.length - 1; i >= 0; i--) {
      const block = f.blocks[i]
      const [into, out] = [ins[i], outs[i]]
      if (block === undefined || into === undefined || out === undefined) continue
      for (const next of successors(block.end)) for (const register of ins[next] ?? []) out.add(register)
      const alive = new Set(out)
      for (const register of usesOfEnd(block.end)) alive.add(register)
      for (const instr of block.instrs.toReversed()) {
        const defined = definedBy(instr)
        if (defined !== undefined) alive.delete(defined)
        for (const register of usesOf(instr)) alive.add(register)
      }
      for (const register of alive)
        if (!into.has(register)) {
          into.add(register)
          changed = true
        }
    }
  }
  return outs
}
