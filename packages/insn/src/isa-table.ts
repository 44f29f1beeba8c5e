import type { AluOp, JumpOp } from './insn.ts'

/** Minimum `-mcpu` level, in LLVM's terms. */
export type Cpu = 'v1' | 'v2' | 'v3' | 'v4'
/** Instructions newer than cpu v4, each probed for by name. */
export type IsaFeature = 'load_acquire' | 'store_release' | 'may_goto'

/**
 * How an operand lies in its wire field.
 * `writable`: a register but r10; `imm32`: s32 where a u32 means the same bits, since only 32 of them count;
 * `lo64`, `hi64`: the halves of one 64-bit value.
 */
export type OperandType = 'register' | 'writable' | 's16' | 's32' | 'u32' | 'imm32' | 'lo64' | 'hi64'
/** How text shows an operand; see `IsaRow.text`. */
export type TextFormat = 'plain' | 'w' | 'offset' | 'jump' | 'condition' | 'label'
/** A wire field that carries the instruction's property `prop`. */
export interface Operand {
  readonly prop: string
  readonly type: OperandType
}
/** A wire field: a required constant, or an operand. */
export type WireField = number | Operand

/**
 * One instruction of the ISA; everything in this package is driven by these rows.
 *
 *     byte   0        1             2..3     4..7     8..11  12..15 (only with `next`)
 *           code   src:4 dst:4      off      imm       0      next
 *                  (dst:4 src:4 in big endian)
 */
export interface IsaRow {
  /** Unique name, in the manner of RFC 9669: `add64.imm`, `jsgt32.reg`, `ldx.u32`. */
  readonly name: string
  readonly code: number
  readonly cpu: Cpu
  readonly feature?: IsaFeature
  /** Properties of the `Insn` that select this row. */
  readonly insn: Readonly<Record<string, string | number>> & { readonly kind: string }
  readonly wire: {
    readonly dst: WireField
    readonly src: WireField
    readonly off: WireField
    readonly imm: WireField
    readonly next?: WireField
  }
  /**
   * Text with operands in braces: `{dst}` r1 or -5, `{dst:w}` w1, `{off:offset}` + 8, `{target:jump}` +8,
   * `{src:condition}` a decimal that is also read from the verifier's unsigned hex, `{target:label}` a name.
   */
  readonly text: string
  /** Shorter text for when the operand `zero` is 0. */
  readonly brief?: { readonly zero: string; readonly text: string }
  /** LLVM's text when its alu32 feature is on, where that differs. */
  readonly alu32?: string
  /** Further texts that the assembler reads. */
  readonly reads?: readonly string[]
}

const operand = (prop: string, type: OperandType): Operand => ({ prop, type })
const dst = operand('dst', 'writable')
const anyDst = operand('dst', 'register')
const src = operand('src', 'register')
const base = operand('base', 'register')
const off = operand('off', 's16')
const imm = operand('imm', 's32')
const none = { dst: 0, src: 0, off: 0, imm: 0 } as const

// Instruction classes, the low three bits of the opcode (RFC 9669 section 3.1).
const BPF_LD = 0x00
const BPF_LDX = 0x01
const BPF_ST = 0x02
const BPF_STX = 0x03
const BPF_ALU = 0x04
const BPF_JMP = 0x05
const BPF_JMP32 = 0x06
const BPF_ALU64 = 0x07
const BPF_X = 0x08

const widths = [
  { width: 64, aluClass: BPF_ALU64, jumpClass: BPF_JMP, reg: '', immType: 's32' },
  { width: 32, aluClass: BPF_ALU, jumpClass: BPF_JMP32, reg: ':w', immType: 'imm32' },
] as const
const sizes = [
  { size: 'u8', bits: 0x10 },
  { size: 'u16', bits: 0x08 },
  { size: 'u32', bits: 0x00 },
  { size: 'u64', bits: 0x18 },
] as const
/** Sub-register operands in LLVM's alu32 text: every access narrower than 64 bits. */
const narrow = (size: string): string => (size === 'u64' ? '' : ':w')

