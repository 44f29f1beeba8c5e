import { type Btf, nameOf, parseBtf, placeDatasecs, skipModifiers, typeOf } from '@tscc/btf'
import { R_BPF, STT } from '../elf-format.ts'
import type { BpfObject, ObjectExtern, ObjectMap, ObjectStructOps } from '../model.ts'
import { objectErrors } from '../object-errors.ts'
import { parseTsccSection, TSCC_SECTION } from '../tscc-section.ts'
import { parseBtfExt } from './btf-ext.ts'
import { type ElfFile, type ElfSection, parseElfFile } from './elf-file.ts'
import { datasecsOf, type PlacedDatasec } from './place-datasecs.ts'
import { dataKind, readDataMap } from './read-data.ts'
import { readExterns } from './read-externs.ts'
import { type PlacedFunction, placedFunctions, readFunctions } from './read-functions.ts'
import { declaredMap } from './read-maps.ts'

/**
 * Read an object file as clang, bpftool's linker or `writeObject` makes it, of either byte order. Sizes and places that
 * compilers leave to the linker are filled in. Throws `object/not-elf`, `object/bad-file`, `object/too-large` and BTF's own.
 */
export function readObject(bytes: Uint8Array): BpfObject {
  const file = parseElfFile(bytes)
  const { sections, littleEndian } = file
  const named = (name: string): ElfSection | undefined => sections.find((section) => section.name === name)
  if (named('maps') !== undefined)
    throw objectErrors.make('bad-file', {
      what: 'section maps',
      why: 'maps without BTF are not read; declare them in .maps',
    })
  const raw = named('.BTF')?.data
  const btf = raw === undefined ? undefined : parseBtf(raw, { pointerSize: 8 })
  const datasecs = btf === undefined ? [] : datasecsOf(btf, file)
  const functions = placedFunctions(file)
  const externs = readExterns(file, btf, datasecs)
  const mapsSection = named('.maps')
  const maps = readMaps(file, btf, datasecs, functions, mapsSection, externs)
  const ext = named('.BTF.ext')
  const tscc = named(TSCC_SECTION)
  const version = named('version')?.data
  return {
    endian: littleEndian ? 'little' : 'big',
    license: cString(named('license')?.data ?? new Uint8Array(0)),
    ...(version === undefined || version.length < 4
      ? {}
      : { kernelVersion: new DataView(version.buffer, version.byteOffset).getUint32(0, littleEndian) }),
    functions: readFunctions(
      file,
      {
        functions,
        declaredMapAt: (offset) => maps.places.get(offset),
        dataMapOf: (section) => maps.bySection.get(section),
        mapsSection: mapsSection?.index,
        externOf: (name) => externs.findIndex((extern) => extern.name === name),
      },
      ext === undefined ? undefined : parseBtfExt(ext.data, littleEndian),
      (offset) => (btf === undefined ? '' : btf.state.strings.text(offset)),
      tscc === undefined ? [] : parseTsccSection(tscc.data),
    ),
    maps: maps.all,
    structOps: btf === undefined ? [] : readStructOps(file, btf, datasecs, functions),
    externs,
    ...(btf === undefined ? {} : { btf: placeDatasecs(btf, datasecs) }),
  }
}

const decoder = new TextDecoder()

function cString(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end))
}

interface ReadMaps {
  readonly all: readonly ObjectMap[]
  /** Index by byte of `.maps`. */
  readonly places: ReadonlyMap<number, number>
  /** Index by data section. */
  readonly bySection: ReadonlyMap<number, number>
}

