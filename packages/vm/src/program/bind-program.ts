import { nearestNames } from '@tscc/core'
import type { Insn, LdImm64 } from '@tscc/insn'
import type { HostFunction } from '../host/host-function.ts'
import type { VmMap } from '../maps/map.ts'
import { vmErrors } from '../vm-errors.ts'
import type { BoundCall, BoundProgram } from './bound-program.ts'
import type { CheckedProgram } from './check-program.ts'

/** What the names in a program stand for. */
export interface Bindings {
  readonly helpers: ReadonlyMap<number, { readonly name: string; readonly host: HostFunction; readonly tail: boolean }>
  readonly kfuncs: Readonly<Record<string, HostFunction>>
  readonly kfuncName: (btfId: number, btfFdIndex: number) => string
  /** By descriptor and by index. */
  readonly map: (fd: number) => VmMap | undefined
  readonly variable: (btfId: number) => number | undefined
  /** Address of the program's first function. */
  readonly code: number
  readonly mayGotoBudget: number
  readonly zeroReads: boolean
}

/** Find what every instruction names. Throws `vm/unknown-helper`, `vm/unknown-kfunc`, `vm/unknown-map` and the like. */
export function bindProgram(checked: CheckedProgram, bindings: Bindings): BoundProgram {
  const constants = new Map<number, bigint>()
  const calls = new Map<number, BoundCall>()
  for (const [index, insn] of checked.insns.entries()) {
    if (insn.kind === 'ldImm64') constants.set(index, constantOf(checked, index, insn, bindings))
    else if (insn.kind === 'callHelper' || insn.kind === 'callKfunc')
      calls.set(index, callOf(checked, index, insn, bindings))
  }
  const { mayGotoBudget, zeroReads } = bindings
  return { ...checked, constants, calls, mayGotoBudget, zeroReads }
}

function constantOf(checked: CheckedProgram, index: number, insn: LdImm64, bindings: Bindings): bigint {
  const where = { program: checked.name, insn: checked.slots[index] ?? 0 }
  const mapOf = (fd: number): VmMap => {
    const map = bindings.map(fd)
    if (map === undefined) throw vmErrors.make('unknown-map', { ...where, map: fd })
    return map
  }
  const placeOf = (fd: number, offset: number): bigint => {
    const map = mapOf(fd)
    // As in the kernel: only an array of one element has its value in one place
    const value = map.type === 2 && map.maxEntries === 1 ? map.lookup(new Uint8Array(4)) : 0
    if (value === 0) throw vmErrors.make('no-value', { ...where, map: map.name })
    return BigInt(value) + BigInt(offset)
  }
  switch (insn.source) {
    case 'value':
      return BigInt.asUintN(64, insn.value)
    case 'mapFd':
      return BigInt(mapOf(insn.mapFd).address)
    case 'mapIdx':
      return BigInt(mapOf(insn.mapIdx).address)
    case 'mapValue':
      return placeOf(insn.mapFd, insn.valueOff)
    case 'mapIdxValue':
      return placeOf(insn.mapIdx, insn.valueOff)
    case 'func':
      return BigInt(bindings.code + 8 * (checked.functionAt.get(checked.targets[index] ?? 0) ?? 0))
    case 'btfId': {
      const address = bindings.variable(insn.btfId)
      if (address === undefined) throw vmErrors.make('unknown-variable', { ...where, btfId: insn.btfId })
      return BigInt(address)
    }
    default:
      return insn satisfies never
  }
}

function callOf(
  checked: CheckedProgram,
  index: number,
  insn: Extract<Insn, { readonly kind: 'callHelper' | 'callKfunc' }>,
  { helpers, kfuncs, kfuncName }: Bindings,
): BoundCall {
  const where = { program: checked.name, insn: checked.slots[index] ?? 0 }
  if (insn.kind === 'callHelper') {
    const found = helpers.get(insn.helper)
    if (found === undefined) throw vmErrors.make('unknown-helper', { ...where, helper: insn.helper })
    return found
  }
  const name = kfuncName(insn.btfId, insn.btfFdIndex)
  const host = Object.hasOwn(kfuncs, name) ? kfuncs[name] : undefined
  if (host === undefined)
    throw vmErrors.make('unknown-kfunc', { ...where, kfunc: name, nearest: nearestNames(name, Object.keys(kfuncs)) })
  return { name, host, tail: false }
}
