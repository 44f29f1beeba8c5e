import type { Endian } from '@tscc/insn'
import { SHF, SHT } from '../elf-format.ts'
import { type ElfSection, parseElfFile } from './elf-file.ts'

/** A section of instructions. */
export interface CodeSection {
  readonly name: string
  readonly code: Uint8Array
  readonly endian: Endian
}

/** The sections with code of an object file as they are, relocated by nobody: more files have them than are objects. */
export function codeSections(bytes: Uint8Array): readonly CodeSection[] {
  const { sections, littleEndian } = parseElfFile(bytes)
  return sections
    .filter(isCode)
    .map(({ name, data }) => ({ name, code: data.slice(), endian: littleEndian ? 'little' : 'big' }))
}

/** Whether a section holds instructions. */
export const isCode = (section: ElfSection): boolean =>
  section.type === SHT.PROGBITS && (section.flags & SHF.EXECINSTR) !== 0 && section.size > 0
