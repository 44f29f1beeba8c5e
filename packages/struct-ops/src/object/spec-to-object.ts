import { type Btf, buildBtf, parseBtf, typeOf } from '@tscc/btf'
import { isObjectName } from '@tscc/core'
import { callFunc, encode, type Insn, insnSlots, placeLabels } from '@tscc/insn'
import {
  type BpfObject,
  type CoreRelocation,
  completeBtf,
  type LineInfo,
  type ObjectExtern,
  type ObjectFunction,
  type Relocation,
} from '@tscc/object'
import { structOpsSectionName } from '../building-blocks/metadata.ts'
import { describeStep } from '../describe-step.ts'
import { structOpsErrors } from '../errors.ts'
import { tcpBtfFixture } from '../fixture.ts'
import { labelJumps } from '../label-jumps.ts'
import { buildValue, whyAbsent } from '../link.ts'
import { DEFAULT_LICENSE, type Steps, type StructOpsSpec } from '../spec.ts'
import { structOpsLayout } from '../struct-ops-layout.ts'
import { type LocalBtf, localBtf } from './local-btf.ts'
import { lowerPortable, type Portable, type PortableItem } from './lower-portable.ts'

/** How an object is made of a spec. */
export interface SpecToObjectOptions {
  /** Byte order of the object. Default: little. */
  readonly endian?: 'little' | 'big'
  /**
   * BTF with the structs, enums and kfuncs that the program names; where it runs they may lie elsewhere. Default: the TCP
   * part of a 6.18 kernel.
   */
  readonly types?: Btf
  /** `.struct_ops` (default) is known to every libbpf; `.struct_ops.link` to 1.2 and later, which then register by a link. */
  readonly section?: '.struct_ops' | '.struct_ops.link'
}

/**
 * Make a kernel-independent object of a spec: same spec, same object, on any machine. What depends on the kernel is left to
 * relocations that libbpf knows; arguments are bound by tscc's linker only, others take them where the spec says.
 */
export function specToObject(spec: StructOpsSpec, options: SpecToObjectOptions = {}): BpfObject {
  if (spec.name === '' || !isObjectName(spec.name))
    throw structOpsErrors.make('bad-name', { name: spec.name, why: 'must be 1 to 15 of A-Z a-z 0-9 _ .' })
  const { endian = 'little', types = parseBtf(tcpBtfFixture()), section = '.struct_ops' } = options
  const btf = localBtf(types, endian === 'little')
  const programs = Object.entries(spec.callbacks).map(([callback, steps]) => ({
    callback,
    ...program(spec, callback, steps, btf, endian),
  }))
  const externs = externsOf(
    programs.flatMap((p) => p.portables.map(({ portable }) => portable)),
    btf,
  )
  const taken = new Set(externs.map((extern) => extern.name))
  const named = programs.map((p) => ({ ...p, name: freeName(p.callback, taken) }))
  const word = btf.add('int unsigned long long', () => intType('unsigned long long', 8, false))
  const context = btf.add(`ptr ${word}`, () => ({ kind: 'ptr', name: '', typeId: word }))
  const returns = btf.add('int int', () => intType('int', 4, true))
  const prototype = btf.add('func_proto ctx', () => ({
    kind: 'func_proto',
    name: '',
    returnTypeId: returns,
    params: [{ name: 'ctx', typeId: context }],
  }))
  const functionTypes = named.map(({ name }) =>
    btf.add(`func ${name}`, () => ({ kind: 'func', name, typeId: prototype, linkage: 'global' })),
  )
  const value = opsValue(spec, types, btf, section, freeName(identifier(spec.name), taken), endian)
  ksyms(btf, externs)
  const license = spec.license ?? DEFAULT_LICENSE
  licenseVariable(btf, freeName('_license', taken), license)
  const object: BpfObject = {
    endian,
    license,
    functions: named.map(
      ({ callback, name, code, lines, portables }, i): ObjectFunction => ({
        name,
        section: structOpsSectionName(spec.type, callback),
        linkage: 'global',
        hidden: false,
        code,
        relocations: relocationsOf(portables, externs),
        coreRelocations: coreRelocationsOf(portables),
        typeId: functionTypes[i] ?? 0,
        lines,
      }),
    ),
    maps: [],
    structOps: [value],
    externs,
    btf: buildBtf(btf.finish(), { littleEndian: endian === 'little' }),
  }
  return completeBtf(object)
}

