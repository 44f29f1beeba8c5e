import { type ByteReader, byteReader } from '@tscc/core'
import {
  EHDR_SIZE,
  ELFCLASS64,
  ELFDATA2LSB,
  ELFDATA2MSB,
  EM_BPF,
  ET_REL,
  REL_SIZE,
  RELA_SIZE,
  SHDR_SIZE,
  SHT,
  SYM_SIZE,
} from '../elf-format.ts'
import { objectErrors } from '../object-errors.ts'

/** A section; `data` is empty for one without bytes in the file (NOBITS), which still has a `size`. */
export interface ElfSection {
  readonly index: number
  readonly name: string
  readonly type: number
  readonly flags: number
  readonly link: number
  readonly info: number
  readonly size: number
  readonly data: Uint8Array
}

/** A symbol; `section` is an index, or one of the reserved ones (undefined, absolute, common). */
export interface ElfSymbol {
  readonly name: string
  readonly bind: number
  readonly type: number
  readonly visibility: number
  readonly section: number
  readonly value: number
  readonly size: number
}

/** A relocation of a section's bytes. */
export interface ElfRelocation {
  readonly offset: number
  readonly type: number
  readonly symbol: ElfSymbol
  /** Only RELA has one; REL keeps it in the place itself. */
  readonly addend: number | undefined
}

/** What an object file consists of. */
export interface ElfFile {
  readonly littleEndian: boolean
  /** By index; the first is the null section. */
  readonly sections: readonly ElfSection[]
  readonly symbols: readonly ElfSymbol[]
  /** Of the section with this index, in the order of the file. */
  relocationsOf(section: number): readonly ElfRelocation[]
}

/** Files, sections and symbols that are read at most: real objects have a thousandth of it. */
const MAX_FILE = 1 << 28
const MAX_SECTIONS = 1 << 16
const MAX_SYMBOLS = 1 << 20

/** Take an ELF file apart: 64-bit, relocatable, for BPF, of either byte order. */
export function parseElfFile(input: Uint8Array): ElfFile {
  // A Buffer's slice() would not copy.
  const bytes = new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
  if (bytes.length > MAX_FILE)
    throw objectErrors.make('too-large', { what: 'file', value: bytes.length, limit: MAX_FILE })
  const magic = [0x7f, 0x45, 0x4c, 0x46]
  if (!magic.every((byte, i) => bytes[i] === byte)) throw notElf('magic', hex(bytes.subarray(0, 4)), '7f454c46')
  if (bytes[4] !== ELFCLASS64) throw notElf('EI_CLASS', `${bytes[4]}`, '2 (64-bit)')
  if (bytes[5] !== ELFDATA2LSB && bytes[5] !== ELFDATA2MSB) throw notElf('EI_DATA', `${bytes[5]}`, '1 or 2')
  const littleEndian = bytes[5] === ELFDATA2LSB
  const file = byteReader(bytes, { littleEndian, path: 'elf' })
  const u16 = (at: number, field: string) => read(file, at, (r) => r.u16(field), field)
  if (u16(18, 'e_machine') !== EM_BPF) throw notElf('e_machine', `${u16(18, 'e_machine')}`, '247 (BPF)')
  if (u16(16, 'e_type') !== ET_REL) throw notElf('e_type', `${u16(16, 'e_type')}`, '1 (relocatable)')
  file.slice(0, EHDR_SIZE, 'header')
  const headers = sectionHeaders(file)
  const nameTable = headers[headerNames(file, headers)]
  const names = nameTable === undefined ? new Uint8Array(0) : contentOf(file, nameTable)
  const sections = headers.map((header, index): ElfSection => {
    const name = textAt(names, header.name, `section ${index}`)
    const { type, flags, link, info, size } = header
    return { index, name, type, flags, link, info, size, data: contentOf(file, header) }
  })
  const symbols = readSymbols(sections, littleEndian)
  return {
    littleEndian,
    sections,
    symbols,
    relocationsOf: (section) => relocationsOf(sections, symbols, section, littleEndian),
  }
}

const notElf = (what: string, found: string, want: string): Error => objectErrors.make('not-elf', { what, found, want })
const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

function read<T>(file: ByteReader, at: number, take: (r: ByteReader) => T, field: string): T {
  file.seek(at, field)
  return take(file)
}

interface Header {
  readonly name: number
  readonly type: number
  readonly flags: number
  readonly offset: number
  readonly size: number
  readonly link: number
  readonly info: number
}

