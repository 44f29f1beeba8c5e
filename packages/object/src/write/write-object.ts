import { parseBtf } from '@tscc/btf'
import { byteWriter } from '@tscc/core'
import { REL_SIZE, SHF, SHT, SYM_SIZE } from '../elf-format.ts'
import type { BpfObject } from '../model.ts'
import { objectErrors } from '../object-errors.ts'
import { encodeTsccSection, TSCC_SECTION, tsccFunctions } from '../tscc-section.ts'
import { btfExt } from './btf-ext.ts'
import { type BtfStrings, btfStrings } from './btf-strings.ts'
import { type ElfSection, elfFile } from './elf-file.ts'
import { placeData } from './place-data.ts'
import { placeFunctions } from './place-functions.ts'
import { type ElfRelocation, relocatedCode, type SymbolsOf } from './relocated-code.ts'
import { type ElfSymbol, externSymbol, sectionSymbol, symbolTable } from './symbols.ts'

/**
 * Write an object as a relocatable ELF file that libbpf and bpftool load: same object, same bytes.
 *
 * Sections come in this order: code, license, version, `.maps`, data, struct_ops, their `.rel`, `.BTF`, `.BTF.ext`,
 * `.tscc`, `.symtab`, `.strtab`. The BTF is written as it is, but for strings that `.BTF.ext` needs and it lacks (see
 * {@link completeBtf}). Throws `object/bad-object` and `object/missing-type`.
 */
export function writeObject(object: BpfObject): Uint8Array {
  const littleEndian = object.endian === 'little'
  const strings = object.btf === undefined ? undefined : btfStrings(object.btf, littleEndian)
  const btf = object.btf === undefined ? undefined : parseBtf(object.btf)
  const code = placeFunctions(object.functions)
  const data = placeData(object, btf, 1 + code.length)
  const sections: ElfSection[] = []
  const symbols: ElfSymbol[] = []
  const reached = new Map<number, ElfSymbol>()
  const sectionSymbolOf = (section: number): ElfSymbol => {
    const symbol = reached.get(section) ?? sectionSymbol(section)
    reached.set(section, symbol)
    return symbol
  }
  for (let section = 1; section <= code.length; section++) symbols.push(sectionSymbolOf(section))
  for (const section of data.mapSections.values()) symbols.push(sectionSymbolOf(section))

  const functionSymbols = new Map<number, { own: ElfSymbol; section: ElfSymbol; at: number }>()
  for (const [i, section] of code.entries())
    for (const placed of section.functions)
      functionSymbols.set(placed.index, {
        own: placed.symbol(i + 1),
        section: sectionSymbolOf(i + 1),
        at: placed.at,
      })
  const externs = object.externs.map((extern) => externSymbol(extern.name, extern.weak))
  const find = <T>(found: T | undefined, what: string, index: number): T => {
    if (found !== undefined) return found
    throw objectErrors.make('bad-object', { what: `a relocation of ${what} ${index}`, why: 'there is no such one' })
  }
  const symbolsOf: SymbolsOf = {
    function: (index) => find(functionSymbols.get(index), 'function', index),
    map: (index) => find(data.mapSymbols.get(index), 'map', index),
    data: (index) => ({
      section: sectionSymbolOf(find(data.mapSections.get(index), 'data map', index)),
      variables: data.variableSymbols.get(index) ?? [],
    }),
    extern: (index) => find(externs[index], 'extern', index),
  }
  for (let i = 0; i < object.functions.length; i++) symbols.push(symbolsOf.function(i).own)
  symbols.push(...data.symbols, ...externs)

  const relocations: { readonly section: number; readonly name: string; readonly entries: readonly ElfRelocation[] }[] =
    []
  for (const [i, section] of code.entries()) {
    const parts = section.functions.map(({ function: f, at }) => relocatedCode(object, f, at, symbolsOf))
    sections.push({
      name: section.name,
      type: SHT.PROGBITS,
      flags: SHF.ALLOC | SHF.EXECINSTR,
      align: 8,
      data: joined(parts.map((part) => part.code)),
    })
    relocations.push({ section: i + 1, name: section.name, entries: parts.flatMap((part) => part.relocations) })
  }
  sections.push(...data.sections)
  relocations.push(...data.relocations(symbolsOf))

  const linked = relocations.filter(({ entries }) => entries.length > 0)
  const ext = strings === undefined ? undefined : btfExt(code, strings, littleEndian)
  const meta = metaSections(object, strings, ext)
  const symtab = symbolTable(symbols, littleEndian)
  const symtabIndex = 1 + sections.length + linked.length + meta.length
  for (const { section, name, entries } of linked) {
    const w = byteWriter({ littleEndian, path: 'rel' })
    for (const { offset, type, symbol } of entries) {
      w.u64(BigInt(offset), 'r_offset')
      w.u64((BigInt(symtab.indexOf(symbol)) << 32n) | BigInt(type), 'r_info')
    }
    const link = { link: symtabIndex, info: section, entrySize: REL_SIZE }
    sections.push({ name: `.rel${name}`, type: SHT.REL, flags: SHF_INFO_LINK, align: 8, data: w.finish(), ...link })
  }
  sections.push(...meta, {
    name: '.symtab',
    type: SHT.SYMTAB,
    flags: 0,
    align: 8,
    data: symtab.bytes,
    link: symtabIndex + 1,
    info: symtab.firstGlobal,
    entrySize: SYM_SIZE,
  })
  return elfFile(sections, object.endian, symtab.names)
}

/**
 * The object as it comes back from its file: its BTF with the strings that `.BTF.ext` refers to, which are kept in the
 * BTF's string section. The very same object where nothing is missing.
 */
export function completeBtf(object: BpfObject): BpfObject {
  if (object.btf === undefined) return object
  const strings = btfStrings(object.btf, object.endian === 'little')
  btfExt(placeFunctions(object.functions), strings, object.endian === 'little')
  const btf = strings.finish()
  return btf === object.btf ? object : { ...object, btf }
}

/** The section's `sh_info` is the index of another. */
const SHF_INFO_LINK = 0x40

function metaSections(object: BpfObject, strings: BtfStrings | undefined, ext: Uint8Array | undefined): ElfSection[] {
  const plain = (name: string, data: Uint8Array, align: number): ElfSection => ({
    name,
    type: SHT.PROGBITS,
    flags: 0,
    align,
    data,
  })
  const ours = tsccFunctions(object.functions)
  if (strings === undefined) checkNeedsNoBtf(object)
  return [
    ...(strings === undefined ? [] : [plain('.BTF', strings.finish(), 4)]),
    ...(ext === undefined ? [] : [plain('.BTF.ext', ext, 4)]),
    ...(ours.length === 0 ? [] : [plain(TSCC_SECTION, encodeTsccSection(ours), 1)]),
  ]
}

function checkNeedsNoBtf(object: BpfObject): void {
  for (const f of object.functions) {
    if (f.coreRelocations.length > 0 || f.lines.length > 0 || f.typeId !== undefined)
      throw objectErrors.make('missing-type', { what: f.name, type: 'everything: there is no BTF' })
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const w = byteWriter({ path: 'section' })
  for (const part of parts) w.put(part)
  return w.finish()
}
