import { type Btf, buildBtf, findType, sizeOf } from '@tscc/btf'
import { identifier } from '@tscc/core'
import { callFunc, encode, type Insn, insnSlots, placeLabels } from '@tscc/insn'
import {
  type BpfObject,
  type CoreRelocation,
  completeBtf,
  type LineInfo,
  type ObjectExtern,
  type ObjectFunction,
  type ObjectMap,
  type Relocation,
} from '@tscc/object'
import { CALLBACK_BEFORE, structOpsSectionName } from '@tscc/struct-ops'
import { type LocalBtf, licenseVariable, localBtf, structOpsSection, structOpsValue } from '@tscc/struct-ops/object'
import type { Span } from '../diagnostics.ts'
import type { SourceFile } from '../source-file.ts'
import type { CodeItem, Portable } from './code.ts'
import type { EmittedFunction } from './function.ts'
import { type DataMap, dataMaps, declaredMaps, type MapDeclaration } from './maps.ts'

/** A program or function with its instructions. */
export interface ObjectPart {
  readonly name: string
  /** The callback that it is; undefined for functions that programs call. */
  readonly callback?: { readonly type: string; readonly member: string; readonly sleepable: boolean }
  /** Of a program that is no callback: the section that says what it is. */
  readonly section?: string
  readonly emitted: EmittedFunction
  /** Of a function: how many arguments it takes. */
  readonly parameters: number
  /** Where it is written. */
  readonly span?: Span
}

/** A struct_ops value. */
export interface OpsValue {
  readonly type: string
  readonly name: string
  readonly data: Readonly<Record<string, bigint | string>>
  /** By member: index of its program among the parts. */
  readonly callbacks: Readonly<Record<string, number>>
}

/** Everything that becomes an object. */
export interface ObjectContent {
  readonly parts: readonly ObjectPart[]
  readonly values: readonly OpsValue[]
  readonly maps: readonly MapDeclaration[]
  readonly data: readonly DataMap[]
  readonly license: string
}

/** How code is made for an object in the making. */
export interface ObjectWriter {
  readonly btf: LocalBtf
  readonly before: (callback: ObjectPart['callback']) => readonly string[]
  structOf(name: string): { readonly id: number; readonly size: number }
  finish(content: ObjectContent): BpfObject
}

/** Start an object against types; programs take the types that they use from `btf`. */
export function objectWriter(types: Btf): ObjectWriter {
  const btf = localBtf(types, true)
  return {
    btf,
    before: (callback) =>
      callback === undefined ? [] : (CALLBACK_BEFORE[`${callback.type}.${callback.member}`] ?? []),
    structOf(name) {
      const id = findType(types, name, 'struct') ?? findType(types, name, 'union') ?? 0
      return { id, size: id === 0 ? 0 : sizeOf(types, id) }
    },
    finish: (content) => writeContent(types, btf, content),
  }
}

function writeContent(types: Btf, btf: LocalBtf, content: ObjectContent): BpfObject {
  const assembled = content.parts.map((part) => assemble(part.emitted.items, part.span))
  const externs = externsOf(
    assembled.flatMap(({ portables }) => portables.map(({ portable }) => portable)),
    btf,
  )
  const declared = declaredMaps(content.maps, btf)
  const data = dataMaps(content.data, btf)
  const maps: readonly ObjectMap[] = [...declared, ...data, ...kconfigMap(externs, btf)]
  const mapIndex = (name: string): number => maps.findIndex((map) => map.name === name)
  const partIndex = (name: string): number => content.parts.findIndex((part) => part.name === name)
  const functionType = functionTypes(btf)
  const functions = content.parts.map((part, i): ObjectFunction => {
    const { code, portables, lines } = assembled[i] ?? { code: new Uint8Array(0), portables: [], lines: [] }
    const isProgram = part.callback !== undefined || part.section !== undefined
    return {
      name: part.name,
      section:
        part.callback === undefined
          ? (part.section ?? '.text')
          : structOpsSectionName(part.callback.type, part.callback.member, part.callback),
      linkage: isProgram ? 'global' : 'static',
      hidden: false,
      prunable: true,
      code,
      relocations: portables.flatMap((one) => relocationOf(one, { externs, mapIndex, partIndex })),
      coreRelocations: portables.flatMap(({ at, portable }): readonly CoreRelocation[] =>
        portable.kind === 'core'
          ? [{ at, kind: portable.core, typeId: portable.typeId, access: portable.access() }]
          : [],
      ),
      typeId: functionType(part.name, isProgram ? undefined : part.parameters),
      lines,
    }
  })
  ksyms(btf, externs)
  const structOps = content.values.map((value) =>
    structOpsValue(
      { type: value.type, name: value.name, callbacks: value.callbacks, data: value.data },
      { types, btf, section: '.struct_ops', variable: identifier(value.name), endian: 'little' },
      (member) => value.callbacks[member] ?? 0,
    ),
  )
  structOpsSection(btf, structOps)
  licenseVariable(btf, '_license', content.license)
  return completeBtf({
    endian: 'little',
    license: content.license,
    functions: linesForAllOrNone(functions),
    maps,
    structOps,
    externs,
    btf: buildBtf(btf.finish()),
  })
}

