import { reversePostorder } from '../ir/graph.ts'
import { BYTES, type Instr, type IrFunction, type Operand, type Terminator } from '../ir/ir.ts'
import { replaceRegisters } from '../ir/rewrite.ts'

/**
 * Without cuts of bits that nobody looks at: a move of 32 bits, or an `and` with a number, whose result only goes where its low
 * bits count (a store of two bytes, a step or a comparison of 32 bits) is what it cuts. Needs SSA form, keeps it. It has to be
 * the last that looks at bits: what others know of a register's upper ones may not hold any more.
 */
export function dropCuts(f: IrFunction): IrFunction {
  const bits = demandedBits(f)
  const instead = new Map<number, Operand>()
  for (const { instrs } of f.blocks)
    for (const instr of instrs) {
      const cut = cutOf(instr)
      if (cut === undefined) continue
      const wanted = bits[cut.dst] ?? 0
      if (wanted > 0 && wanted <= cut.kept) instead.set(cut.dst, cut.a)
    }
  return replaceRegisters(f, instead)
}

/** A step that gives the low bits of a register, and how many. */
function cutOf(instr: Instr): { readonly dst: number; readonly a: Operand; readonly kept: number } | undefined {
  if (instr.op === 'move') {
    if (instr.width === 64 || 'imm' in instr.a) return undefined
    return { dst: instr.dst, a: instr.a, kept: 32 }
  }
  if (instr.op !== 'binary' || instr.fn !== 'and' || 'imm' in instr.a || !('imm' in instr.b)) return undefined
  let kept = 0
  for (let mask = BigInt.asUintN(instr.width, instr.b.imm); (mask & 1n) === 1n; mask >>= 1n) kept++
  return { dst: instr.dst, a: instr.a, kept }
}

/**
 * What functions of the kernel gave, cut to 32 bits. Where a callback of 32 bits returns it, nobody looks above; what the program
 * itself computed in 64 is still cut there, for those who call it elsewhere and see the whole register.
 */
function givenByKernel(f: IrFunction): ReadonlySet<number> {
  const given = new Set<number>()
  if (f.returns !== 32) return given
  // A step comes before those that read it.
  for (const at of reversePostorder(f))
    for (const instr of f.blocks[at]?.instrs ?? [])
      if (instr.op === 'call' && instr.dst !== undefined && instr.callee.kind === 'kfunc') given.add(instr.dst)
      else if (instr.op === 'move' && instr.width === 32 && 'reg' in instr.a && given.has(instr.a.reg))
        given.add(instr.dst)
  return given
}

/** How many of each register's low bits somebody looks at. */
function demandedBits(f: IrFunction): Uint8Array {
  const given = givenByKernel(f)
  const bits = new Uint8Array(f.registers)
  let changed = true
  const put = (operand: Operand, wanted: number): void => {
    if ('imm' in operand || (bits[operand.reg] ?? 0) >= wanted) return
    bits[operand.reg] = wanted
    changed = true
  }
  const order = [...reversePostorder(f)].reverse()
  while (changed) {
    changed = false
    for (const at of order) {
      const block = f.blocks[at]
      if (block === undefined) continue
      ofEnd(block.end, given, put)
      for (let i = block.instrs.length - 1; i >= 0; i--) {
        const instr = block.instrs[i]
        if (instr !== undefined) ofStep(instr, bits, put)
      }
      for (const { dst, from } of block.phis) for (const value of from.values()) put(value, bits[dst] ?? 0)
    }
  }
  return bits
}

type Put = (operand: Operand, bits: number) => void

function ofEnd(end: Terminator, given: ReadonlySet<number>, put: Put): void {
  if (end.op === 'branch') {
    put(end.a, end.width)
    put(end.b, end.width)
  } else if (end.op === 'return' && end.a !== undefined) put(end.a, 'reg' in end.a && given.has(end.a.reg) ? 32 : 64)
}

function ofStep(instr: Instr, bits: Uint8Array, put: Put): void {
  switch (instr.op) {
    case 'move':
    case 'negate':
      put(instr.a, Math.min(bits[instr.dst] ?? 0, instr.width))
      break
    case 'extend':
      put(instr.a, Math.min(bits[instr.dst] ?? 0, instr.bits))
      break
    case 'binary':
      ofBinary(instr, bits[instr.dst] ?? 0, put)
      break
    case 'store':
    case 'atomicAdd':
      put(instr.base, 64)
      // How long a field of the kernel is, only linking knows.
      put(instr.a, instr.place.kind === 'field' ? 64 : 8 * BYTES[instr.size])
      break
    case 'load':
    case 'fieldAddress':
      put(instr.base, 64)
      break
    case 'call':
      for (const arg of instr.args) put(arg, 64)
  }
}

function ofBinary({ fn, width, a, b }: Extract<Instr, { op: 'binary' }>, wanted: number, put: Put): void {
  if (wanted === 0) return
  const low = Math.min(wanted, width)
  switch (fn) {
    case 'add':
    case 'sub':
    case 'mul':
    case 'and':
    case 'or':
    case 'xor':
      put(a, low)
      put(b, low)
      break
    case 'lsh':
      put(a, low)
      put(b, width)
      break
    case 'rsh':
    case 'arsh':
      // What is shifted down comes from above, by a number of bits that may be anything.
      put(a, 'imm' in b ? Math.min(width, low + Number(b.imm & BigInt(width - 1))) : width)
      put(b, width)
      break
    default:
      put(a, width)
      put(b, width)
  }
}