function sectionHeaders(file: ByteReader): readonly Header[] {
  const table = read(file, 40, (r) => small(r.u64('e_shoff'), 'e_shoff'), 'e_shoff')
  const entry = read(file, 58, (r) => r.u16('e_shentsize'), 'e_shentsize')
  if (entry !== SHDR_SIZE) throw notElf('e_shentsize', `${entry}`, `${SHDR_SIZE}`)
  const counted = read(file, 60, (r) => r.u16('e_shnum'), 'e_shnum')
  // More than 16 bits hold: the first header says how many.
  const count =
    counted > 0 || table === 0
      ? counted
      : read(file, table + 32, (r) => small(r.u64('sections'), 'sections'), 'sections')
  if (count > MAX_SECTIONS)
    throw objectErrors.make('too-large', { what: 'sections', value: count, limit: MAX_SECTIONS })
  return Array.from({ length: count }, (_, i): Header => {
    const r = file.slice(table + i * SHDR_SIZE, SHDR_SIZE, `section ${i}`)
    const name = r.u32('sh_name')
    const type = r.u32('sh_type')
    const flags = Number(r.u64('sh_flags') & 0xffff_ffffn)
    r.u64('sh_addr')
    const offset = r.u64('sh_offset')
    const size = r.u64('sh_size')
    const none = type === SHT.NOBITS || type === SHT.NULL
    return {
      name,
      type,
      flags,
      offset: none ? 0 : small(offset, `section ${i}.sh_offset`),
      size: small(size, `section ${i}.sh_size`),
      link: r.u32('sh_link'),
      info: r.u32('sh_info'),
    }
  })
}

/** A 64-bit number that can be a place in a file of ours. */
function small(value: bigint, what: string): number {
  if (value > BigInt(MAX_FILE)) throw objectErrors.make('too-large', { what, value: Number(value), limit: MAX_FILE })
  return Number(value)
}

function headerNames(file: ByteReader, headers: readonly Header[]): number {
  const index = read(file, 62, (r) => r.u16('e_shstrndx'), 'e_shstrndx')
  return index === 0xffff ? (headers[0]?.link ?? 0) : index
}

function contentOf(file: ByteReader, header: Header): Uint8Array {
  if (header.type === SHT.NOBITS || header.type === SHT.NULL) return new Uint8Array(0)
  return file.slice(header.offset, header.size, 'section data').bytes
}

/** Longest name that is read. */
const MAX_NAME = 4096
const decoder = new TextDecoder()

function textAt(table: Uint8Array, at: number, what: string): string {
  if (at === 0 && table.length === 0) return ''
  const end = table.subarray(0, at + MAX_NAME + 1).indexOf(0, at)
  if (at >= table.length || end < 0) throw objectErrors.make('bad-name', { what, at, limit: table.length })
  return decoder.decode(table.subarray(at, end))
}

function readSymbols(sections: readonly ElfSection[], littleEndian: boolean): readonly ElfSymbol[] {
  const table = sections.find((section) => section.type === SHT.SYMTAB)
  if (table === undefined) throw objectErrors.make('bad-file', { what: 'symbols', why: 'there is no symbol table' })
  const count = Math.floor(table.data.length / SYM_SIZE)
  if (count > MAX_SYMBOLS) throw objectErrors.make('too-large', { what: 'symbols', value: count, limit: MAX_SYMBOLS })
  const names = sections[table.link]?.data ?? new Uint8Array(0)
  const r = byteReader(table.data, { littleEndian, path: 'symtab' })
  return Array.from({ length: count }, (_, i): ElfSymbol => {
    const name = textAt(names, r.u32('st_name'), `symbol ${i}`)
    const info = r.u8('st_info')
    const other = r.u8('st_other')
    const section = r.u16('st_shndx')
    const value = small(r.u64('st_value'), `symbol ${i}.st_value`)
    const size = small(r.u64('st_size'), `symbol ${i}.st_size`)
    return { name, bind: info >> 4, type: info & 15, visibility: other & 3, section, value, size }
  })
}

function relocationsOf(
  sections: readonly ElfSection[],
  symbols: readonly ElfSymbol[],
  target: number,
  littleEndian: boolean,
): readonly ElfRelocation[] {
  return sections
    .filter((section) => (section.type === SHT.REL || section.type === SHT.RELA) && section.info === target)
    .flatMap((section) => {
      const withAddend = section.type === SHT.RELA
      const r = byteReader(section.data, { littleEndian, path: section.name })
      const count = Math.floor(section.data.length / (withAddend ? RELA_SIZE : REL_SIZE))
      return Array.from({ length: count }, (): ElfRelocation => {
        const offset = small(r.u64('r_offset'), `${section.name}.r_offset`)
        const info = r.u64('r_info')
        const index = Number(info >> 32n)
        const symbol = symbols[index]
        if (symbol === undefined)
          throw objectErrors.make('bad-file', { what: section.name, why: `there is no symbol ${index}` })
        const addend = withAddend ? Number(BigInt.asIntN(64, r.u64('r_addend'))) : undefined
        return { offset, type: Number(info & 0xffff_ffffn), symbol, addend }
      })
    })
}
