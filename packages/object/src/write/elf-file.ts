import { byteWriter } from '@tscc/core'
import type { Endian } from '@tscc/insn'
import {
  EHDR_SIZE,
  ELF_MAGIC,
  ELFCLASS64,
  ELFDATA2LSB,
  ELFDATA2MSB,
  EM_BPF,
  ET_REL,
  SHDR_SIZE,
  SHT,
} from '../elf-format.ts'
import { elfStrings } from './elf-strings.ts'

/** A section to be written; `link` and `info` are indices into the same list, the null section counted as 0. */
export interface ElfSection {
  readonly name: string
  readonly type: number
  readonly flags: number
  /** A power of two. */
  readonly align: number
  /** Content; of NOBITS, none. */
  readonly data: Uint8Array
  /** Bytes; absent: as many as `data` has. */
  readonly size?: number
  readonly link?: number
  readonly info?: number
  readonly entrySize?: number
}

/** Write a relocatable BPF file: header, contents in order, names, section headers. */
export function elfFile(sections: readonly ElfSection[], endian: Endian, symbolNames: Uint8Array): Uint8Array {
  const littleEndian = endian === 'little'
  const names = elfStrings(symbolNames)
  const offsets = sections.map((section) => names.add(section.name))
  const strtab: ElfSection = { name: '.strtab', type: SHT.STRTAB, flags: 0, align: 1, data: new Uint8Array() }
  const strtabName = names.add(strtab.name)
  const all = [...sections, { ...strtab, data: names.finish() }]

  const w = byteWriter({ littleEndian, path: 'elf', capacity: 4096 })
  w.put(Uint8Array.of(ELF_MAGIC >>> 24, (ELF_MAGIC >>> 16) & 0xff, (ELF_MAGIC >>> 8) & 0xff, ELF_MAGIC & 0xff))
  w.u8(ELFCLASS64, 'EI_CLASS')
  w.u8(littleEndian ? ELFDATA2LSB : ELFDATA2MSB, 'EI_DATA')
  w.u8(1, 'EI_VERSION')
  w.put(new Uint8Array(9))
  w.u16(ET_REL, 'e_type')
  w.u16(EM_BPF, 'e_machine')
  w.u32(1, 'e_version')
  w.u64(0n, 'e_entry')
  w.u64(0n, 'e_phoff')
  const tablePlace = w.length + (littleEndian ? 0 : 4)
  w.u64(0n, 'e_shoff')
  w.u32(0, 'e_flags')
  w.u16(EHDR_SIZE, 'e_ehsize')
  w.u16(0, 'e_phentsize')
  w.u16(0, 'e_phnum')
  w.u16(SHDR_SIZE, 'e_shentsize')
  w.u16(all.length + 1, 'e_shnum')
  w.u16(all.length, 'e_shstrndx')

  const places = all.map((section) => {
    w.align(section.align)
    const at = w.length
    if (section.type !== SHT.NOBITS) w.put(section.data)
    return at
  })
  w.align(8)
  w.patchU32(tablePlace, w.length, 'e_shoff')
  w.put(new Uint8Array(SHDR_SIZE))
  for (const [i, section] of all.entries()) {
    w.u32(offsets[i] ?? strtabName, 'sh_name')
    w.u32(section.type, 'sh_type')
    w.u64(BigInt(section.flags), 'sh_flags')
    w.u64(0n, 'sh_addr')
    w.u64(BigInt(places[i] ?? 0), 'sh_offset')
    w.u64(BigInt(section.size ?? section.data.length), 'sh_size')
    w.u32(section.link ?? 0, 'sh_link')
    w.u32(section.info ?? 0, 'sh_info')
    w.u64(BigInt(section.align), 'sh_addralign')
    w.u64(BigInt(section.entrySize ?? 0), 'sh_entsize')
  }
  return w.finish()
}
