import { alignOf, type Btf, kindOf, sizeOf, skipModifiers, typeOf } from '@tscc/btf'
import { SHN_UNDEF, STB, STT } from '../elf-format.ts'
import type { ObjectExtern } from '../model.ts'
import { objectErrors } from '../object-errors.ts'
import type { ElfFile } from './elf-file.ts'
import type { PlacedDatasec } from './place-datasecs.ts'

/** Bytes of all configuration values together; each is a number or a text of at most 4,096 bytes. */
const MAX_CONFIG = 1 << 20

/** What the object wants from the kernel, in the order of its symbols; kconfig values get their places in a map here. */
export function readExterns(
  file: ElfFile,
  btf: Btf | undefined,
  datasecs: readonly PlacedDatasec[],
): readonly ObjectExtern[] {
  const declared = new Map(
    datasecs
      .filter(({ name }) => name === '.ksyms' || name === '.kconfig')
      .flatMap((datasec) => datasec.variables.map((variable) => [variable.name, { ...variable, datasec }] as const)),
  )
  let end = 0
  return file.symbols
    .filter((symbol) => symbol.section === SHN_UNDEF && symbol.name !== '' && symbol.type !== STT.SECTION)
    .map((symbol): ObjectExtern => {
      const found = declared.get(symbol.name)
      if (found === undefined || btf === undefined)
        throw objectErrors.make('bad-file', {
          what: `symbol ${symbol.name}`,
          why: 'is defined nowhere, and no BTF section .ksyms or .kconfig declares it',
        })
      const { name } = symbol
      const weak = symbol.bind === STB.WEAK
      const type = typeOf(btf, found.id)
      if (type.kind === 'func') return { name, kind: 'kfunc', weak, typeId: found.id }
      if (type.kind !== 'var')
        throw objectErrors.make('bad-file', { what: `symbol ${name}`, why: `is declared as a ${type.kind}` })
      if (found.datasec.name === '.ksyms') {
        const untyped = kindOf(btf, skipModifiers(btf, type.typeId)) === 'void'
        return { name, kind: 'ksym', weak, typeId: untyped ? 0 : type.typeId }
      }
      const size = sizeOf(btf, type.typeId)
      const offset = Math.ceil(end / alignOf(btf, type.typeId)) * alignOf(btf, type.typeId)
      end = offset + size
      if (end > MAX_CONFIG) throw objectErrors.make('too-large', { what: '.kconfig', value: end, limit: MAX_CONFIG })
      return { name, kind: 'kconfig', weak, typeId: type.typeId, offset, size }
    })
}
