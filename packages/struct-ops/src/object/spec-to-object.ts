import { type Btf, buildBtf, parseBtf, structOpsLayout, typeOf } from '@tscc/btf'
import { freeName, identifier, isObjectName } from '@tscc/core'
import {
  type BpfObject,
  type CoreRelocation,
  completeBtf,
  type ObjectExtern,
  type ObjectFunction,
  type Relocation,
} from '@tscc/object'
import { structOpsSectionName } from '../building-blocks/metadata.ts'
import { structOpsErrors } from '../errors.ts'
import { tcpBtfFixture } from '../fixture.ts'
import { buildValue, whyAbsent } from '../link.ts'
import { DEFAULT_LICENSE, type StructOpsSpec } from '../spec.ts'
import { callbackCode, type PlacedPortable } from './callback-code.ts'
import { type LocalBtf, localBtf } from './local-btf.ts'
import type { Portable } from './lower-portable.ts'

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
  // Programs first, then what they call: value and callbacks go by index.
  const parts = Object.entries(spec.callbacks)
    .flatMap(([callback, steps]) => callbackCode(spec, callback, steps, btf, endian))
    .sort((one, other) => Number(one.label !== undefined) - Number(other.label !== undefined))
  const externs = externsOf(
    parts.flatMap((part) => part.portables.map(({ portable }) => portable)),
    btf,
  )
  const taken = new Set(externs.map((extern) => extern.name))
  const named = parts.map((part) => {
    const { callback, label } = part
    return { ...part, name: freeName(label === undefined ? callback : identifier(`${callback}_${label}`), taken) }
  })
  const word = btf.add('int unsigned long long', () => intType('unsigned long long', 8, false))
  const context = btf.add(`ptr ${word}`, () => ({ kind: 'ptr', name: '', typeId: word }))
  const returns = btf.add('int int', () => intType('int', 4, true))
  const prototype = btf.add('func_proto ctx', () => ({
    kind: 'func_proto',
    name: '',
    returnTypeId: returns,
    params: [{ name: 'ctx', typeId: context }],
  }))
  const called = btf.add('func_proto int', () => ({ kind: 'func_proto', name: '', returnTypeId: returns, params: [] }))
  const functionTypes = named.map(({ name, label }) =>
    label === undefined
      ? btf.add(`func ${name}`, () => ({ kind: 'func', name, typeId: prototype, linkage: 'global' }))
      : btf.add(`func ${name}`, () => ({ kind: 'func', name, typeId: called, linkage: 'static' })),
  )
  const variable = freeName(identifier(spec.name), taken)
  const members = Object.keys(spec.callbacks)
  const value = structOpsValue(spec, { types, btf, section, variable, endian }, (member) => members.indexOf(member))
  structOpsSection(btf, [value])
  ksyms(btf, externs)
  const license = spec.license ?? DEFAULT_LICENSE
  licenseVariable(btf, freeName('_license', taken), license)
  const object: BpfObject = {
    endian,
    license,
    functions: named.map(
      ({ callback, label, name, code, lines, portables }, i): ObjectFunction => ({
        name,
        section:
          label === undefined
            ? structOpsSectionName(spec.type, callback, { sleepable: spec.sleepable?.includes(callback) === true })
            : '.text',
        linkage: label === undefined ? 'global' : 'static',
        hidden: false,
        code,
        relocations: relocationsOf(portables, externs, (to) =>
          parts.findIndex((part) => part.callback === callback && part.label === to),
        ),
        coreRelocations: coreRelocationsOf(portables),
        typeId: functionTypes[i] ?? 0,
        lines,
        prunable: true,
      }),
    ),
    maps: [],
    structOps: [value],
    externs,
    btf: buildBtf(btf.finish(), { littleEndian: endian === 'little' }),
  }
  return completeBtf(object)
}

