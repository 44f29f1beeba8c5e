import type { Condition, Operand, Terminator, Width } from './ir.ts'
import { MIRRORED, OPPOSITE, sameOperand } from './ir.ts'

/** What is known of two operands. */
export interface Fact {
  readonly if: Condition
  readonly width: Width
  readonly a: Operand
  readonly b: Operand
}

/** What holds where a branch was taken, or not. */
export function factOf(end: Extract<Terminator, { op: 'branch' }>, yes: boolean): Fact {
  return { if: yes ? end.if : OPPOSITE[end.if], width: end.width, a: end.a, b: end.b }
}

/** Which of less, equal and greater a condition allows. */
const ALLOWS: Readonly<Record<string, string>> = { eq: '=', ne: '<>', lt: '<', le: '<=', gt: '>', ge: '>=' }
const isSigned = (condition: Condition): boolean => condition.length === 3
const allows = (condition: Condition): string => ALLOWS[condition.slice(isSigned(condition) ? 1 : 0)] ?? ''
const isOrder = (condition: Condition): boolean => condition !== 'eq' && condition !== 'ne'

/** Does one fact decide a question? Undefined where it says nothing of it. */
export function decides(fact: Fact, question: Fact): boolean | undefined {
  if (fact.width !== question.width) return undefined
  const turned = sameOperand(fact.a, question.b) && sameOperand(fact.b, question.a)
  if (turned && !sameOperand(fact.a, question.a))
    return decides({ ...fact, if: MIRRORED[fact.if], a: fact.b, b: fact.a }, question)
  if (!sameOperand(fact.a, question.a)) return undefined
  if (sameOperand(fact.b, question.b)) {
    if (isOrder(fact.if) && isOrder(question.if) && isSigned(fact.if) !== isSigned(question.if)) return undefined
    const [known, asked] = [allows(fact.if), allows(question.if)]
    if ([...known].every((one) => asked.includes(one))) return true
    if (![...known].some((one) => asked.includes(one))) return false
    return undefined
  }
  if (!('imm' in fact.b && 'imm' in question.b)) return undefined
  return byRange(fact, question)
}

/** Of comparisons of one register with two numbers, without signs. */
function byRange(fact: Fact, question: Fact): boolean | undefined {
  const known = rangeOf(fact)
  const asked = rangeOf(question)
  if (known === undefined) return undefined
  if (question.if === 'ne' && 'imm' in question.b) {
    const value = BigInt.asUintN(question.width, question.b.imm)
    return value < known.low || value > known.high ? true : undefined
  }
  if (asked === undefined) return undefined
  if (known.low >= asked.low && known.high <= asked.high) return true
  return known.high < asked.low || known.low > asked.high ? false : undefined
}

function rangeOf({ if: condition, width, b }: Fact): { readonly low: bigint; readonly high: bigint } | undefined {
  const top = (1n << BigInt(width)) - 1n
  const value = BigInt.asUintN(width, 'imm' in b ? b.imm : 0n)
  switch (condition) {
    case 'eq':
      return { low: value, high: value }
    case 'lt':
      return { low: 0n, high: value - 1n }
    case 'le':
      return { low: 0n, high: value }
    case 'gt':
      return { low: value + 1n, high: top }
    case 'ge':
      return { low: value, high: top }
    default:
      return undefined
  }
}
