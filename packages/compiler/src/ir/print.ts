import type { Span } from '../diagnostics.ts'
import {
  type Addressed,
  type Callee,
  type Instr,
  type IrFunction,
  type Operand,
  type Phi,
  type Place,
  type Question,
  successors,
  type Terminator,
} from './ir.ts'

/** Below this column stands where a step is from. */
const SOURCE_COLUMN = 56

/**
 * A function as text, to be read by people: blocks with the values that they choose between (`phi`), a step a line, and the
 * source line of each step where it is another than that of the step before.
 *
 *     b2:                                                     // from b0 b1
 *       r7 = phi(b0: r3, b1: 2)
 *       r8 = load u32 r1.tcp_sock.snd_cwnd                    // reno.bpf.ts:9: return max(…)
 *       if r8 u< r7 goto b3 else b4
 */
export function irText(f: IrFunction): string {
  const before = f.blocks.map((): number[] => [])
  for (const [at, { end }] of f.blocks.entries()) for (const to of successors(end)) before[to]?.push(at)
  const objects = f.stackObjects.map((size, i) => `  stack ${i}: ${size} bytes`)
  const last = { source: '' }
  const blocks = f.blocks.map(({ phis, instrs, end }, at) => {
    const from = before[at] ?? []
    const head = withNote(`b${at}:`, from.length === 0 ? '' : `from ${from.map((one) => `b${one}`).join(' ')}`)
    const steps = instrs.map((instr) => withNote(`  ${instrText(instr)}`, sourceText(instr.span, last)))
    return [head, ...phis.map((phi) => `  ${phiText(phi)}`), ...steps, `  ${endText(end)}`].join('\n')
  })
  return [`function ${f.name}`, ...objects, ...blocks].join('\n')
}

const withNote = (text: string, note: string): string =>
  note === '' ? text : `${text.padEnd(SOURCE_COLUMN - 1)} // ${note}`

function sourceText({ file, start }: Span, last: { source: string }): string {
  if (file === undefined) return ''
  const { line } = file.position(start)
  const source = `${file.name}:${line}: ${file.line(line).trim()}`
  if (source === last.source) return ''
  last.source = source
  return source
}

const operand = (one: Operand): string => ('reg' in one ? `r${one.reg}` : `${one.imm}`)

const phiText = ({ dst, from }: Phi): string =>
  `r${dst} = phi(${[...from].map(([block, value]) => `b${block}: ${operand(value)}`).join(', ')})`

const signs = {
  add: '+',
  sub: '-',
  mul: '*',
  div: '/',
  mod: '%',
  and: '&',
  or: '|',
  xor: '^',
  lsh: '<<',
  rsh: '>>',
  arsh: 's>>',
} as const

const comparisons = {
  eq: '==',
  ne: '!=',
  lt: 'u<',
  le: 'u<=',
  gt: 'u>',
  ge: 'u>=',
  slt: 's<',
  sle: 's<=',
  sgt: 's>',
  sge: 's>=',
} as const

/** Operations on 64 bits say so. */
const wide = (width: 32 | 64): string => (width === 64 ? ' (64)' : '')

function instrText(instr: Instr): string {
  switch (instr.op) {
    case 'move':
      return `r${instr.dst} = ${operand(instr.a)}${wide(instr.width)}`
    case 'binary':
      return `r${instr.dst} = ${operand(instr.a)} ${signs[instr.fn]} ${operand(instr.b)}${wide(instr.width)}`
    case 'negate':
      return `r${instr.dst} = -${operand(instr.a)}${wide(instr.width)}`
    case 'argument':
      return `r${instr.dst} = argument ${instr.name === '' ? (instr.pointee ?? instr.index) : instr.name} ${instr.size}`
    case 'parameter':
      return `r${instr.dst} = parameter ${instr.index}`
    case 'load':
      return `r${instr.dst} = load ${instr.size} ${placeText(instr.base, instr.place)}`
    case 'store':
      return `store ${instr.size} ${placeText(instr.base, instr.place)} = ${operand(instr.a)}`
    case 'atomicAdd':
      return `atomic ${instr.size} ${placeText(instr.base, instr.place)} += ${operand(instr.a)}`
    case 'question':
      return `r${instr.dst} = kernel ${questionText(instr.ask)}`
    case 'address':
      return `r${instr.dst} = address of ${addressText(instr.of)}`
    case 'fieldAddress':
      return `r${instr.dst} = address of ${operand(instr.base)}.${instr.struct}.${instr.field}`
    case 'call': {
      const call = `${calleeText(instr.callee)}(${instr.args.map(operand).join(', ')})`
      return instr.dst === undefined ? call : `r${instr.dst} = ${call}`
    }
    case 'loadSpill':
      return `r${instr.dst} = spilled ${instr.slot}`
    case 'storeSpill':
      return `spill ${instr.slot} = ${operand(instr.a)}`
  }
}

function placeText(base: Operand, place: Place): string {
  switch (place.kind) {
    case 'field':
      return `${operand(base)}.${place.struct}.${place.field}${place.bits === undefined ? '' : ` (${place.bits} bits)`}`
    case 'private':
      return `${operand(base)}.private[${place.offset}]`
    case 'memory':
      return `${operand(base)}[${place.offset}] of ${place.region}`
  }
}

function questionText(ask: Question): string {
  switch (ask.kind) {
    case 'enumerator':
      return `value of ${ask.enum}.${ask.name}`
    case 'enumeratorExists':
      return `has ${ask.enum}.${ask.name}`
    case 'fieldExists':
      return `has ${ask.struct}.${ask.field}`
    case 'typeExists':
      return `has ${ask.struct}`
    case 'typeSize':
      return `size of ${ask.struct}`
    case 'version':
      return 'version'
    case 'kfunc':
      return `has ${ask.name}()`
  }
}

function addressText(of: Addressed): string {
  switch (of.kind) {
    case 'stack':
      return `stack ${of.object}`
    case 'map':
      return `map ${of.map}`
    case 'data':
      return `${of.map}[${of.offset}]`
    case 'function':
      return `function ${of.name}`
  }
}

function calleeText(callee: Callee): string {
  return callee.kind === 'function' ? callee.name : `${callee.kind} ${callee.name}`
}

function endText(end: Terminator): string {
  switch (end.op) {
    case 'jump':
      return `goto b${end.to}`
    case 'branch':
      return `if ${operand(end.a)} ${comparisons[end.if]} ${operand(end.b)}${wide(end.width)} goto b${end.yes} else b${end.no}`
    case 'return':
      return end.a === undefined ? 'return' : `return ${operand(end.a)}`
  }
}