/** libbpf wants lines for all functions that a program consists of, or for none. */
function linesForAllOrNone(functions: readonly ObjectFunction[]): readonly ObjectFunction[] {
  return functions.every((f) => f.lines.length > 0) ? functions : functions.map((f) => ({ ...f, lines: [] }))
}

interface PlacedPortable {
  readonly at: number
  readonly portable: Portable
}

interface Assembled {
  readonly code: Uint8Array
  readonly portables: readonly PlacedPortable[]
  readonly lines: readonly LineInfo[]
}

/** Largest column that the kernel's line information has room for. */
const MAX_COLUMN = 1023

function assemble(items: readonly CodeItem[], whole: Span | undefined): Assembled {
  const sources = items.filter(({ item }) => item.kind !== 'label')
  // Instructions that carry something were made for it alone, and come out of placeLabels as they went in.
  const carried = new Map<object, Portable>()
  for (const { item, portable } of sources) if (portable !== undefined) carried.set(item, portable)
  const placed = placeLabels(items.map(({ item }) => item))
  // Long jumps make more instructions than items; the sources are then told apart no more.
  const isKnown = sources.length === placed.length
  const insns: Insn[] = []
  const portables: PlacedPortable[] = []
  const lines: LineInfo[] = []
  let at = 0
  let lastSpan: Span | undefined
  // The kernel wants a line for the first instruction, also of a function that does nothing.
  const first = sources.find(({ span }) => span.file !== undefined)?.span ?? whole
  for (const [i, insn] of placed.entries()) {
    const portable = carried.get(insn)
    if (portable !== undefined) portables.push({ at, portable })
    // What ELF wants to see as a call that is relocated.
    insns.push(portable !== undefined && insn.kind === 'callKfunc' ? callFunc(-1) : insn)
    const own = isKnown ? sources[i]?.span : undefined
    const span = own?.file === undefined && i === 0 ? first : own
    if (span?.file !== undefined && span !== lastSpan) {
      lastSpan = span
      const line = lineOf(span.file, span.start, at, lines.at(-1))
      if (line !== undefined) lines.push(line)
    }
    at += insnSlots(insn)
  }
  return { code: encode(insns), portables, lines: lines[0]?.at === 0 ? lines : [] }
}

/** Where something is from; undefined where that is the `last` place. */
function lineOf(source: SourceFile, start: number, at: number, last: LineInfo | undefined): LineInfo | undefined {
  const position = source.position(start)
  const { line } = position
  const column = Math.min(position.column, MAX_COLUMN)
  const file = source.name.slice(source.name.lastIndexOf('/') + 1)
  if (last !== undefined && last.line === line && last.column === column && last.file === file) return undefined
  // Strings of BTF end at a zero byte, which a comment may have.
  return { at, file, text: source.line(line).trim().replaceAll('\0', ' '), line, column }
}

interface Places {
  readonly externs: readonly ObjectExtern[]
  mapIndex(name: string): number
  partIndex(name: string): number
}

function relocationOf({ at, portable }: PlacedPortable, places: Places): readonly Relocation[] {
  switch (portable.kind) {
    case 'argument':
      return [{ kind: 'argument', at, argument: portable.argument }]
    case 'map':
      return [{ kind: 'map', at, map: places.mapIndex(portable.map) }]
    case 'data':
      return [{ kind: 'mapValue', at, map: places.mapIndex(portable.map), offset: portable.offset }]
    case 'call':
    case 'function':
      return [{ kind: portable.kind, at, function: places.partIndex(portable.name) }]
    case 'kfunc':
      return [{ kind: 'extern', at, extern: places.externs.findIndex((extern) => extern.name === portable.name) }]
    case 'version':
      return [{ kind: 'extern', at, extern: places.externs.findIndex((extern) => extern.name === VERSION) }]
    case 'core':
      return []
  }
}

