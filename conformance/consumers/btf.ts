import { type BtfType, buildBtf, findType, parseBtf, sizeOf, typeOf } from '@tscc/btf'

const bytes = buildBtf([
  { kind: 'int', name: 'int', size: 4, bits: 32, bitOffset: 0, signed: true, char: false, bool: false },
])
const btf = parseBtf(bytes)
const id = findType(btf, 'int', 'int')
const type: BtfType | undefined = id === undefined ? undefined : typeOf(btf, id)
console.log(type?.kind, id === undefined ? 0 : sizeOf(btf, id))