const aluOps: readonly { op: AluOp; bits: number; symbol: string; off: number; cpu: Cpu }[] = [
  { op: 'add', bits: 0x00, symbol: '+=', off: 0, cpu: 'v1' },
  { op: 'sub', bits: 0x10, symbol: '-=', off: 0, cpu: 'v1' },
  { op: 'mul', bits: 0x20, symbol: '*=', off: 0, cpu: 'v1' },
  { op: 'div', bits: 0x30, symbol: '/=', off: 0, cpu: 'v1' },
  { op: 'sdiv', bits: 0x30, symbol: 's/=', off: 1, cpu: 'v4' },
  { op: 'or', bits: 0x40, symbol: '|=', off: 0, cpu: 'v1' },
  { op: 'and', bits: 0x50, symbol: '&=', off: 0, cpu: 'v1' },
  { op: 'lsh', bits: 0x60, symbol: '<<=', off: 0, cpu: 'v1' },
  { op: 'rsh', bits: 0x70, symbol: '>>=', off: 0, cpu: 'v1' },
  { op: 'mod', bits: 0x90, symbol: '%=', off: 0, cpu: 'v1' },
  { op: 'smod', bits: 0x90, symbol: 's%=', off: 1, cpu: 'v4' },
  { op: 'xor', bits: 0xa0, symbol: '^=', off: 0, cpu: 'v1' },
  { op: 'mov', bits: 0xb0, symbol: '=', off: 0, cpu: 'v1' },
  { op: 'arsh', bits: 0xc0, symbol: 's>>=', off: 0, cpu: 'v1' },
]
/** Arithmetic on sub-registers is what LLVM generates from v3 on. */
const aluCpu = (width: number, cpu: Cpu): Cpu => (width === 32 && cpu === 'v1' ? 'v3' : cpu)

const aluRows: readonly IsaRow[] = widths.flatMap(({ width, aluClass, reg, immType }) =>
  aluOps.flatMap((row): readonly IsaRow[] => [
    {
      name: `${row.op}${width}.imm`,
      code: aluClass | row.bits,
      cpu: aluCpu(width, row.cpu),
      insn: { kind: 'alu', width, op: row.op },
      wire: { ...none, dst, off: row.off, imm: operand('src', immType) },
      text: `{dst${reg}} ${row.symbol} {src}`,
    },
    {
      name: `${row.op}${width}.reg`,
      code: aluClass | row.bits | BPF_X,
      cpu: aluCpu(width, row.cpu),
      insn: { kind: 'alu', width, op: row.op },
      wire: { ...none, dst, src, off: row.off },
      text: `{dst${reg}} ${row.symbol} {src${reg}}`,
    },
  ]),
)

const negRows: readonly IsaRow[] = widths.map(({ width, aluClass, reg }) => ({
  name: `neg${width}`,
  code: aluClass | 0x80,
  cpu: aluCpu(width, 'v1'),
  insn: { kind: 'neg', width },
  wire: { ...none, dst },
  text: `{dst${reg}} = -{dst${reg}}`,
}))

const movsxRows: readonly IsaRow[] = widths.flatMap(({ width, aluClass, reg }) =>
  [8, 16, 32]
    .filter((bits) => bits < width)
    .map((bits) => ({
      name: `movsx${width}.s${bits}`,
      code: aluClass | 0xb0 | BPF_X,
      cpu: 'v4',
      insn: { kind: 'movsx', width, bits },
      wire: { ...none, dst, src, off: bits },
      text: `{dst${reg}} = (s${bits}){src${reg}}`,
    })),
)

const swapRows: readonly IsaRow[] = [
  { order: 'le', code: BPF_ALU | 0xd0, cpu: 'v1' },
  { order: 'be', code: BPF_ALU | 0xd0 | BPF_X, cpu: 'v1' },
  { order: 'bswap', code: BPF_ALU64 | 0xd0, cpu: 'v4' },
].flatMap(({ order, code, cpu }) =>
  [16, 32, 64].map((bits) => ({
    name: `${order}${bits}`,
    code,
    cpu: cpu === 'v4' ? 'v4' : 'v1',
    insn: { kind: 'swap', order, bits },
    wire: { ...none, dst, imm: bits },
    text: `{dst} = ${order}${bits} {dst}`,
  })),
)

const loadRows: readonly IsaRow[] = [
  ...sizes.map(
    ({ size, bits }): IsaRow => ({
      name: `ldx.${size}`,
      code: BPF_LDX | 0x60 | bits,
      cpu: 'v1',
      insn: { kind: 'load', size },
      wire: { ...none, dst, src: base, off },
      text: `{dst} = *(${size} *)({base} {off:offset})`,
      alu32: `{dst${narrow(size)}} = *(${size} *)({base} {off:offset})`,
    }),
  ),
  ...sizes.slice(0, 3).map(
    ({ size, bits }): IsaRow => ({
      name: `ldx.${size.replace('u', 's')}`,
      code: BPF_LDX | 0x80 | bits,
      cpu: 'v4',
      insn: { kind: 'load', size: size.replace('u', 's') },
      wire: { ...none, dst, src: base, off },
      text: `{dst} = *(${size.replace('u', 's')} *)({base} {off:offset})`,
    }),
  ),
]

