/** ELF as BPF objects use it: 64-bit, ET_REL, EM_BPF, either byte order (System V gABI, chapters 4 and 5). */

export const ELF_MAGIC = 0x7f45_4c46
export const ELFCLASS64 = 2
export const ELFDATA2LSB = 1
export const ELFDATA2MSB = 2
export const ET_REL = 1
export const EM_BPF = 247

/** Bytes of a file header, a section header, a symbol, a REL entry, a RELA entry. */
export const EHDR_SIZE = 64
export const SHDR_SIZE = 64
export const SYM_SIZE = 24
export const REL_SIZE = 16
export const RELA_SIZE = 24

export const SHT = { NULL: 0, PROGBITS: 1, SYMTAB: 2, STRTAB: 3, RELA: 4, NOBITS: 8, REL: 9 } as const
export const SHF = { WRITE: 1, ALLOC: 2, EXECINSTR: 4 } as const
export const SHN_UNDEF = 0
export const SHN_ABS = 0xfff1
export const SHN_COMMON = 0xfff2
export const SHN_LORESERVE = 0xff00

export const STB = { LOCAL: 0, GLOBAL: 1, WEAK: 2 } as const
export const STT = { NOTYPE: 0, OBJECT: 1, FUNC: 2, SECTION: 3, FILE: 4 } as const
export const STV = { DEFAULT: 0, INTERNAL: 1, HIDDEN: 2 } as const

/** Relocations of EM_BPF (kernel Documentation/bpf/llvm_reloc.rst). */
export const R_BPF = { NONE: 0, B64_64: 1, B64_ABS64: 2, B64_ABS32: 3, B64_NODYLD32: 4, B64_32: 10 } as const
