import { reversePostorder } from '../ir/graph.ts'
import { type Block, BYTES, type Instr, type IrFunction, type Operand, type Terminator } from '../ir/ir.ts'
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
  return replaceRegisters(returnedAsGiven(f), instead)
}

/**
 * A callback of 32 bits that returns what a function of the kernel gave: nobody looks above. What the program itself computed
 * in 64 bits is still cut, for those who call it elsewhere and see the whole register.
 */
function returnedAsGiven(f: IrFunction): IrFunction {
  if (f.returns !== 32) return f
  const blocks = f.blocks.map((block): Block => {
    const { instrs, end } = block
    if (end.op !== 'return' || end.a === undefined || 'imm' in end.a) return block
    const { reg } = end.a
    const cut = instrs.findLast((instr) => instr.op === 'move' && instr.width === 32 && instr.dst === reg)
    if (cut?.op !== 'move' || 'imm' in cut.a) return block
    const given = cut.a.reg
    const isGiven = instrs.some((one) => one.op === 'call' && one.dst === given && one.callee.kind === 'kfunc')
    return isGiven ? { ...block, end: { op: 'return', a: cut.a } } : block
  })
  return { ...f, blocks }
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

/** How many of each register's low bits somebody looks at. */
function demandedBits(f: IrFunction): Uint8Array {
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
      ofEnd(block.end, put)
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

function ofEnd(end: Terminator, put: Put): void {
  if (end.op === 'branch') {
    put(end.a, end.width)
    put(end.b, end.width)
  } else if (end.op === 'return' && end.a !== undefined) put(end.a, 64)
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