/** Clang stores immediates from v4 on, yet every kernel with eBPF runs them. */
const storeRows: readonly IsaRow[] = sizes.flatMap(({ size, bits }): readonly IsaRow[] => [
  {
    name: `st.${size}`,
    code: BPF_ST | 0x60 | bits,
    cpu: 'v1',
    insn: { kind: 'store', size },
    wire: { ...none, dst: base, off, imm: operand('src', size === 'u64' ? 's32' : 'imm32') },
    text: `*(${size} *)({base} {off:offset}) = {src}`,
  },
  {
    name: `stx.${size}`,
    code: BPF_STX | 0x60 | bits,
    cpu: 'v1',
    insn: { kind: 'store', size },
    wire: { ...none, dst: base, src, off },
    text: `*(${size} *)({base} {off:offset}) = {src}`,
    alu32: `*(${size} *)({base} {off:offset}) = {src${narrow(size)}}`,
  },
])

// RFC 9669 section 5.3: the operation is in imm, 0x01 asks for the old value.
const atomicOps = [
  { op: 'add', imm: 0x00, symbol: '+=' },
  { op: 'or', imm: 0x40, symbol: '|=' },
  { op: 'and', imm: 0x50, symbol: '&=' },
  { op: 'xor', imm: 0xa0, symbol: '^=' },
] as const
const atomicSizes = [
  { size: 'u64', bits: 0x18, reg: '', r0: 'r0', xchg: 'xchg_64', cmpxchg: 'cmpxchg_64', kernel: 'atomic64' },
  { size: 'u32', bits: 0x00, reg: ':w', r0: 'w0', xchg: 'xchg32_32', cmpxchg: 'cmpxchg32_32', kernel: 'atomic' },
] as const
const BPF_ATOMIC = BPF_STX | 0xc0

const atomicRows: readonly IsaRow[] = atomicSizes.flatMap(({ size, bits, reg, ...names }): readonly IsaRow[] => [
  ...atomicOps.flatMap((row): readonly IsaRow[] => [
    {
      name: `atomic.${row.op}.${size}`,
      code: BPF_ATOMIC | bits,
      cpu: row.op === 'add' ? 'v1' : 'v3',
      insn: { kind: 'atomic', op: row.op, size },
      wire: { dst: base, src, off, imm: row.imm },
      text: `lock *(${size} *)({base} {off:offset}) ${row.symbol} {src}`,
      alu32: `lock *(${size} *)({base} {off:offset}) ${row.symbol} {src${reg}}`,
    },
    {
      name: `atomic.fetch_${row.op}.${size}`,
      code: BPF_ATOMIC | bits,
      cpu: 'v3',
      insn: { kind: 'atomic', op: `fetch_${row.op}`, size },
      wire: { dst: base, src: operand('src', 'writable'), off, imm: row.imm | 1 },
      text: `{src${reg}} = atomic_fetch_${row.op}((${size} *)({base} {off:offset}), {src${reg}})`,
      reads: [`{src} = ${names.kernel}_fetch_${row.op}((${size} *)({base} {off:offset}), {src})`],
    },
  ]),
  {
    name: `atomic.xchg.${size}`,
    code: BPF_ATOMIC | bits,
    cpu: 'v3',
    insn: { kind: 'atomic', op: 'xchg', size },
    wire: { dst: base, src: operand('src', 'writable'), off, imm: 0xe1 },
    text: `{src${reg}} = ${names.xchg}({base} {off:offset}, {src${reg}})`,
    reads: [`{src} = ${names.kernel}_xchg((${size} *)({base} {off:offset}), {src})`],
  },
  {
    name: `atomic.cmpxchg.${size}`,
    code: BPF_ATOMIC | bits,
    cpu: 'v3',
    insn: { kind: 'atomic', op: 'cmpxchg', size },
    wire: { dst: base, src, off, imm: 0xf1 },
    text: `${names.r0} = ${names.cmpxchg}({base} {off:offset}, ${names.r0}, {src${reg}})`,
    reads: [`r0 = ${names.kernel}_cmpxchg((${size} *)({base} {off:offset}), r0, {src})`],
  },
])

