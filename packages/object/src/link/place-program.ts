import type { BpfObject, ObjectFunction, Relocation } from '../model.ts'
import { objectErrors } from '../object-errors.ts'

/** A function in a program: from which slot on. */
export interface PlacedFunction {
  readonly index: number
  readonly function: ObjectFunction
  readonly start: number
}

/** Slots that a program may have: the kernel takes a million instructions. */
const MAX_SLOTS = 1_000_000

/**
 * A program and what it calls, one behind the other: each function where its first call stands, depth first, as libbpf puts
 * them. Calls of functions are the only relocations that are looked at.
 */
export function placeProgram(object: BpfObject, main: number): readonly PlacedFunction[] {
  const placed: PlacedFunction[] = []
  const seen = new Set<number>()
  let next = 0
  // Not by recursion: a hostile object may nest calls as deep as it has functions.
  const work: { readonly calls: readonly number[]; at: number }[] = []
  const put = (index: number): void => {
    const found = functionAt(object, index)
    seen.add(index)
    placed.push({ index, function: found, start: next })
    next += found.code.length / 8
    if (next > MAX_SLOTS)
      throw objectErrors.make('too-large', { what: functionAt(object, main).name, value: next, limit: MAX_SLOTS })
    work.push({ calls: found.relocations.flatMap(calleeOf), at: 0 })
  }
  put(main)
  for (let top = work.at(-1); top !== undefined; top = work.at(-1)) {
    const callee = top.calls[top.at++]
    if (callee === undefined) work.pop()
    else if (!seen.has(callee)) put(callee)
  }
  return placed
}

const calleeOf = (relocation: Relocation): readonly number[] =>
  relocation.kind === 'call' || relocation.kind === 'function' ? [relocation.function] : []

/** A function by index; a relocation may name one that is not there. */
export function functionAt(object: BpfObject, index: number): ObjectFunction {
  const found = object.functions[index]
  if (found === undefined)
    throw objectErrors.make('not-linkable', { what: 'object', why: `there is no function ${index}` })
  return found
}
