import { isTsccError } from '@tscc/core'
import { decode, type Endian, type Insn, insnSlots, type LdImm64 } from '@tscc/insn'
import type { LineInfo, ObjectFunction, Relocation } from '../../model.ts'
import { type Flow, isEnd, type Step } from './flow.ts'
import type { Known } from './known.ts'

/** What is known of the externs and functions that a function refers to. */
export interface KnownReferences {
  /** What the wide load of an extern gives. */
  loads(extern: number): Known
  /** What the wide load of an address in a data map gives. */
  mapValue(map: number, offset: number): Known
  /** How many of r1 to r5 a call of an extern or a function reads. */
  parameters(callee: Extract<Relocation, { readonly kind: 'extern' | 'call' }>): number
}

/**
 * A function's code as steps. Undefined for what the verifier would not take anyway, such as a jump that leaves the function
 * or ends inside a wide load: that is none of pruning's business.
 */
export function readFlow(f: ObjectFunction, endian: Endian, references: KnownReferences): Flow | undefined {
  const insns = decoded(f.code, endian)
  if (insns === undefined) return undefined
  const slots: number[] = []
  const indexAt = new Map<number, number>()
  let slot = 0
  for (const [index, insn] of insns.entries()) {
    slots.push(slot)
    indexAt.set(slot, index)
    slot += insnSlots(insn)
  }
  const relocations = bySlot(f.relocations, indexAt)
  const core = bySlot(f.coreRelocations, indexAt)
  const lineOf = linesBySlot(f.lines)
  if (relocations === undefined || core === undefined) return undefined
  const steps: Step[] = []
  for (const [index, insn] of insns.entries()) {
    const at = slots[index] ?? 0
    const relocation = relocations.get(at)
    const distance = relocation === undefined ? distanceOf(insn) : undefined
    const target = distance === undefined ? undefined : indexAt.get(at + 1 + distance)
    // Functions that are called are other functions, and so need a relocation.
    if (distance !== undefined && (target === undefined || insn.kind === 'callFunc')) return undefined
    const line = lineOf(at)
    const loads = insn.kind === 'ldImm64' ? loadedValue(insn, relocation, references) : undefined
    const callee =
      isCall(insn) && (relocation?.kind === 'extern' || relocation?.kind === 'call') ? relocation : undefined
    const kind = core.get(at)?.kind
    steps.push({
      insn,
      ...(target === undefined ? {} : { target }),
      ...(relocation === undefined ? {} : { relocation }),
      ...(kind === undefined ? {} : { core: kind }),
      ...(loads === undefined ? {} : { loads }),
      ...(callee === undefined ? {} : { parameters: references.parameters(callee) }),
      ...(line === undefined ? {} : { line }),
    })
  }
  const last = steps.at(-1)
  return last === undefined || !isEnd(last) ? undefined : steps
}

function decoded(code: Uint8Array, endian: Endian): readonly Insn[] | undefined {
  try {
    return decode(code, { endian })
  } catch (error) {
    if (isTsccError(error)) return undefined
    throw error
  }
}

/** Slots from the next one to where an instruction leads within its function; undefined where it does not. */
function distanceOf(insn: Insn): number | undefined {
  if (insn.kind === 'ldImm64') return insn.source === 'func' ? insn.target : undefined
  return 'target' in insn ? insn.target : undefined
}

const isCall = ({ kind }: Insn): boolean => kind === 'callHelper' || kind === 'callKfunc' || kind === 'callFunc'

function loadedValue(insn: LdImm64, relocation: Relocation | undefined, references: KnownReferences): Known {
  if (relocation?.kind === 'extern') return references.loads(relocation.extern)
  if (relocation?.kind === 'mapValue') return references.mapValue(relocation.map, relocation.offset)
  return insn.source === 'value' && relocation === undefined ? BigInt.asUintN(64, insn.value) : undefined
}

/** By the slot of an instruction; undefined where one lies elsewhere, or there are two. */
function bySlot<T extends { readonly at: number }>(
  all: readonly T[],
  instructions: ReadonlyMap<number, number>,
): ReadonlyMap<number, T> | undefined {
  const found = new Map(all.map((one) => [one.at, one]))
  return found.size === all.length && all.every(({ at }) => instructions.has(at)) ? found : undefined
}

/** The line that an instruction is of, for ascending slots: the last that starts at it or before it. */
function linesBySlot(lines: readonly LineInfo[]): (slot: number) => LineInfo | undefined {
  let next = 0
  return (slot) => {
    while ((lines[next]?.at ?? Number.POSITIVE_INFINITY) <= slot) next++
    return lines[next - 1]
  }
}
