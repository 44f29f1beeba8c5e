import { buildInsn } from './build-insn.ts'
import type {
  CallFunc,
  CallHelper,
  CallKfunc,
  Exit,
  Ja,
  Ja32,
  Jump,
  JumpOp,
  Label,
  MayGoto,
  Register,
  Width,
} from './insn.ts'

/** A label's name, or a distance in slots from the next instruction. */
export type Target = string | number
/** The type that a target of type T has in the instruction. */
type Widened<T extends Target> = T extends string ? string : number
type JumpConstructor = <T extends Target>(dst: Register, src: Register | number, target: T) => Jump<Widened<T>>

/** The target under its widened type, which is what it is: TypeScript does not evaluate the condition for an open T. */
const widen = <T extends Target>(target: T): Widened<T> => target as Widened<T>

const jump =
  (width: Width, op: JumpOp): JumpConstructor =>
  (dst, src, target) =>
    buildInsn({ kind: 'jump', width, op, dst, src, target: widen(target) })

/** `if dst == src goto target` */
export const jeq: JumpConstructor = jump(64, 'jeq')
/** `if dst != src goto target` */
export const jne: JumpConstructor = jump(64, 'jne')
/** `if dst > src goto target`, unsigned */
export const jgt: JumpConstructor = jump(64, 'jgt')
/** `if dst >= src goto target`, unsigned */
export const jge: JumpConstructor = jump(64, 'jge')
/** `if dst < src goto target`, unsigned (cpu v2) */
export const jlt: JumpConstructor = jump(64, 'jlt')
/** `if dst <= src goto target`, unsigned (cpu v2) */
export const jle: JumpConstructor = jump(64, 'jle')
/** `if dst & src goto target` */
export const jset: JumpConstructor = jump(64, 'jset')
/** `if dst s> src goto target` */
export const jsgt: JumpConstructor = jump(64, 'jsgt')
/** `if dst s>= src goto target` */
export const jsge: JumpConstructor = jump(64, 'jsge')
/** `if dst s< src goto target` (cpu v2) */
export const jslt: JumpConstructor = jump(64, 'jslt')
/** `if dst s<= src goto target` (cpu v2) */
export const jsle: JumpConstructor = jump(64, 'jsle')

// The same on the low 32 bits (cpu v3); an immediate may be given as s32 or u32.

/** `if w == src goto target` */
export const jeq32: JumpConstructor = jump(32, 'jeq')
/** `if w != src goto target` */
export const jne32: JumpConstructor = jump(32, 'jne')
/** `if w > src goto target`, unsigned */
export const jgt32: JumpConstructor = jump(32, 'jgt')
/** `if w >= src goto target`, unsigned */
export const jge32: JumpConstructor = jump(32, 'jge')
/** `if w < src goto target`, unsigned */
export const jlt32: JumpConstructor = jump(32, 'jlt')
/** `if w <= src goto target`, unsigned */
export const jle32: JumpConstructor = jump(32, 'jle')
/** `if w & src goto target` */
export const jset32: JumpConstructor = jump(32, 'jset')
/** `if w s> src goto target` */
export const jsgt32: JumpConstructor = jump(32, 'jsgt')
/** `if w s>= src goto target` */
export const jsge32: JumpConstructor = jump(32, 'jsge')
/** `if w s< src goto target` */
export const jslt32: JumpConstructor = jump(32, 'jslt')
/** `if w s<= src goto target` */
export const jsle32: JumpConstructor = jump(32, 'jsle')

/** `goto target`; `placeLabels` makes it a `gotol` where 16 bits do not reach. */
export const ja = <T extends Target>(target: T): Ja<Widened<T>> => buildInsn({ kind: 'ja', target: widen(target) })
/** `gotol target`, 32-bit distance (cpu v4) */
export const ja32 = <T extends Target>(target: T): Ja32<Widened<T>> =>
  buildInsn({ kind: 'ja32', target: widen(target) })
/** `may_goto target`: jumps once the kernel's loop budget is spent (feature may_goto) */
export const mayGoto = <T extends Target>(target: T): MayGoto<Widened<T>> =>
  buildInsn({ kind: 'mayGoto', target: widen(target) })

/** Call the helper of that number in `enum bpf_func_id`. */
export const callHelper = (helper: number): CallHelper => buildInsn({ kind: 'callHelper', helper })
/** Call the kernel function of that BTF id; `btfFdIndex` 0 is vmlinux, else an index into BPF_PROG_LOAD's fd_array. */
export const callKfunc = (btfId: number, btfFdIndex = 0): CallKfunc =>
  buildInsn({ kind: 'callKfunc', btfId, btfFdIndex })
/** Call a function of this program. */
export const callFunc = <T extends Target>(target: T): CallFunc<Widened<T>> =>
  buildInsn({ kind: 'callFunc', target: widen(target) })
/** Return r0. */
export const exit = (): Exit => ({ kind: 'exit' })
/** Name the place of the next instruction. */
export const label = (name: string): Label => ({ kind: 'label', name })
