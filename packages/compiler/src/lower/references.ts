import { kfuncRules } from '@tscc/btf'
import { type Diagnostic, diagnose, NOWHERE, type Span } from '../diagnostics.ts'
import { definedBy, type Instr, type IrFunction, type Operand, regOf, type Terminator, usesOf } from '../ir/ir.ts'
import type { SourceFile } from '../source-file.ts'
import type { ModuleScope } from './scope.ts'

// What a program takes from the kernel it owns, and has to give on: back to the kernel, into a map, or as its result. The
// verifier follows every way through a program, and so does this, told apart by what is owned and what registers hold:
//
//   skb is an argument that is owned ─┬─ exchange(skb)  → gone      return  ✓
//                                     └─ (nothing)      → held      return  ✗ TSCC2401
//
// On the way where it was found to be null there is nothing to give on. Values that decide two branches alike are not
// followed: as with TypeScript's own definite assignment, each branch may go either way.

/** What is owned, by the step that took it. */
interface Reference {
  readonly span: Span
  readonly struct: string
}

/** One way through a program: what is held and gone, and which registers lead to it, or to what is only borrowed. */
interface Way {
  readonly held: ReadonlySet<Reference>
  readonly gone: ReadonlySet<Reference>
  readonly registers: ReadonlyMap<number, Reference | 'borrowed'>
}

/** Ways that are followed at most: what is more has the verifier alone to fear. */
const MOST_WAYS = 4096

/** Helpers that take or give back, as the rules of kernel functions have it: arguments that are given away. */
const HELPERS: ReadonlyMap<string, { readonly acquires: boolean; readonly released?: number }> = new Map([
  ['bpf_kptr_xchg', { acquires: true, released: 1 }],
  ['bpf_ringbuf_reserve', { acquires: true }],
  ['bpf_ringbuf_submit', { acquires: false, released: 0 }],
  ['bpf_ringbuf_discard', { acquires: false, released: 0 }],
])

interface Effect {
  readonly acquires: boolean
  readonly released?: number
  readonly struct: string
}

function effectOf(instr: Extract<Instr, { op: 'call' }>, module: ModuleScope): Effect | undefined {
  const { callee } = instr
  if (callee.kind === 'helper') {
    const rules = HELPERS.get(callee.name)
    return rules === undefined ? undefined : { ...rules, struct: callee.struct ?? '' }
  }
  if (callee.kind !== 'kfunc') return undefined
  const { acquires = false, releases = false } = kfuncRules(callee.name)
  if (!acquires && !releases) return undefined
  const returns = module.header.kfunc(callee.name)?.returns
  const given = returns?.kind === 'nullable' ? returns.of : returns
  return { acquires, ...(releases ? { released: 0 } : {}), struct: given?.kind === 'struct' ? given.root : '' }
}

/** Does anything in a program own or give away? Most do neither. */
function concerns(f: IrFunction, module: ModuleScope): boolean {
  for (const { instrs } of f.blocks)
    for (const one of instrs)
      if (one.op === 'argument' ? one.owned === true : one.op === 'call' && effectOf(one, module) !== undefined)
        return true
  return false
}

/** Registers that something gives away, or copies to such a one: of others it does not matter what is only borrowed. */
function givenRegisters(f: IrFunction, module: ModuleScope, givesPointer: boolean): ReadonlySet<number> {
  const found = new Set<number>()
  const note = (operand: Operand | undefined): void => {
    const register = regOf(operand)
    if (register !== undefined) found.add(register)
  }
  for (const { instrs, end } of f.blocks) {
    if (givesPointer && end.op === 'return') note(end.a)
    for (const instr of instrs) {
      const released = instr.op === 'call' ? effectOf(instr, module)?.released : undefined
      if (released !== undefined && instr.op === 'call') note(instr.args[released])
    }
  }
  for (let size = -1; size !== found.size; ) {
    size = found.size
    for (const { instrs } of f.blocks)
      for (const instr of instrs)
        if (instr.op === 'move' && found.has(instr.dst)) note(instr.a)
        else if (instr.op === 'fieldAddress' && found.has(instr.dst)) note(instr.base)
  }
  return found
}

