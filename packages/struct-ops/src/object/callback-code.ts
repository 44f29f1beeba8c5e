import { callFunc, encode, type Insn, insnSlots, placeLabels } from '@tscc/insn'
import type { LineInfo } from '@tscc/object'
import { describeStep } from '../describe-step.ts'
import { structOpsErrors } from '../errors.ts'
import { labelJumps, type PlacedStep } from '../label-jumps.ts'
import type { Steps, StructOpsSpec } from '../spec.ts'
import type { LocalBtf } from './local-btf.ts'
import { lowerPortable, type Portable, type PortableItem, type PortablePlace } from './lower-portable.ts'

/** Something that is decided when the object is linked, and the slot where. */
export interface PlacedPortable {
  readonly at: number
  readonly portable: Portable
}

/** A callback's program, or a function that it calls. */
export interface CallbackPart {
  readonly callback: string
  /** The label that calls name; undefined for the program itself. */
  readonly label?: string
  readonly code: Uint8Array
  readonly lines: readonly LineInfo[]
  readonly portables: readonly PlacedPortable[]
}

/** The code of one callback: its program, and a function from each label that is called to the next. */
export function callbackCode(
  spec: StructOpsSpec,
  callback: string,
  steps: Steps,
  btf: LocalBtf,
  endian: 'little' | 'big',
): readonly CallbackPart[] {
  let labels = 0
  const place: PortablePlace = {
    type: spec.type,
    callback,
    btf,
    littleEndian: endian === 'little',
    fresh: () => `@${labels++}`,
  }
  const file = `${spec.name}/${callback}`
  const parts = partsOf(callback, steps).map((part) => ({
    callback,
    ...(part.label === undefined ? {} : { label: part.label }),
    ...partCode(part.steps, place, endian, (index, at) => {
      const step = steps[index]
      return step === undefined ? [] : [{ at, file, text: describeStep(step), line: index + 1, column: 0 }]
    }),
  }))
  // libbpf wants lines for all that a program consists of, or for nothing.
  return parts.every((part) => part.lines.length > 0) ? parts : parts.map((part) => ({ ...part, lines: [] }))
}

/** Steps from each label that is called to the next such label. */
function partsOf(
  callback: string,
  steps: Steps,
): readonly { readonly label?: string; readonly steps: readonly PlacedStep[] }[] {
  const called = new Set(
    steps.flatMap((step) => {
      const reached = step.kind === 'callFunc' || (step.kind === 'ldImm64' && step.source === 'func')
      return reached && 'target' in step && typeof step.target === 'string' ? [step.target] : []
    }),
  )
  const main: { label?: string; steps: PlacedStep[] } = { steps: [] }
  const parts = [main]
  for (const placed of labelJumps(steps)) {
    const { step } = placed
    if (step.kind === 'label' && called.delete(step.name)) parts.push({ label: step.name, steps: [] })
    else parts.at(-1)?.steps.push(placed)
  }
  const [missing] = called
  if (missing !== undefined)
    throw structOpsErrors.make('not-portable', { callback, step: `call ${missing}`, why: 'there is no such label' })
  return parts
}

function partCode(
  steps: readonly PlacedStep[],
  place: PortablePlace,
  endian: 'little' | 'big',
  lineOf: (index: number, at: number) => readonly LineInfo[],
): Pick<CallbackPart, 'code' | 'lines' | 'portables'> {
  const items: (PortableItem & { readonly index: number })[] = []
  for (const { step, index } of steps) for (const item of lowerPortable(step, place)) items.push({ ...item, index })
  const carried = new Map<object, Portable>()
  for (const { item, portable } of items) if (portable !== undefined) carried.set(item, portable)

  // Instructions that carry something were made for it alone, and come out of placeLabels as they went in.
  const insns: Insn[] = []
  const portables: PlacedPortable[] = []
  const starts: number[] = []
  let at = 0
  for (const insn of placeLabels(items.map(({ item }) => item))) {
    const portable = carried.get(insn)
    if (portable !== undefined) portables.push({ at, portable })
    insns.push(isCall(portable) ? callFunc(-1) : insn)
    starts.push(at)
    at += insnSlots(insn)
  }
  const sources = items.filter(({ item }) => item.kind !== 'label')
  // Long jumps make more instructions than items; the steps are then told apart no more.
  const known = sources.length === insns.length
  const lines = sources.flatMap(({ index }, i) =>
    known && sources[i - 1]?.index !== index ? lineOf(index, starts[i] ?? 0) : [],
  )
  return { code: encode(insns, { endian }), lines, portables }
}

/** What ELF wants to see as a call that is relocated. */
const isCall = (portable: Portable | undefined): boolean =>
  portable?.kind === 'call' || (portable?.kind === 'kfunc' && portable.call)