const orderedRows: readonly IsaRow[] = sizes.flatMap(({ size, bits }): readonly IsaRow[] => [
  {
    name: `load_acquire.${size}`,
    code: BPF_ATOMIC | bits,
    cpu: 'v4',
    feature: 'load_acquire',
    insn: { kind: 'loadAcquire', size },
    wire: { dst, src: base, off, imm: 0x100 },
    text: `{dst} = load_acquire((${size} *)({base} {off:offset}))`,
    alu32: `{dst${narrow(size)}} = load_acquire((${size} *)({base} {off:offset}))`,
  },
  {
    name: `store_release.${size}`,
    code: BPF_ATOMIC | bits,
    cpu: 'v4',
    feature: 'store_release',
    insn: { kind: 'storeRelease', size },
    wire: { dst: base, src, off, imm: 0x110 },
    text: `store_release((${size} *)({base} {off:offset}), {src})`,
    alu32: `store_release((${size} *)({base} {off:offset}), {src${narrow(size)}})`,
  },
])

const packetRows: readonly IsaRow[] = sizes.slice(0, 3).flatMap(({ size, bits }): readonly IsaRow[] => [
  {
    name: `ldabs.${size}`,
    code: BPF_LD | 0x20 | bits,
    cpu: 'v1',
    insn: { kind: 'ldAbs', size },
    wire: { ...none, imm },
    text: `r0 = *(${size} *)skb[{imm}]`,
  },
  {
    name: `ldind.${size}`,
    code: BPF_LD | 0x40 | bits,
    cpu: 'v1',
    insn: { kind: 'ldInd', size },
    wire: { ...none, src, imm },
    text: `r0 = *(${size} *)skb[{src} {imm:offset}]`,
    brief: { zero: 'imm', text: `r0 = *(${size} *)skb[{src}]` },
  },
])

const target32 = operand('target', 's32')
const mapFd = operand('mapFd', 's32')
const mapIdx = operand('mapIdx', 's32')
const valueOff = operand('valueOff', 'u32')

// RFC 9669 section 5.4; the text of the pseudo sources follows bpftool's.
const wideSources: readonly {
  source: string
  src: number
  imm: WireField
  next: WireField
  text: string
  zero?: string
  reads?: string
}[] = [
  {
    source: 'value',
    src: 0,
    imm: operand('value', 'lo64'),
    next: operand('value', 'hi64'),
    text: '{value} ll',
    reads: '{value}',
  },
  { source: 'mapFd', src: 1, imm: mapFd, next: 0, text: 'map[fd:{mapFd}]' },
  { source: 'mapValue', src: 2, imm: mapFd, next: valueOff, text: 'map[fd:{mapFd}][0]{valueOff:jump}' },
  {
    source: 'btfId',
    src: 3,
    imm: operand('btfId', 's32'),
    next: operand('btfFd', 's32'),
    text: 'var[btf:{btfId}]@{btfFd}',
    zero: 'var[btf:{btfId}]',
  },
  {
    source: 'func',
    src: 4,
    imm: target32,
    next: 0,
    text: 'subprog[{target:jump}]',
    reads: 'subprog[{target:label}]',
  },
  { source: 'mapIdx', src: 5, imm: mapIdx, next: 0, text: 'map[idx:{mapIdx}]' },
  { source: 'mapIdxValue', src: 6, imm: mapIdx, next: valueOff, text: 'map[idx:{mapIdx}][0]{valueOff:jump}' },
]
const wideRows: readonly IsaRow[] = wideSources.map((row) => ({
  name: `lddw.${row.source}`,
  code: BPF_LD | 0x18,
  cpu: 'v1',
  insn: { kind: 'ldImm64', source: row.source },
  wire: { dst, src: row.src, off: 0, imm: row.imm, next: row.next },
  text: `{dst} = ${row.text}`,
  ...(row.zero === undefined ? {} : { brief: { zero: 'btfFd', text: `{dst} = ${row.zero}` } }),
  ...(row.reads === undefined ? {} : { reads: [`{dst} = ${row.reads}`] }),
}))

