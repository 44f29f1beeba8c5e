import { type AccessSize, type Bits, BYTES, type Instr, type Operand, type Place } from './ir.ts'

/** A load's or store's memory. */
export interface Access {
  readonly base: Operand
  readonly place: Place
  readonly size: AccessSize
}

/** Equal for places that are the same wherever they are based. */
export function placeKey(place: Place): string {
  switch (place.kind) {
    case 'field':
      return `field ${place.struct} ${place.field} ${place.bits ?? ''}`
    case 'private':
      return `private ${place.offset}`
    case 'memory':
      return `memory ${place.region} ${place.offset}`
  }
}

const textOf = (operand: Operand): string => ('reg' in operand ? `r${operand.reg}` : `${operand.imm}`)

/** Is it a bitfield of the kernel? */
export const isBitfield = (place: Place): place is Extract<Place, { kind: 'field' }> & { readonly bits: Bits } =>
  place.kind === 'field' && place.bits !== undefined

/** The region of an object on the stack. */
export const stackRegion = (object: number): string => `stack ${object}`

/** Is a region an object on the stack? */
export const isStackRegion = (region: string): boolean => region.startsWith('stack ')

/** Is it in an object on the stack? */
export const isOnStack = (place: Place): boolean => place.kind === 'memory' && isStackRegion(place.region)

/** Equal for accesses to the same bytes by the same pointer. How wide a bitfield is read says nothing of where it lies. */
export function accessKey({ base, place, size }: Access): string {
  return `${textOf(base)} ${placeKey(place)} ${isBitfield(place) ? '' : size}`
}

/** What a field is called, wherever it is reached from: one socket has several types. */
export function lastName(field: string): string {
  const known = lastNames.get(field)
  if (known !== undefined) return known
  const name = field.slice(field.lastIndexOf('.') + 1).replace(/\[.*$/, '')
  lastNames.set(field, name)
  return name
}

/** Fields of kernels: there are only so many. */
const lastNames = new Map<string, string>()

/** May two accesses touch the same bytes? */
export function mayOverlap(one: Access, other: Access): boolean {
  const [a, b] = [one.place, other.place]
  if (a.kind === 'field' || b.kind === 'field')
    return (
      a.kind === b.kind && lastName(a.kind === 'field' ? a.field : '') === lastName(b.kind === 'field' ? b.field : '')
    )
  const overlap = a.offset < b.offset + BYTES[other.size] && b.offset < a.offset + BYTES[one.size]
  if (a.kind === 'private' && b.kind === 'private') return overlap
  // A pointer that came from elsewhere may lead to private state and to memory of any region.
  if (a.kind === 'private' || b.kind === 'private') return regionOf(a) === 'any' || regionOf(b) === 'any'
  if (a.region !== b.region) return a.region === 'any' || b.region === 'any'
  return textOf(one.base) !== textOf(other.base) || overlap
}

const regionOf = (place: Place): string => (place.kind === 'memory' ? place.region : '')

/** Memory on the stack of this very function, whose address goes nowhere: no call can reach it. */
export type Private = (region: string) => boolean

/** May a step read what an access writes? */
export function mayRead(instr: Instr, access: Access, unshared: Private): boolean {
  switch (instr.op) {
    case 'load':
    case 'atomicAdd':
      return mayOverlap(instr, access)
    case 'call':
      // A helper sees nothing but what it is given.
      if (instr.callee.kind === 'helper' && instr.args.length === 0) return false
      return !(access.place.kind === 'memory' && unshared(access.place.region))
    default:
      return false
  }
}

/** Regions of stack objects whose addresses are only used to load and store. */
export function unsharedRegions(blocks: readonly { readonly instrs: readonly Instr[] }[]): Private {
  const shared = new Set<string>()
  const regions = new Map<number, string>()
  for (const { instrs } of blocks)
    for (const instr of instrs)
      if (instr.op === 'address' && instr.of.kind === 'stack') regions.set(instr.dst, stackRegion(instr.of.object))
  for (const { instrs } of blocks)
    for (const instr of instrs) {
      const used: readonly Operand[] =
        instr.op === 'call'
          ? instr.args
          : instr.op === 'store' || instr.op === 'move' || instr.op === 'negate'
            ? [instr.a]
            : instr.op === 'binary'
              ? [instr.a, instr.b]
              : []
      for (const operand of used) {
        const region = 'reg' in operand ? regions.get(operand.reg) : undefined
        if (region !== undefined) shared.add(region)
      }
    }
  return (region) => isStackRegion(region) && !shared.has(region)
}
