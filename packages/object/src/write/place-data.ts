import { type Btf, findType, membersOf } from '@tscc/btf'
import { byteWriter } from '@tscc/core'
import { R_BPF, SHF, SHT, STB, STT } from '../elf-format.ts'
import type { BpfObject, ObjectMap } from '../model.ts'
import { objectErrors } from '../object-errors.ts'
import { requireVariable, sectionVariables } from './datasec.ts'
import type { ElfSection } from './elf-file.ts'
import type { ElfRelocation, SymbolsOf } from './relocated-code.ts'
import { bindOf, type ElfSymbol } from './symbols.ts'

/** Everything of an object that is not code, as sections. */
export interface PlacedData {
  readonly sections: readonly ElfSection[]
  readonly symbols: readonly ElfSymbol[]
  /** Declared maps by their index: the variable's symbol. */
  readonly mapSymbols: ReadonlyMap<number, ElfSymbol>
  /** Data maps by their index: the section's index, and the variables' symbols. */
  readonly mapSections: ReadonlyMap<number, number>
  readonly variableSymbols: ReadonlyMap<number, readonly ElfSymbol[]>
  /** What the sections hold of other parts of the object: callbacks, inner maps, programs. */
  relocations(
    symbols: SymbolsOf,
  ): readonly { readonly section: number; readonly name: string; readonly entries: readonly ElfRelocation[] }[]
}

const object = (name: string, section: number, value: number, size: number, bind: number = STB.GLOBAL): ElfSymbol => ({
  name,
  bind,
  type: STT.OBJECT,
  section,
  value,
  size,
})

/** Lay out license, version, maps, data and struct_ops; `first` is the index of the first section. */
export function placeData(from: BpfObject, btf: Btf | undefined, first: number): PlacedData {
  const sections: ElfSection[] = []
  const symbols: ElfSymbol[] = []
  const mapSymbols = new Map<number, ElfSymbol>()
  const mapSections = new Map<number, number>()
  const variableSymbols = new Map<number, readonly ElfSymbol[]>()
  const pointers: { section: number; name: string; offset: number; symbol(symbols: SymbolsOf): ElfSymbol }[] = []
  const place = (name: string, align: number, data: Uint8Array, more: Partial<ElfSection> = {}): number => {
    if (sections.some((section) => section.name === name))
      throw objectErrors.make('bad-object', { what: `section ${name}`, why: 'is there twice' })
    sections.push({ name, type: SHT.PROGBITS, flags: SHF.ALLOC | SHF.WRITE, align, data, ...more })
    return first + sections.length - 1
  }

  const single = (name: string, align: number, data: Uint8Array): void => {
    const section = place(name, align, data)
    // Linkers want BTF for every global symbol, and loaders want no symbol here.
    const variable = variableName(btf, name)
    if (variable !== undefined) symbols.push(object(variable, section, 0, data.length))
  }
  if (from.license !== '') {
    const w = byteWriter({ path: 'license' })
    w.cstring(from.license)
    single('license', 1, w.finish())
  }
  if (from.kernelVersion !== undefined) {
    const w = byteWriter({ littleEndian: from.endian === 'little', path: 'version' })
    w.u32(from.kernelVersion, 'kernelVersion')
    single('version', 4, w.finish())
  }

  for (const name of new Set(from.maps.filter((map) => map.kind === 'declared').map((map) => map.section))) {
    const variables = sectionVariables(btf, name)
    const size = Math.max(0, ...variables.map((variable) => variable.offset + variable.size))
    const section = place(name, 8, new Uint8Array(size))
    for (const [index, map] of from.maps.entries()) {
      if (map.kind !== 'declared' || map.section !== name) continue
      const variable = requireVariable(variables, name, map.name)
      const symbol = object(map.name, section, variable.offset, variable.size)
      mapSymbols.set(index, symbol)
      symbols.push(symbol)
      const values = map.slots.length === 0 ? 0 : valuesOffset(btf, variable.typeId, map.name)
      for (const slot of map.slots)
        pointers.push({
          section,
          name,
          offset: variable.offset + values + 8 * slot.index,
          symbol: (of) => (slot.kind === 'map' ? of.map(slot.target) : of.function(slot.target).own),
        })
    }
  }

  for (const [index, map] of from.maps.entries()) {
    if (map.kind === 'declared' || map.kind === 'kconfig') continue
    const section = place(map.section, 8, ...contentOf(map))
    mapSections.set(index, section)
    const variables = map.variables.map((v) => object(v.name, section, v.offset, v.size, bindOf(v.linkage)))
    variableSymbols.set(index, variables)
    symbols.push(...variables)
  }

  for (const name of new Set(from.structOps.map((ops) => ops.section))) {
    const variables = sectionVariables(btf, name)
    const values = from.structOps.filter((ops) => ops.section === name)
    const ends = values.map((ops) => requireVariable(variables, name, ops.name).offset + ops.data.length)
    const data = new Uint8Array(Math.max(0, ...ends))
    const section = place(name, 8, data)
    for (const ops of values) {
      const { offset } = requireVariable(variables, name, ops.name)
      data.set(ops.data, offset)
      symbols.push(object(ops.name, section, offset, ops.data.length))
      for (const callback of ops.callbacks)
        pointers.push({
          section,
          name,
          offset: offset + callback.offset,
          symbol: (of) => of.function(callback.function).own,
        })
    }
  }

  return {
    sections,
    symbols,
    mapSymbols,
    mapSections,
    variableSymbols,
    relocations: (of) =>
      sections.map(({ name }, i) => ({
        section: first + i,
        name,
        entries: pointers
          .filter((pointer) => pointer.section === first + i)
          .map((pointer) => ({ offset: pointer.offset, type: R_BPF.B64_ABS64, symbol: pointer.symbol(of) })),
      })),
  }
}

/** What compilers named the variable of a section that holds just one; undefined where BTF says nothing. */
function variableName(btf: Btf | undefined, section: string): string | undefined {
  if (btf === undefined || findType(btf, section, 'datasec') === undefined) return undefined
  return sectionVariables(btf, section)[0]?.name
}

function contentOf(map: ObjectMap): readonly [Uint8Array, Partial<ElfSection>] {
  if (map.kind === 'bss') return [new Uint8Array(), { type: SHT.NOBITS, size: map.valueSize }]
  if (map.data.length !== map.valueSize)
    throw objectErrors.make('bad-object', {
      what: `map ${map.name}`,
      why: `it has ${map.data.length} bytes of data for a value of ${map.valueSize}`,
    })
  return [map.data, map.kind === 'rodata' ? { flags: SHF.ALLOC } : {}]
}

/** Where the `values` of a map's definition start. */
function valuesOffset(btf: Btf | undefined, typeId: number, map: string): number {
  const values = btf === undefined ? undefined : membersOf(btf, typeId).find((member) => member.name === 'values')
  if (values === undefined)
    throw objectErrors.make('missing-type', { what: `map ${map}`, type: 'member values of its definition' })
  return values.bitOffset / 8
}