/** Something that the kernel decides, and the slot where. */
interface PlacedPortable {
  readonly at: number
  readonly portable: Portable
}

/** One callback's code. */
function program(
  spec: StructOpsSpec,
  callback: string,
  steps: Steps,
  btf: LocalBtf,
  endian: 'little' | 'big',
): { readonly code: Uint8Array; readonly lines: readonly LineInfo[]; readonly portables: readonly PlacedPortable[] } {
  let labels = 0
  const place = {
    type: spec.type,
    callback,
    btf,
    littleEndian: endian === 'little',
    fresh: () => `@${labels++}`,
  }
  const items: (PortableItem & { readonly index: number })[] = []
  for (const { step, index } of labelJumps(steps))
    for (const item of lowerPortable(step, place)) items.push({ ...item, index })
  const portables = new Map<object, Portable>()
  for (const { item, portable } of items) if (portable !== undefined) portables.set(item, portable)

  // Instructions that carry something were made for it alone, and come out of placeLabels as they went in.
  const insns: Insn[] = []
  const placed: PlacedPortable[] = []
  const starts: number[] = []
  let at = 0
  for (const insn of placeLabels(items.map(({ item }) => item))) {
    const portable = portables.get(insn)
    if (portable !== undefined) placed.push({ at, portable })
    // What ELF wants to see in the place of a call that is relocated.
    insns.push(portable?.kind === 'kfunc' && portable.call ? callFunc(-1) : insn)
    starts.push(at)
    at += insnSlots(insn)
  }
  const sources = items.filter(({ item }) => item.kind !== 'label')
  const lines = sources.flatMap(({ index }, i): LineInfo[] => {
    const step = steps[index]
    if (step === undefined || sources[i - 1]?.index === index) return []
    const text = describeStep(step)
    return [{ at: starts[i] ?? 0, file: `${spec.name}/${callback}`, text, line: index + 1, column: 0 }]
  })
  // Long jumps make more instructions than items; the steps are then told apart no more.
  return {
    code: encode(insns, { endian }),
    lines: sources.length === insns.length ? lines : [],
    portables: placed,
  }
}

function relocationsOf(portables: readonly PlacedPortable[], externs: readonly ObjectExtern[]): readonly Relocation[] {
  return portables.flatMap(({ at, portable }): Relocation[] => {
    if (portable.kind === 'argument') return [{ kind: 'argument', at, argument: portable.argument }]
    if (portable.kind === 'core') return []
    return [{ kind: 'extern', at, extern: externs.findIndex((extern) => extern.name === portable.name) }]
  })
}

function coreRelocationsOf(portables: readonly PlacedPortable[]): readonly CoreRelocation[] {
  return portables.flatMap(({ at, portable }) =>
    portable.kind === 'core' ? [{ at, kind: portable.core, typeId: portable.typeId, access: portable.access() }] : [],
  )
}

/** Kfuncs in order of first use; weak where every use has a fallback. */
function externsOf(portables: readonly Portable[], btf: LocalBtf): readonly ObjectExtern[] {
  const weak = new Map<string, boolean>()
  for (const portable of portables)
    if (portable.kind === 'kfunc') weak.set(portable.name, (weak.get(portable.name) ?? true) && portable.weak)
  return [...weak].map(([name, every]) => ({ name, kind: 'kfunc', weak: every, typeId: btf.kfunc(name) }))
}

/** The DATASEC in which libbpf looks for what the kernel has to provide. */
function ksyms(btf: LocalBtf, externs: readonly ObjectExtern[]): void {
  if (externs.length === 0) return
  const vars = externs.map(({ typeId }) => ({ typeId, offset: 0, size: 0 }))
  btf.add('datasec .ksyms', () => ({ kind: 'datasec', name: '.ksyms', size: 0, vars }))
}

