import { byteReader } from '@tscc/core'
import { type Btf, parseBtf } from './btf.ts'
import { btfErrors } from './btf-errors.ts'

const EM_BPF = 247
const SHT_NOBITS = 8
const SHF_COMPRESSED = 0x800

const WANTED = ['.BTF', '.BTF.base'] as const

/** A section of an ELF file. */
interface ElfSection {
  readonly name: string
  readonly bytes: Uint8Array
}

/**
 * Read the `.BTF` section of an ELF file of either class and byte order. A kernel module's `.BTF` is split: give its
 * base, or, where the module carries a distilled one (`.BTF.base`), that is used.
 */
export function parseBtfElf(bytes: Uint8Array, options: { readonly base?: Btf } = {}): Btf {
  const { sections, pointerSize } = readElf(bytes)
  const btf = sections.find((section) => section.name === '.BTF')
  if (btf === undefined) throw btfErrors.make('no-btf-section', { sections: sections.length })
  const distilled = sections.find((section) => section.name === '.BTF.base')
  const base = options.base ?? (distilled === undefined ? undefined : parseBtf(distilled.bytes, { pointerSize }))
  return parseBtf(btf.bytes, base === undefined ? { pointerSize } : { base, pointerSize })
}

/** Whether bytes start as an ELF file does. */
export function isElf(bytes: Uint8Array): boolean {
  return [0x7f, 0x45, 0x4c, 0x46].every((byte, i) => bytes[i] === byte)
}

/** Whether a string table has exactly this text at an offset: compared in place, so that huge names cost nothing. */
function holdsName(table: Uint8Array, at: number, name: string): boolean {
  for (let i = 0; i < name.length; i++) if (table[at + i] !== name.charCodeAt(i)) return false
  return table[at + name.length] === 0
}

/**
 * The sections named `.BTF` and `.BTF.base`.
 *
 *     class  e_machine  e_shoff  e_shentsize  e_shnum  e_shstrndx   section: flags  offset  size  link
 *     32     18         32       46           48       50                    8      16      20    24
 *     64     18         40       58           60       62                    8      24      32    40
 */
function readElf(bytes: Uint8Array): { readonly sections: readonly ElfSection[]; readonly pointerSize: 4 | 8 } {
  if (!isElf(bytes)) throw btfErrors.make('bad-elf', { field: 'magic', found: 'other bytes', want: '7f 45 4c 46' })
  const wide = bytes[4] === 2
  if (!wide && bytes[4] !== 1)
    throw btfErrors.make('bad-elf', { field: 'class', found: bytes[4] ?? -1, want: '1 or 2' })
  if (bytes[5] !== 1 && bytes[5] !== 2)
    throw btfErrors.make('bad-elf', { field: 'data', found: bytes[5] ?? -1, want: '1 or 2' })
  const r = byteReader(bytes, { littleEndian: bytes[5] === 1, path: 'elf' })
  const u16 = (at: number, field: string): number => {
    r.seek(at, field)
    return r.u16(field)
  }
  const u32 = (at: number, field: string): number => {
    r.seek(at, field)
    return r.u32(field)
  }
  const address = (at: number, field: string): number => {
    if (!wide) return u32(at, field)
    r.seek(at, field)
    const value = r.u64(field)
    if (value > BigInt(bytes.length))
      throw btfErrors.make('bad-elf', { field, found: value.toString(), want: `at most ${bytes.length}` })
    return Number(value)
  }
  const table = address(wide ? 40 : 32, 'e_shoff')
  const entry = u16(wide ? 58 : 46, 'e_shentsize')
  const entryLength = wide ? 64 : 40
  if (entry < entryLength)
    throw btfErrors.make('bad-elf', { field: 'e_shentsize', found: entry, want: `${entryLength}` })
  const header = (index: number) => {
    const at = table + index * entry
    return {
      name: () => u32(at, 'sh_name'),
      type: () => u32(at + 4, 'sh_type'),
      flags: () => u32(at + (wide && bytes[5] === 2 ? 12 : 8), 'sh_flags'),
      offset: () => address(at + (wide ? 24 : 16), 'sh_offset'),
      size: () => address(at + (wide ? 32 : 20), 'sh_size'),
      link: () => u32(at + (wide ? 40 : 24), 'sh_link'),
    }
  }
  // Counts that do not fit 16 bits are in the first section header.
  const shnum = u16(wide ? 60 : 48, 'e_shnum')
  const count = shnum === 0 && table !== 0 ? header(0).size() : shnum
  if (table + count * entry > bytes.length)
    throw btfErrors.make('bad-elf', { field: 'e_shnum', found: count, want: 'a table inside the file' })
  const shstrndx = u16(wide ? 62 : 50, 'e_shstrndx')
  const names = header(shstrndx === 0xffff ? header(0).link() : shstrndx)
  const nameBytes = count === 0 ? r.slice(0, 0, 'names') : r.slice(names.offset(), names.size(), '.shstrtab')
  const sections: ElfSection[] = []
  for (let index = 1; index < count; index++) {
    const section = header(index)
    const at = section.name()
    const name = WANTED.find((wanted) => holdsName(nameBytes.bytes, at, wanted))
    if (name === undefined) continue
    if (section.type() === SHT_NOBITS) continue
    if ((section.flags() & SHF_COMPRESSED) !== 0)
      throw btfErrors.make('bad-elf', { field: `${name}.sh_flags`, found: 'compressed', want: 'uncompressed' })
    sections.push({ name, bytes: r.slice(section.offset(), section.size(), name).bytes })
  }
  const pointerSize = wide || u16(18, 'e_machine') === EM_BPF ? 8 : 4
  return { sections, pointerSize }
}