function relocationsOf(
  portables: readonly PlacedPortable[],
  externs: readonly ObjectExtern[],
  functionOf: (label: string) => number,
): readonly Relocation[] {
  const of = ({ at, portable }: PlacedPortable): Relocation | undefined => {
    switch (portable.kind) {
      case 'argument':
        return { kind: 'argument', at, argument: portable.argument }
      case 'core':
        return undefined
      case 'kfunc':
        return { kind: 'extern', at, extern: externs.findIndex((extern) => extern.name === portable.name) }
      case 'call':
      case 'function':
        return { kind: portable.kind, at, function: functionOf(portable.label) }
    }
  }
  return portables.map(of).filter((relocation) => relocation !== undefined)
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
export function licenseVariable(btf: LocalBtf, name: string, license: string): void {
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

/** Where a struct_ops value is put. */
export interface ValuePlace {
  /** BTF with the type. */
  readonly types: Btf
  /** The object's own, in the making. */
  readonly btf: LocalBtf
  readonly section: string
  /** The variable's name. */
  readonly variable: string
  readonly endian: 'little' | 'big'
}

/**
 * The struct_ops value of an object, its type with the members that are set, and its place in BTF; `functionOf` gives the
 * index of a callback's program.
 */
export function structOpsValue(
  spec: Pick<StructOpsSpec, 'type' | 'name' | 'data'> & { readonly callbacks: Readonly<Record<string, unknown>> },
  { types, btf, section, variable: name, endian }: ValuePlace,
  functionOf: (member: string) => number,
): BpfObject['structOps'][number] {
  const layout = structOpsLayout(types, spec.type)
  const ops = typeOf(types, layout.typeId)
  const declared = ops.kind === 'struct' ? ops.members : []
  let { size } = layout
  const prototype = btf.add('func_proto void', () => ({ kind: 'func_proto', name: '', returnTypeId: 0, params: [] }))
  const pointer = btf.add(`ptr ${prototype}`, () => ({ kind: 'ptr', name: '', typeId: prototype }))
  const callbacks = Object.keys(spec.callbacks).map((member) => {
    const known = layout.members.find((m) => m.name === member && m.kind === 'callback')
    if (known !== undefined) return { member, offset: known.offset, function: functionOf(member) }
    // Newer than the types: its name is all that matters. A mistake throws here.
    whyAbsent(layout, member)
    size += 8
    return { member, offset: size - 8, function: functionOf(member) }
  })
  const plain = layout.members.filter((m) => m.kind === 'string' || Object.hasOwn(spec.data ?? {}, m.name))
  const members = [
    ...callbacks.map(({ member, offset }) => ({ name: member, typeId: pointer, offset })),
    ...plain.map((m) => ({ name: m.name, typeId: btf.typeId(declared[m.index]?.typeId ?? 0), offset: m.offset })),
  ].sort((a, b) => a.offset - b.offset)
  const typeId = btf.add(`struct_ops ${spec.type} ${name}`, () => ({
    kind: 'struct',
    name: spec.type,
    size,
    members: members.map((m) => ({ name: m.name, typeId: m.typeId, bitOffset: 8 * m.offset, bitSize: 0 })),
  }))
  const data = new Uint8Array(size)
  data.set(buildValue(spec, { ...layout, valueSize: layout.size, dataOffset: 0 }))
  // The value was written in little endian.
  if (endian === 'big')
    for (const m of plain) if (m.kind === 'integer') data.subarray(m.offset, m.offset + m.size).reverse()
  return { name, section, type: spec.type, typeId, data, callbacks }
}

/** Values one behind the other, as BTF has their section. */
export function structOpsSection(btf: LocalBtf, values: readonly BpfObject['structOps'][number][]): void {
  const [first] = values
  if (first === undefined) return
  let end = 0
  const vars = values.map(({ name, typeId, data }) => {
    const variable = btf.add(`var ${name}`, () => ({ kind: 'var', name, typeId, linkage: 'global' }))
    const offset = end
    end = Math.ceil((offset + data.length) / 8) * 8
    return { typeId: variable, offset, size: data.length }
  })
  const size = Math.max(...vars.map((one) => one.offset + one.size))
  btf.add(`datasec ${first.section}`, () => ({ kind: 'datasec', name: first.section, size, vars }))
}

const intType = (name: string, size: number, signed: boolean) =>
  ({ kind: 'int', name, size, bits: 8 * size, bitOffset: 0, signed, char: false, bool: false }) as const