function readMaps(
  file: ElfFile,
  btf: Btf | undefined,
  datasecs: readonly PlacedDatasec[],
  functions: readonly PlacedFunction[],
  mapsSection: ElfSection | undefined,
  externs: readonly ObjectExtern[],
): ReadMaps {
  const variables = datasecs.find(({ name }) => name === '.maps')?.variables ?? []
  const places = new Map(variables.map((variable, index) => [variable.offset, index]))
  const declared = variables.map((variable) => {
    const type = btf === undefined ? undefined : typeOf(btf, variable.id)
    if (btf === undefined || type?.kind !== 'var')
      throw objectErrors.make('bad-file', { what: `map ${variable.name}`, why: 'is no variable' })
    return { ...declaredMap(btf, variable.name, type.typeId), variable }
  })
  const relocations = mapsSection === undefined ? [] : file.relocationsOf(mapsSection.index)
  const withSlots = declared.map(({ map, valuesAt, variable }): ObjectMap => {
    const start = variable.offset + (valuesAt ?? 0)
    const mine = relocations.filter(
      ({ offset }) => offset >= variable.offset && offset < variable.offset + variable.size,
    )
    const slots = mine.map(({ offset, symbol }): ObjectMap['slots'][number] => {
      const index = (offset - start) / 8
      if (valuesAt === undefined || index < 0 || !Number.isInteger(index))
        throw objectErrors.make('bad-file', { what: `map ${map.name}`, why: `byte ${offset} of .maps is no element` })
      const isFunction = symbol.type === STT.FUNC
      const target = isFunction
        ? functions.findIndex((one) => one.symbol === symbol)
        : symbol.section === mapsSection?.index
          ? (places.get(symbol.value) ?? -1)
          : -1
      if (target < 0)
        throw objectErrors.make('bad-file', { what: `map ${map.name}`, why: `element ${index} is ${symbol.name}` })
      return { index, kind: isFunction ? 'function' : 'map', target }
    })
    return { ...map, slots }
  })
  const data = file.sections.flatMap((section) => {
    const kind = dataKind(section)
    const datasec = datasecs.find(({ name }) => name === section.name)
    return kind === undefined ? [] : [{ section, map: readDataMap(file, section, kind, btf, datasec) }]
  })
  const bySection = new Map(data.map(({ section }, i) => [section.index, withSlots.length + i]))
  const kconfig = kconfigMap(datasecs, externs)
  return { all: [...withSlots, ...data.map(({ map }) => map), ...kconfig], places, bySection }
}

/** The map of configuration values; linking fills it. */
function kconfigMap(datasecs: readonly PlacedDatasec[], externs: readonly ObjectExtern[]): readonly ObjectMap[] {
  const values = externs.filter(({ kind }) => kind === 'kconfig')
  if (values.length === 0) return []
  const valueSize = values.reduce((end, { offset = 0, size = 0 }) => Math.max(end, offset + size), 0)
  return [
    {
      name: '.kconfig',
      kind: 'kconfig',
      section: '.kconfig',
      type: 2,
      keySize: 4,
      valueSize,
      maxEntries: 1,
      flags: (1 << 7) | (1 << 10),
      keyTypeId: 0,
      valueTypeId: datasecs.find(({ name }) => name === '.kconfig')?.id ?? 0,
      pinning: 'none',
      slots: [],
      data: new Uint8Array(0),
      variables: values.map(({ name, offset = 0, size = 0, typeId, weak }) => ({
        name,
        offset,
        size,
        typeId,
        linkage: weak ? 'weak' : 'global',
      })),
    },
  ]
}

const STRUCT_OPS = /^\??\.struct_ops(?:\.link)?$/

function readStructOps(
  file: ElfFile,
  btf: Btf,
  datasecs: readonly PlacedDatasec[],
  functions: readonly PlacedFunction[],
): readonly ObjectStructOps[] {
  return datasecs
    .filter(({ name }) => STRUCT_OPS.test(name))
    .flatMap((datasec) => {
      const section = file.sections.find(({ name }) => name === datasec.name)
      if (section === undefined)
        throw objectErrors.make('bad-file', { what: datasec.name, why: 'BTF has it, the file has no such section' })
      const relocations = file.relocationsOf(section.index)
      return datasec.variables.map(({ name, id, offset, size }): ObjectStructOps => {
        const variable = typeOf(btf, id)
        const typeId = variable.kind === 'var' ? skipModifiers(btf, variable.typeId) : 0
        const struct = typeOf(btf, typeId)
        if (struct.kind !== 'struct')
          throw objectErrors.make('bad-file', { what: `struct_ops ${name}`, why: `is a ${struct.kind}` })
        if (offset + size > section.data.length)
          throw objectErrors.make('bad-file', { what: `struct_ops ${name}`, why: `ends behind ${datasec.name}` })
        const callbacks = relocations
          .filter((one) => one.type === R_BPF.B64_ABS64 && one.offset >= offset && one.offset < offset + size)
          .map((one) => {
            const at = one.offset - offset
            const member = struct.members.find(({ bitOffset }) => bitOffset === 8 * at)
            const target = functions.findIndex(({ symbol }) => symbol === one.symbol)
            if (member === undefined || target < 0)
              throw objectErrors.make('bad-file', { what: `struct_ops ${name}`, why: `byte ${at} is no callback` })
            return { member: member.name, offset: at, function: target }
          })
        return {
          name,
          section: datasec.name,
          type: nameOf(btf, typeId).replace(/___.*$/, ''),
          typeId,
          data: section.data.slice(offset, offset + size),
          callbacks,
        }
      })
    })
}