/** Mistakes with what is owned; `givesPointer`: the program's result is a pointer, which is given on. */
export function checkReferences(f: IrFunction, module: ModuleScope, givesPointer: boolean): readonly Diagnostic[] {
  if (!concerns(f, module)) return []
  const givenAway = givenRegisters(f, module, givesPointer)
  const told = new Map<string, Diagnostic>()
  const known = new Map<Instr, Reference>()
  const ids = new Map<Reference, number>()
  const fileOf = (span: Span): SourceFile => span.file ?? module.file
  const textOf = (span: Span): string => {
    const text = fileOf(span).text.slice(span.start, span.end)
    return text.length > 40 || text.includes('\n') ? `${text.slice(0, 30).split('\n')[0]}…` : text
  }
  const referenceOf = (instr: Instr, struct: string): Reference => {
    const found = known.get(instr) ?? { span: instr.span, struct }
    known.set(instr, found)
    if (!ids.has(found)) ids.set(found, ids.size)
    return found
  }
  const tell = (diagnostic: Diagnostic): void => {
    told.set(`${diagnostic.code} ${diagnostic.file} ${diagnostic.span.start}`, diagnostic)
  }
  const tellHeld = ({ span, struct }: Reference): void =>
    tell(
      diagnose(fileOf(span), span, 'not-given-back', {
        what: textOf(span),
        name: f.name,
        ways: waysToGive(module, struct, textOf(span)),
      }),
    )
  const tellGone = (instr: { readonly span: Span }, { span }: Reference): void =>
    tell(diagnose(fileOf(instr.span), instr.span, 'given-away', { what: textOf(span) }))

  const seen = new Set<string>()
  const nowhere = { span: NOWHERE }
  const work: { readonly block: number; readonly way: Way; readonly last: { readonly span: Span } }[] = [
    { block: 0, way: { held: new Set(), gone: new Set(), registers: new Map() }, last: nowhere },
  ]
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    const key = `${next.block} ${keyOf(next.way, ids)}`
    if (seen.has(key) || seen.size > MOST_WAYS) continue
    seen.add(key)
    const block = f.blocks[next.block]
    if (block === undefined) continue
    let { way, last } = next
    for (const instr of block.instrs) {
      way = step(instr, way)
      last = instr
    }
    follow(block.end, way, last)
  }
  return [...told.values()]

  function step(instr: Instr, way: Way): Way {
    if (instr.op === 'move') return copied(way, instr.dst, regOf(instr.a))
    for (const register of usesOf(instr)) {
      const found = way.registers.get(register)
      if (found !== undefined && found !== 'borrowed' && way.gone.has(found)) {
        tellGone(instr, found)
        return way
      }
    }
    switch (instr.op) {
      case 'argument':
        if (instr.owned === true) return taken(way, instr.dst, referenceOf(instr, instr.pointee ?? ''))
        return instr.pointee === undefined ? cleared(way, instr.dst) : borrowed(way, instr.dst)
      case 'load':
        return instr.size === 'u64' && instr.place.kind === 'field' ? borrowed(way, instr.dst) : cleared(way, instr.dst)
      case 'fieldAddress':
        return copied(way, instr.dst, regOf(instr.base))
      case 'call':
        return called(instr, way)
      default: {
        const dst = definedBy(instr)
        return dst === undefined ? way : cleared(way, dst)
      }
    }
  }

  function borrowed(way: Way, register: number): Way {
    return givenAway.has(register) ? put(way, register, 'borrowed') : cleared(way, register)
  }

  function called(instr: Extract<Instr, { op: 'call' }>, way: Way): Way {
    const effect = effectOf(instr, module)
    let after = way
    if (instr.callee.kind === 'function') after = handedOver(way, instr.args)
    if (effect?.released !== undefined) after = released(instr, instr.args[effect.released], after)
    if (instr.dst === undefined) return after
    if (effect?.acquires !== true) return cleared(after, instr.dst)
    const reference = referenceOf(instr, effect.struct)
    // In a loop: what the last round took has not been given back.
    if (after.held.has(reference)) tellHeld(reference)
    return taken(after, instr.dst, reference)
  }

  function released(instr: Instr, argument: Operand | undefined, way: Way): Way {
    const register = regOf(argument)
    const found = register === undefined ? undefined : way.registers.get(register)
    if (found === undefined) return way
    if (found !== 'borrowed') return given(way, found)
    const { span } = instr
    tell(diagnose(fileOf(span), span, 'not-owned', { call: textOf(span) }))
    return way
  }

  function follow(end: Terminator, way: Way, last: { readonly span: Span }): void {
    switch (end.op) {
      case 'jump':
        work.push({ block: end.to, way, last })
        return
      case 'branch': {
        const register = regOf(end.a)
        const found = register === undefined ? undefined : way.registers.get(register)
        const isNullTest =
          (end.if === 'eq' || end.if === 'ne') && end.width === 64 && 'imm' in end.b && end.b.imm === 0n
        const isNull = isNullTest && found !== undefined && found !== 'borrowed' && way.held.has(found)
        const without = isNull ? nothing(way, found) : way
        work.push({ block: end.yes, way: end.if === 'eq' ? without : way, last })
        work.push({ block: end.no, way: end.if === 'ne' ? without : way, last })
        return
      }
      case 'return': {
        const register = givesPointer ? regOf(end.a) : undefined
        const found = register === undefined ? undefined : way.registers.get(register)
        if (found === 'borrowed') tell(diagnose(fileOf(last.span), last.span, 'not-owned', { call: textOf(last.span) }))
        else if (found !== undefined && way.gone.has(found)) tellGone(last, found)
        for (const one of way.held) if (one !== found) tellHeld(one)
      }
    }
  }
}

