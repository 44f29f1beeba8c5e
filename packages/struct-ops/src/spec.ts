import type { AsmItem, Register, WritableRegister } from '@tscc/insn'

/** Width of a memory access; the signed ones are loads only. */
export type AccessSize = 'u8' | 'u16' | 'u32' | 'u64'

/** One argument of a callback: found by what it points to, else by name, else by position. */
export interface LoadArgument {
  readonly kind: 'loadArgument'
  readonly dst: WritableRegister
  readonly name: string
  /** The struct that the argument points to: binds wherever the target kernel passes it. */
  readonly pointee?: string
  /** Position among the `arity` arguments that the step was written for. */
  readonly index: number
  /** Where the kernel passes another number of arguments, `name` has to tell; absent: any number will do. */
  readonly arity?: number
}

/** `dst = base->field`, zero- or sign-extended by the field's own type; bitfields are extracted. */
export interface LoadField {
  readonly kind: 'loadField'
  readonly dst: WritableRegister
  readonly base: Register
  readonly struct: string
  readonly field: string
  /** Absent: the field's own width. Present: an error unless the field is that wide. */
  readonly size?: AccessSize
  /** Zeros above the field, also where it has a sign; bitfields are extended by their own. */
  readonly zeroExtend?: boolean
}

/** `base->field = src`, at the field's own width. */
export interface StoreField {
  readonly kind: 'storeField'
  readonly base: Register
  readonly struct: string
  readonly field: string
  readonly src: Register | number
  readonly size?: AccessSize
}

/** `dst = *(size *)(private state of sk + offset)`. */
export interface LoadPrivate {
  readonly kind: 'loadPrivate'
  readonly dst: WritableRegister
  readonly sk: Register
  readonly offset: number
  readonly size: AccessSize
}

/** `*(size *)(private state of sk + offset) = src`. */
export interface StorePrivate {
  readonly kind: 'storePrivate'
  readonly sk: Register
  readonly offset: number
  readonly src: Register | number
  readonly size: AccessSize
}

/** `dst = ENUM_CONSTANT`, its value taken from the target kernel. */
export interface LoadEnum {
  readonly kind: 'loadEnum'
  readonly dst: WritableRegister
  readonly enum: string
  readonly name: string
}

/** Call a kfunc by name (r1..r5 in, r0 out); `fallback` stands in its place where the kernel lacks it. */
export interface CallKfunc {
  readonly kind: 'kfunc'
  readonly name: string
  readonly fallback?: readonly Step[]
}

/** What needs the target kernel's BTF before it is an instruction. */
export type SymbolicStep = LoadArgument | LoadField | StoreField | LoadPrivate | StorePrivate | LoadEnum | CallKfunc

/** One line of an instruction-level program. */
export type Step = AsmItem | SymbolicStep

/** A program for one callback. */
export type Steps = readonly Step[]

/** A whole struct_ops value before it knows its kernel: plain data, the same on every machine. */
export interface StructOpsSpec {
  /** The kernel's struct, such as `tcp_congestion_ops`. */
  readonly type: string
  /** Goes into the char array member `name`, and names the map; at most 15 of `[A-Za-z0-9_.]`. */
  readonly name: string
  readonly callbacks: Readonly<Record<string, Steps>>
  /** Callbacks whose programs may sleep, where the kernel lets them. */
  readonly sleepable?: readonly string[]
  /** Plain data members, such as `flags`; texts for arrays of characters. */
  readonly data?: Readonly<Record<string, number | bigint | string>>
  /** Must be GPL-compatible for struct_ops. */
  readonly license?: string
}

/** The licence of programs that name none. */
export const DEFAULT_LICENSE = 'Dual MIT/GPL'
