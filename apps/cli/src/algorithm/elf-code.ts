import { byteReader } from '@tscc/core'
import { cliErrors } from '../cli-errors.ts'

/** A section of instructions in a BPF object file. */
export interface CodeSection {
  readonly name: string
  readonly bytes: Uint8Array
  readonly endian: 'little' | 'big'
}

const EM_BPF = 247
const SHT_PROGBITS = 1
const SHF_EXECINSTR = 4
/** Of a 64-bit section header. */
const HEADER = 64

/** Every section with code in a BPF object (ELF, 64 bits, either byte order). */
export function codeSections(bytes: Uint8Array, path: string): readonly CodeSection[] {
  const refuse = (found: string): Error => cliErrors.make('not-code', { path, found })
  if (bytes[4] !== 2) throw refuse('an ELF file of 32 bits; BPF objects have 64')
  const endian = bytes[5] === 2 ? 'big' : 'little'
  const reader = byteReader(bytes, { littleEndian: endian === 'little', path: 'elf' })
  reader.seek(18, 'e_machine')
  const machine = reader.u16('e_machine')
  if (machine !== EM_BPF) throw refuse(`an ELF file of machine ${machine}, BPF is ${EM_BPF}`)
  reader.seek(40, 'e_shoff')
  const table = wide('e_shoff')
  reader.seek(58, 'e_shentsize')
  const entry = reader.u16('e_shentsize')
  const count = reader.u16('e_shnum')
  const namesIndex = reader.u16('e_shstrndx')
  if (entry < HEADER) throw refuse(`section headers of ${entry} bytes, ${HEADER} are needed`)

  const names = section(namesIndex)
  return Array.from({ length: count }, (_, index) => section(index))
    .filter(({ type, flags }) => type === SHT_PROGBITS && (flags & SHF_EXECINSTR) !== 0)
    .map((found) => ({ name: nameOf(found.name), bytes: found.content(), endian }) as const)
    .filter((found) => found.bytes.length > 0)

  function wide(field: string): number {
    const value = reader.u64(field)
    if (value > BigInt(bytes.length)) throw refuse(`${field} is ${value}, the file has ${bytes.length} bytes`)
    return Number(value)
  }

  function section(index: number) {
    reader.seek(table + index * entry, 'section')
    const name = reader.u32('sh_name')
    const type = reader.u32('sh_type')
    const flags = Number(reader.u64('sh_flags') & 0xffff_ffffn)
    reader.u64('sh_addr')
    const at = reader.u64('sh_offset')
    const size = reader.u64('sh_size')
    const content = (): Uint8Array => reader.slice(clamp(at), clamp(size), 'section').bytes
    return { name, type, flags, content }
  }

  /** What lies outside the file stays outside for the bounds check. */
  function clamp(value: bigint): number {
    return value > BigInt(bytes.length) ? bytes.length + 1 : Number(value)
  }

  function nameOf(at: number): string {
    const text = byteReader(names.content(), { path: 'elf.names' })
    text.seek(at, 'sh_name')
    return text.cstring('sh_name')
  }
}
