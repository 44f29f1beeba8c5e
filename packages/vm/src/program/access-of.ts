import type { Insn } from '@tscc/insn'

/** Size and direction of the access that an instruction makes. */
export function accessOf(insn: Insn): { readonly size: number; readonly access: 'read' | 'write' } | undefined {
  switch (insn.kind) {
    case 'load':
    case 'loadAcquire':
      return { size: Number(insn.size.slice(1)) / 8, access: 'read' }
    case 'store':
    case 'storeRelease':
    case 'atomic':
      return { size: Number(insn.size.slice(1)) / 8, access: 'write' }
    default:
      return undefined
  }
}