/** The licence as C declares it: `char _license[]` in a section of its own. */
function licenseVariable(btf: LocalBtf, name: string, license: string): void {
  const size = new TextEncoder().encode(license).length + 1
  const char = btf.add('int char', () => intType('char', 1, false))
  const index = btf.add('int int', () => intType('int', 4, true))
  const typeId = btf.add(`array ${char} ${size}`, () => ({
    kind: 'array',
    name: '',
    typeId: char,
    indexTypeId: index,
    length: size,
  }))
  const variable = btf.add(`var ${name}`, () => ({ kind: 'var', name, typeId, linkage: 'global' }))
  const vars = [{ typeId: variable, offset: 0, size }]
  btf.add('datasec license', () => ({ kind: 'datasec', name: 'license', size, vars }))
}

/** The struct_ops value, its type with the members that are set, and its place in BTF. */
function opsValue(
  spec: StructOpsSpec,
  types: Btf,
  btf: LocalBtf,
  section: string,
  name: string,
  endian: 'little' | 'big',
): BpfObject['structOps'][number] {
  const layout = structOpsLayout(types, spec.type)
  const ops = typeOf(types, layout.typeId)
  const declared = ops.kind === 'struct' ? ops.members : []
  let { size } = layout
  const prototype = btf.add('func_proto void', () => ({ kind: 'func_proto', name: '', returnTypeId: 0, params: [] }))
  const pointer = btf.add(`ptr ${prototype}`, () => ({ kind: 'ptr', name: '', typeId: prototype }))
  const callbacks = Object.keys(spec.callbacks).map((member, index) => {
    const known = layout.members.find((m) => m.name === member && m.kind === 'callback')
    if (known !== undefined) return { member, offset: known.offset, function: index }
    // Newer than the types: its name is all that matters. A mistake throws here.
    whyAbsent(layout, member)
    size += 8
    return { member, offset: size - 8, function: index }
  })
  const plain = layout.members.filter((m) => m.kind === 'string' || Object.hasOwn(spec.data ?? {}, m.name))
  const members = [
    ...callbacks.map(({ member, offset }) => ({ name: member, typeId: pointer, offset })),
    ...plain.map((m) => ({ name: m.name, typeId: btf.typeId(declared[m.index]?.typeId ?? 0), offset: m.offset })),
  ].sort((a, b) => a.offset - b.offset)
  const typeId = btf.add(`struct_ops ${spec.type}`, () => ({
    kind: 'struct',
    name: spec.type,
    size,
    members: members.map((m) => ({ name: m.name, typeId: m.typeId, bitOffset: 8 * m.offset, bitSize: 0 })),
  }))
  const variable = btf.add(`var ${name}`, () => ({ kind: 'var', name, typeId, linkage: 'global' }))
  btf.add(`datasec ${section}`, () => ({
    kind: 'datasec',
    name: section,
    size,
    vars: [{ typeId: variable, offset: 0, size }],
  }))
  const data = new Uint8Array(size)
  data.set(buildValue(spec, { ...layout, valueSize: layout.size, dataOffset: 0 }))
  // The value was written in little endian.
  if (endian === 'big')
    for (const m of plain) if (m.kind === 'integer') data.subarray(m.offset, m.offset + m.size).reverse()
  return { name, section, type: spec.type, typeId, data, callbacks }
}

/** A name that nothing else in the object has. */
function freeName(wanted: string, taken: Set<string>): string {
  const name = taken.has(wanted) ? freeName(`${wanted}_`, taken) : wanted
  taken.add(name)
  return name
}

/** A variable's name made of a congestion control's. */
const identifier = (name: string): string => name.replace(/^(?=\d)|\./g, '_')

const intType = (name: string, size: number, signed: boolean) =>
  ({ kind: 'int', name, size, bits: 8 * size, bitOffset: 0, signed, char: false, bool: false }) as const
