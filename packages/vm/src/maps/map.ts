import type { BoundProgram, Executable } from '../program/bound-program.ts'

/** What a map is to be, as `BPF_MAP_CREATE` and linked objects say it. */
export interface MapSpec {
  readonly name: string
  /** BPF_MAP_TYPE_* number. */
  readonly type: number
  readonly keySize: number
  readonly valueSize: number
  readonly maxEntries: number
  /** BPF_F_* sum; default 0. */
  readonly flags?: number
}

/** A loaded program, as an element of a program array. */
export interface MapProgram {
  readonly program: BoundProgram
  readonly executable: Executable
}

/**
 * A map of a machine. Results below zero are negated errno values, as helpers give them. Keys and values are bytes of exactly
 * the map's sizes; what is not throws `vm/bad-size`.
 */
export interface VmMap extends Required<MapSpec> {
  /** What stands for the map in programs. */
  readonly address: number
  /** Guest address of the value, or 0. */
  lookup(key: Uint8Array): number
  /** `flags`: BPF_ANY 0, BPF_NOEXIST 1, BPF_EXIST 2. */
  update(key: Uint8Array, value: Uint8Array, flags?: number): number
  delete(key: Uint8Array): number
  /** Keys there are, in the order in which `bpf_for_each_map_elem` visits them. */
  keys(): readonly Uint8Array[]
  /** The value's bytes, not a copy; undefined if there is none. */
  get(key: Uint8Array): Uint8Array | undefined
  /** Put something at the end of a queue, on a stack. */
  push?(value: Uint8Array, flags: number): number
  /** Take the next of a queue or stack, or only read it. */
  pop?(value: Uint8Array, keep: boolean): number
  /** Take what is in a ring buffer. */
  drain?(): readonly Uint8Array[]
}

/** A map as the machine's own helpers see it: what kinds have that the host has no use for. */
export interface MachineMap extends VmMap {
  /** The program at an index of a program array. */
  program?(index: number): MapProgram | undefined
  /** The value of an owner's local storage, by an address in the owner; made if `initial` is given. */
  storage?(owner: number, initial: Uint8Array | undefined): number
  deleteStorage?(owner: number): number
  /** Guest address of room for a record, or 0. */
  reserve?(size: number): number
  /** Make a reserved record visible, or drop it. */
  commit?(address: number, discard: boolean): boolean
  /** Bytes that wait in a ring buffer, and how many there is room for. */
  query?(what: 'avail' | 'size' | 'consumer' | 'producer'): number
}

export const ENOENT = -2
export const E2BIG = -7
export const EBUSY = -16
export const EEXIST = -17
export const EINVAL = -22
export const EOPNOTSUPP = -95

export const BPF_NOEXIST = 1
export const BPF_EXIST = 2
