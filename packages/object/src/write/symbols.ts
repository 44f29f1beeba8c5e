import { byteWriter } from '@tscc/core'
import { SHN_UNDEF, STB, STT, STV, SYM_SIZE } from '../elf-format.ts'
import { objectErrors } from '../object-errors.ts'
import { elfStrings } from './elf-strings.ts'

/** A symbol to be written; relocations refer to it by identity. */
export interface ElfSymbol {
  readonly name: string
  readonly bind: number
  readonly type: number
  readonly hidden?: boolean
  /** Index of its section, SHN_UNDEF for what the kernel provides. */
  readonly section: number
  readonly value: number
  readonly size: number
}

/** The symbol table as bytes. */
export interface SymbolTable {
  readonly bytes: Uint8Array
  /** The string table with the symbols' names, to be gone on with. */
  readonly names: Uint8Array
  /** `sh_info`: the first symbol that is not local. */
  readonly firstGlobal: number
  /** Position in the table. */
  indexOf(symbol: ElfSymbol): number
}

/** Local symbols first, otherwise in the given order; two global definitions of one name are an error. */
export function symbolTable(symbols: readonly ElfSymbol[], littleEndian: boolean): SymbolTable {
  const locals = symbols.filter((symbol) => symbol.bind === STB.LOCAL)
  const globals = symbols.filter((symbol) => symbol.bind !== STB.LOCAL)
  const taken = new Set<string>()
  for (const { name } of globals) {
    if (name === '') throw objectErrors.make('bad-object', { what: 'a global symbol', why: 'has no name' })
    if (taken.has(name)) throw objectErrors.make('bad-object', { what: `symbol ${name}`, why: 'is there twice' })
    taken.add(name)
  }
  const ordered = [...locals, ...globals]
  const positions = new Map(ordered.map((symbol, i) => [symbol, i + 1]))
  const strings = elfStrings()
  const w = byteWriter({ littleEndian, path: 'symtab', capacity: SYM_SIZE * (ordered.length + 1) })
  w.put(new Uint8Array(SYM_SIZE))
  for (const symbol of ordered) {
    w.u32(strings.add(symbol.name), 'st_name')
    w.u8((symbol.bind << 4) | symbol.type, 'st_info')
    w.u8(symbol.hidden === true ? STV.HIDDEN : STV.DEFAULT, 'st_other')
    w.u16(symbol.section, 'st_shndx')
    w.u64(BigInt(symbol.value), 'st_value')
    w.u64(BigInt(symbol.size), 'st_size')
  }
  return {
    bytes: w.finish(),
    names: strings.finish(),
    firstGlobal: locals.length + 1,
    indexOf(symbol) {
      const index = positions.get(symbol)
      if (index === undefined)
        throw objectErrors.make('bad-object', { what: `symbol ${symbol.name}`, why: 'is not in the table' })
      return index
    },
  }
}

/** The symbol that stands for a whole section. */
export const sectionSymbol = (section: number): ElfSymbol => ({
  name: '',
  bind: STB.LOCAL,
  type: STT.SECTION,
  section,
  value: 0,
  size: 0,
})

/** The symbol of something that the kernel provides. */
export const externSymbol = (name: string, weak: boolean): ElfSymbol => ({
  name,
  bind: weak ? STB.WEAK : STB.GLOBAL,
  type: STT.NOTYPE,
  section: SHN_UNDEF,
  value: 0,
  size: 0,
})

/** ELF's binding of a linkage. */
export const bindOf = (linkage: 'static' | 'global' | 'weak'): number =>
  ({ static: STB.LOCAL, global: STB.GLOBAL, weak: STB.WEAK })[linkage]