const jumpOps: readonly { op: JumpOp; bits: number; symbol: string; cpu: Cpu }[] = [
  { op: 'jeq', bits: 0x10, symbol: '==', cpu: 'v1' },
  { op: 'jgt', bits: 0x20, symbol: '>', cpu: 'v1' },
  { op: 'jge', bits: 0x30, symbol: '>=', cpu: 'v1' },
  { op: 'jset', bits: 0x40, symbol: '&', cpu: 'v1' },
  { op: 'jne', bits: 0x50, symbol: '!=', cpu: 'v1' },
  { op: 'jsgt', bits: 0x60, symbol: 's>', cpu: 'v1' },
  { op: 'jsge', bits: 0x70, symbol: 's>=', cpu: 'v1' },
  { op: 'jlt', bits: 0xa0, symbol: '<', cpu: 'v2' },
  { op: 'jle', bits: 0xb0, symbol: '<=', cpu: 'v2' },
  { op: 'jslt', bits: 0xc0, symbol: 's<', cpu: 'v2' },
  { op: 'jsle', bits: 0xd0, symbol: 's<=', cpu: 'v2' },
]
const target16 = operand('target', 's16')
const jumpRows: readonly IsaRow[] = widths.flatMap(({ width, jumpClass, reg, immType }) =>
  jumpOps.flatMap((row): readonly IsaRow[] => {
    const common = { cpu: width === 32 ? 'v3' : row.cpu, insn: { kind: 'jump', width, op: row.op } } as const
    const text = (right: string, goto: string) => `if {dst${reg}} ${row.symbol} ${right} goto ${goto}`
    return [
      {
        ...common,
        name: `${row.op}${width}.imm`,
        code: jumpClass | row.bits,
        wire: { ...none, dst: anyDst, off: target16, imm: operand('src', immType) },
        text: text('{src:condition}', '{target:jump}'),
        reads: [text('{src:condition}', 'pc{target:jump}'), text('{src:condition}', '{target:label}')],
      },
      {
        ...common,
        name: `${row.op}${width}.reg`,
        code: jumpClass | row.bits | BPF_X,
        wire: { ...none, dst: anyDst, src, off: target16 },
        text: text(`{src${reg}}`, '{target:jump}'),
        reads: [text(`{src${reg}}`, 'pc{target:jump}'), text(`{src${reg}}`, '{target:label}')],
      },
    ]
  }),
)

const flowRows: readonly IsaRow[] = [
  {
    name: 'ja',
    code: BPF_JMP,
    cpu: 'v1',
    insn: { kind: 'ja' },
    wire: { ...none, off: target16 },
    text: 'goto {target:jump}',
    reads: ['goto pc{target:jump}', 'goto {target:label}'],
  },
  {
    name: 'ja32',
    code: BPF_JMP32,
    cpu: 'v4',
    insn: { kind: 'ja32' },
    wire: { ...none, imm: target32 },
    text: 'gotol {target:jump}',
    reads: ['gotol pc{target:jump}', 'gotol {target:label}'],
  },
  {
    name: 'may_goto',
    code: BPF_JMP | 0xe0,
    cpu: 'v4',
    feature: 'may_goto',
    insn: { kind: 'mayGoto' },
    wire: { ...none, off: target16 },
    text: 'may_goto {target:jump}',
    reads: ['may_goto pc{target:jump}', 'may_goto {target:label}'],
  },
  {
    name: 'call.helper',
    code: BPF_JMP | 0x80,
    cpu: 'v1',
    insn: { kind: 'callHelper' },
    wire: { ...none, imm: operand('helper', 's32') },
    text: 'call {helper}',
  },
  {
    name: 'call.func',
    code: BPF_JMP | 0x80,
    cpu: 'v1',
    insn: { kind: 'callFunc' },
    wire: { ...none, src: 1, imm: target32 },
    text: 'call pc{target:jump}',
    reads: ['call {target:label}'],
  },
  {
    name: 'call.kfunc',
    code: BPF_JMP | 0x80,
    cpu: 'v1',
    insn: { kind: 'callKfunc' },
    wire: { ...none, src: 2, off: operand('btfFdIndex', 's16'), imm: operand('btfId', 's32') },
    text: 'call kernel-function#{btfId}@{btfFdIndex}',
    brief: { zero: 'btfFdIndex', text: 'call kernel-function#{btfId}' },
  },
  { name: 'exit', code: BPF_JMP | 0x90, cpu: 'v1', insn: { kind: 'exit' }, wire: none, text: 'exit' },
]

/** The instruction set: RFC 9669, load-acquire, store-release and may_goto, one row per encoding. */
export const isaTable: readonly IsaRow[] = [
  ...aluRows,
  ...negRows,
  ...movsxRows,
  ...swapRows,
  ...loadRows,
  ...storeRows,
  ...atomicRows,
  ...orderedRows,
  ...packetRows,
  ...wideRows,
  ...jumpRows,
  ...flowRows,
]
