/** A register that instructions may write. */
export type WritableRegister = 'r0' | 'r1' | 'r2' | 'r3' | 'r4' | 'r5' | 'r6' | 'r7' | 'r8' | 'r9'
/** Any register; `r10` is the read-only frame pointer (RFC 9669 section 2.1 calls it R10). */
export type Register = WritableRegister | 'r10'

/** Width of a memory access that neither needs nor keeps a sign. */
export type MemSize = 'u8' | 'u16' | 'u32' | 'u64'
/** Width of a load; the signed ones sign-extend to 64 bits (cpu v4). */
export type LoadSize = MemSize | 's8' | 's16' | 's32'
/** Width of the legacy packet loads. */
export type PacketSize = 'u8' | 'u16' | 'u32'
/** Width of the atomic read-modify-write operations. */
export type AtomicSize = 'u32' | 'u64'
/** Width of arithmetic and of comparisons. */
export type Width = 32 | 64

/** Binary arithmetic, named as in RFC 9669 section 4.1; `sdiv` and `smod` are DIV and MOD with offset 1. */
export type AluOp =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'sdiv'
  | 'or'
  | 'and'
  | 'lsh'
  | 'rsh'
  | 'mod'
  | 'smod'
  | 'xor'
  | 'mov'
  | 'arsh'
/** Conditions of RFC 9669 section 4.3. */
export type JumpOp = 'jeq' | 'jne' | 'jgt' | 'jge' | 'jlt' | 'jle' | 'jset' | 'jsgt' | 'jsge' | 'jslt' | 'jsle'
/** Atomics that only change memory. */
export type AtomicOp = 'add' | 'or' | 'and' | 'xor'
/** Atomics that also write the old value to `src`. */
export type AtomicFetchOp = 'fetch_add' | 'fetch_or' | 'fetch_and' | 'fetch_xor' | 'xchg'

// Type aliases rather than interfaces: they are assignable to an index signature, which the table-driven codec reads.