const put = (way: Way, register: number, what: Reference | 'borrowed'): Way => ({
  ...way,
  registers: new Map(way.registers).set(register, what),
})

function cleared(way: Way, register: number): Way {
  if (!way.registers.has(register)) return way
  const registers = new Map(way.registers)
  registers.delete(register)
  return { ...way, registers }
}

function copied(way: Way, dst: number, from: number | undefined): Way {
  const found = from === undefined ? undefined : way.registers.get(from)
  return found === undefined ? cleared(way, dst) : put(way, dst, found)
}

/** Taken, by a step that may have taken the same in an earlier round. */
function taken(way: Way, register: number, reference: Reference): Way {
  const gone = new Set(way.gone)
  gone.delete(reference)
  return { ...put(way, register, reference), held: new Set([...way.held, reference]), gone }
}

function given(way: Way, reference: Reference): Way {
  const held = new Set(way.held)
  held.delete(reference)
  return { ...way, held, gone: new Set([...way.gone, reference]) }
}

/** It was null: there is nothing to give on. */
function nothing(way: Way, reference: Reference): Way {
  const held = new Set(way.held)
  held.delete(reference)
  return { ...way, held, registers: new Map([...way.registers].filter(([, one]) => one !== reference)) }
}

/** A function of its own may do with them what it likes: from then on only the verifier knows. */
function handedOver(way: Way, args: readonly Operand[]): Way {
  const passed = new Set(args.map((one) => way.registers.get(regOf(one) ?? -1)))
  const registers = new Map([...way.registers].filter(([, one]) => one === 'borrowed' || !passed.has(one)))
  return { ...way, held: new Set([...way.held].filter((one) => !passed.has(one))), registers }
}

function keyOf({ held, gone, registers }: Way, ids: ReadonlyMap<Reference, number>): string {
  const idOf = (one: Reference | 'borrowed'): string => (one === 'borrowed' ? 'b' : `${ids.get(one)}`)
  const list = (set: ReadonlySet<Reference>): string => [...set].map(idOf).sort().join()
  const holds = [...registers].map(([register, one]) => `${register}:${idOf(one)}`).sort()
  return `${list(held)} ${list(gone)} ${holds.join()}`
}

/** Kernel functions that take such a struct back. */
function waysToGive({ header }: ModuleScope, struct: string, what: string): readonly string[] {
  const releasing = header.kfuncNames().filter((name) => kfuncRules(name).releases === true)
  return [...new Set(releasing)].flatMap((name) => {
    const [first, ...others] = header.kfunc(name)?.parameters ?? []
    if (first?.type.kind !== 'struct' || first.type.root !== struct) return []
    const named = /^\w+$/.test(what) ? what : first.name
    return [`${name}(${[named, ...others.map((one) => one.name)].join(', ')})`]
  })
}