const VERSION = 'LINUX_KERNEL_VERSION'

/** Kfuncs and configuration in order of first use; a kfunc may be absent where the program asks whether it is there. */
function externsOf(portables: readonly Portable[], btf: LocalBtf): readonly ObjectExtern[] {
  const weak = new Map<string, boolean>()
  for (const portable of portables)
    if (portable.kind === 'kfunc') weak.set(portable.name, (weak.get(portable.name) ?? false) || portable.weak)
  const kfuncs = [...weak].map(
    ([name, asked]): ObjectExtern => ({ name, kind: 'kfunc', weak: asked, typeId: btf.kfunc(name) }),
  )
  if (!portables.some(({ kind }) => kind === 'version')) return kfuncs
  const typeId = btf.add('int int', () => intType('int', 4, true))
  return [...kfuncs, { name: VERSION, kind: 'kconfig', weak: false, typeId, offset: 0, size: 4 }]
}

/** The DATASECs in which libbpf looks for what the kernel has to provide. */
function ksyms(btf: LocalBtf, externs: readonly ObjectExtern[]): void {
  const kfuncs = externs.filter(({ kind }) => kind === 'kfunc')
  if (kfuncs.length > 0)
    btf.add('datasec .ksyms', () => ({
      kind: 'datasec',
      name: '.ksyms',
      size: 0,
      vars: kfuncs.map(({ typeId }) => ({ typeId, offset: 0, size: 0 })),
    }))
}

function kconfigMap(externs: readonly ObjectExtern[], btf: LocalBtf): readonly ObjectMap[] {
  const values = externs.filter(({ kind }) => kind === 'kconfig')
  if (values.length === 0) return []
  const vars = values.map(({ name, typeId, size = 4, offset = 0 }) => ({
    typeId: btf.add(`var ${name}`, () => ({ kind: 'var', name, typeId, linkage: 'extern' })),
    offset,
    size,
  }))
  const size = vars.reduce((sum, one) => sum + one.size, 0)
  const valueTypeId = btf.add('datasec .kconfig', () => ({ kind: 'datasec', name: '.kconfig', size, vars }))
  return [
    {
      name: '.kconfig',
      kind: 'kconfig',
      section: '',
      type: 2,
      keySize: 4,
      valueSize: size,
      maxEntries: 1,
      flags: 0x80,
      keyTypeId: 0,
      valueTypeId,
      pinning: 'none',
      slots: [],
      data: new Uint8Array(0),
      variables: values.map(({ name, typeId, size: bytes = 4, offset = 0 }) => ({
        name,
        offset,
        size: bytes,
        typeId,
        linkage: 'global',
      })),
    },
  ]
}

/** FUNCs: programs take the context, functions that they call as many numbers or pointers as they have parameters. */
function functionTypes(btf: LocalBtf): (name: string, parameters: number | undefined) => number {
  const word = btf.add('int unsigned long long', () => intType('unsigned long long', 8, false))
  const context = btf.add(`ptr ${word}`, () => ({ kind: 'ptr', name: '', typeId: word }))
  const returns = btf.add('int int', () => intType('int', 4, true))
  return (name, parameters) => {
    if (parameters === undefined) {
      const proto = btf.add('func_proto ctx', () => ({
        kind: 'func_proto',
        name: '',
        returnTypeId: returns,
        params: [{ name: 'ctx', typeId: context }],
      }))
      return btf.add(`func ${name}`, () => ({ kind: 'func', name, typeId: proto, linkage: 'global' }))
    }
    const proto = btf.add(`func_proto words ${parameters}`, () => ({
      kind: 'func_proto',
      name: '',
      returnTypeId: word,
      params: Array.from({ length: parameters }, (_, i) => ({ name: `a${i}`, typeId: word })),
    }))
    return btf.add(`func ${name}`, () => ({ kind: 'func', name, typeId: proto, linkage: 'static' }))
  }
}

const intType = (name: string, size: number, signed: boolean) =>
  ({ kind: 'int', name, size, bits: 8 * size, bitOffset: 0, signed, char: false, bool: false }) as const
