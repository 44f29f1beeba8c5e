import { encode, exit, mov } from '@tscc/insn'
import { type BpfObject, writeObject } from '@tscc/object'

const object: BpfObject = {
  endian: 'little',
  license: 'GPL',
  functions: [
    {
      name: 'pass',
      section: 'xdp',
      linkage: 'global',
      hidden: false,
      code: encode([mov('r0', 2), exit()]),
      relocations: [],
      coreRelocations: [],
      lines: [],
    },
  ],
  maps: [],
  structOps: [],
  externs: [],
}
console.log(writeObject(object).length > 64)
