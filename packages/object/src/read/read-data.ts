import { type Btf, nameOf, sizeOf, typeOf } from '@tscc/btf'
import { SHF, SHT, STB } from '../elf-format.ts'
import type { ObjectMap, ObjectVariable } from '../model.ts'
import type { ElfFile, ElfSection } from './elf-file.ts'
import type { PlacedDatasec } from './place-datasecs.ts'

const BPF_MAP_TYPE_ARRAY = 2
const BPF_F_RDONLY_PROG = 1 << 7
const BPF_F_MMAPABLE = 1 << 10

/** What kind of data map a section becomes; undefined when it is none. */
export function dataKind(section: ElfSection): 'data' | 'rodata' | 'bss' | undefined {
  if ((section.flags & SHF.ALLOC) === 0 || section.size === 0) return undefined
  const is = (stem: string): boolean => section.name === stem || section.name.startsWith(`${stem}.`)
  if (section.type === SHT.NOBITS) return is('.bss') ? 'bss' : undefined
  if (section.type !== SHT.PROGBITS) return undefined
  return is('.data') ? 'data' : is('.rodata') ? 'rodata' : undefined
}

/** The map that a data section becomes. */
export function readDataMap(
  file: ElfFile,
  section: ElfSection,
  kind: 'data' | 'rodata' | 'bss',
  btf: Btf | undefined,
  datasec: PlacedDatasec | undefined,
): ObjectMap {
  const variables = datasec?.variables ?? []
  return {
    name: section.name,
    kind,
    section: section.name,
    type: BPF_MAP_TYPE_ARRAY,
    keySize: 4,
    valueSize: section.size,
    maxEntries: 1,
    flags: BPF_F_MMAPABLE | (kind === 'rodata' ? BPF_F_RDONLY_PROG : 0),
    keyTypeId: 0,
    valueTypeId: datasec?.id ?? 0,
    pinning: 'none',
    slots: [],
    data: section.data.slice(),
    variables: variables.map(({ name, id, offset, size }): ObjectVariable => {
      const symbol = file.symbols.find((one) => one.section === section.index && one.name === name)
      const type = btf === undefined ? undefined : typeOf(btf, id)
      const typeId = type?.kind === 'var' ? type.typeId : 0
      const linkage = symbol?.bind === STB.WEAK ? 'weak' : symbol?.bind === STB.LOCAL ? 'static' : 'global'
      return { name, offset, size, typeId, linkage }
    }),
  }
}

/** Name and size of what a VAR holds. */
export function variableType(
  btf: Btf,
  id: number,
): { readonly name: string; readonly typeId: number; readonly size: number } {
  const type = typeOf(btf, id)
  const typeId = type.kind === 'var' ? type.typeId : 0
  return { name: nameOf(btf, id), typeId, size: typeId === 0 ? 0 : sizeOf(btf, typeId) }
}