/** Binary arithmetic; an immediate is sign-extended to the width. */
export type Alu = {
  readonly kind: 'alu'
  readonly width: Width
  readonly op: AluOp
  readonly dst: WritableRegister
  readonly src: Register | number
}
/** Two's complement negation in place. */
export type Neg = { readonly kind: 'neg'; readonly width: Width; readonly dst: WritableRegister }
/** Sign-extending move; a 32-bit one from 32 bits would be a plain move and does not exist. */
export type MovSx = {
  readonly kind: 'movsx'
  readonly dst: WritableRegister
  readonly src: Register
} & ({ readonly width: 64; readonly bits: 8 | 16 | 32 } | { readonly width: 32; readonly bits: 8 | 16 })
/** Byte order: `le` and `be` convert between host and that order, `bswap` always swaps. */
export type Swap = {
  readonly kind: 'swap'
  readonly order: 'le' | 'be' | 'bswap'
  readonly bits: 16 | 32 | 64
  readonly dst: WritableRegister
}
/** `dst = *(size *)(base + off)`, `off` in bytes. */
export type Load = {
  readonly kind: 'load'
  readonly size: LoadSize
  readonly dst: WritableRegister
  readonly base: Register
  readonly off: number
}
/** `*(size *)(base + off) = src`, a register's low bits or an immediate. */
export type Store = {
  readonly kind: 'store'
  readonly size: MemSize
  readonly base: Register
  readonly off: number
  readonly src: Register | number
}
/** Read-modify-write of memory (RFC 9669 section 5.3), sequentially consistent where it fetches. */
export type Atomic = {
  readonly kind: 'atomic'
  readonly size: AtomicSize
  readonly base: Register
  readonly off: number
} & (
  | { readonly op: AtomicOp; readonly src: Register }
  | { readonly op: AtomicFetchOp; readonly src: WritableRegister }
  /** Compares with r0 and leaves the old value there. */
  | { readonly op: 'cmpxchg'; readonly src: Register }
)
/** A load that later accesses cannot pass. */
export type LoadAcquire = {
  readonly kind: 'loadAcquire'
  readonly size: MemSize
  readonly dst: WritableRegister
  readonly base: Register
  readonly off: number
}
/** A store that earlier accesses cannot pass. */
export type StoreRelease = {
  readonly kind: 'storeRelease'
  readonly size: MemSize
  readonly base: Register
  readonly off: number
  readonly src: Register
}
/** Legacy packet load from a fixed place into r0 (RFC 9669 section 5.5). */
export type LdAbs = { readonly kind: 'ldAbs'; readonly size: PacketSize; readonly imm: number }
/** Legacy packet load from `src + imm` into r0. */
export type LdInd = {
  readonly kind: 'ldInd'
  readonly size: PacketSize
  readonly src: Register
  readonly imm: number
}
/** The two-slot load; `source` is the src_reg of RFC 9669 section 5.4, by name. A string `target` is a label. */
export type LdImm64<Target = number> = { readonly kind: 'ldImm64'; readonly dst: WritableRegister } & (
  | { readonly source: 'value'; readonly value: bigint }
  | { readonly source: 'mapFd'; readonly mapFd: number }
  | { readonly source: 'mapValue'; readonly mapFd: number; readonly valueOff: number }
  | { readonly source: 'btfId'; readonly btfId: number; readonly btfFd: number }
  | { readonly source: 'func'; readonly target: Target }
  | { readonly source: 'mapIdx'; readonly mapIdx: number }
  | { readonly source: 'mapIdxValue'; readonly mapIdx: number; readonly valueOff: number }
)
/** Conditional jump; a numeric `target` counts slots from the next instruction, a string is a label. */
export type Jump<Target = number> = {
  readonly kind: 'jump'
  readonly width: Width
  readonly op: JumpOp
  readonly dst: Register
  readonly src: Register | number
  readonly target: Target
}
/** `goto` with a 16-bit distance. */
export type Ja<Target = number> = { readonly kind: 'ja'; readonly target: Target }
/** `gotol`: with a 32-bit distance. */
export type Ja32<Target = number> = { readonly kind: 'ja32'; readonly target: Target }
/** Jumps once the kernel's loop budget is spent. */
export type MayGoto<Target = number> = { readonly kind: 'mayGoto'; readonly target: Target }
/** Call of a helper by its number in `enum bpf_func_id`. */
export type CallHelper = { readonly kind: 'callHelper'; readonly helper: number }
/** `btfFdIndex` 0 is vmlinux; otherwise an index into the fd_array given to BPF_PROG_LOAD. */
export type CallKfunc = { readonly kind: 'callKfunc'; readonly btfId: number; readonly btfFdIndex: number }
/** Call of a function of this program. */
export type CallFunc<Target = number> = { readonly kind: 'callFunc'; readonly target: Target }
/** Return from the function. */
export type Exit = { readonly kind: 'exit' }

/** Instructions that name another place in the program. */
export type Branch<Target = number> = Jump<Target> | Ja<Target> | Ja32<Target> | MayGoto<Target> | CallFunc<Target>
type FuncAddress<Target> = Extract<LdImm64<Target>, { readonly source: 'func' }>

/** One instruction, ready to encode: plain data, distances resolved. */
export type Insn =
  | Alu
  | Neg
  | MovSx
  | Swap
  | Load
  | Store
  | Atomic
  | LoadAcquire
  | StoreRelease
  | LdAbs
  | LdInd
  | LdImm64
  | Branch
  | CallHelper
  | CallKfunc
  | Exit

/** A name for the place of the next instruction. */
export type Label = { readonly kind: 'label'; readonly name: string }
/** An instruction whose target is still a label. */
export type LabelledInsn = Branch<string> | FuncAddress<string>
/** An instruction, whatever its target may still be. */
export type TargetedInsn = Insn | LabelledInsn | Branch<string | number>
/** What {@link placeLabels} takes: instructions, labels, and instructions that refer to labels. */
export type AsmItem = Insn | Label | LabelledInsn
