import { type Endian, encode, type Insn, insnSlots } from '@tscc/insn'
import type { LineInfo, Relocation } from '../../model.ts'
import type { Flow, Step } from './flow.ts'

/** What {@link writeFlow} makes: parts of a function. */
export interface WrittenFlow {
  readonly code: Uint8Array
  readonly relocations: readonly Relocation[]
  /** Each starts with the first of its instructions that still are there. */
  readonly lines: readonly LineInfo[]
}

/** Steps as code; undefined where a jump does not reach. */
export function writeFlow(flow: Flow, endian: Endian): WrittenFlow | undefined {
  const slots: number[] = []
  let end = 0
  for (const { insn } of flow) {
    slots.push(end)
    end += insnSlots(insn)
  }
  const insns: Insn[] = []
  const relocations: Relocation[] = []
  const lines: LineInfo[] = []
  let before: LineInfo | undefined
  for (const [index, step] of flow.entries()) {
    const at = slots[index] ?? 0
    const insn = placed(step, at, slots)
    if (insn === undefined) return undefined
    insns.push(insn)
    if (step.relocation !== undefined) relocations.push({ ...step.relocation, at })
    if (step.line !== undefined && step.line !== before) lines.push({ ...step.line, at })
    before = step.line
  }
  return { code: encode(insns, { endian }), relocations, lines }
}

/** The instruction with the distance to its target. */
function placed({ insn, target }: Step, at: number, slots: readonly number[]): Insn | undefined {
  if (target === undefined || !('target' in insn)) return insn
  const place = slots[target]
  if (place === undefined) return undefined
  const distance = place - at - 1
  const isFar = insn.kind === 'ja32' || insn.kind === 'callFunc' || insn.kind === 'ldImm64'
  return isFar || (distance >= -0x8000 && distance <= 0x7fff) ? { ...insn, target: distance } : undefined
}
