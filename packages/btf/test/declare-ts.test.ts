import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BtfType, btfErrors, buildBtf, declareTs, nameOf, parseBtf, typesOfKind } from '@tscc/btf'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'

const fixture = new Uint8Array(readFileSync(new URL('../../struct-ops/fixtures/tcp-6.18.btf', import.meta.url)))
const tsc = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url))
const roots = ['tcp_congestion_ops', 'tcp_sock', 'rate_sample', 'ack_sample', 'tcp_ca_event', 'tcp_slow_start']

/** What an algorithm does with the types, and what they must refuse. */
const consumer = `
import { CA_EVENT_LOSS, type rate_sample, type s32, type tcp_congestion_ops, tcp_slow_start, type tcp_sock, type u16, type u32, type u64 } from './kernel.js'
declare const tp: tcp_sock
declare const rs: rate_sample
declare const wide: u64
declare const small: u16
tp.snd_cwnd = tp.snd_cwnd + 1
tp.snd_ssthresh = 7
tp.inet_conn.icsk_ack.pending = 0
tp.inet_conn.icsk_ca_priv[0] = 1
const grown: u32 = small
const left: u32 = tcp_slow_start(tp, 3)
const loss: 3 = CA_EVENT_LOSS
const state: number = tp.inet_conn.icsk_ca_priv[0] ?? 0
const ops: Partial<tcp_congestion_ops> = {
  ssthresh: (sk) => (sk.sk_pacing_rate > 0 ? 2 : 3),
  cong_avoid(sk, ack, acked) { const sum: number = ack + acked; void [sk, sum] },
  // @ts-expect-error undo_cwnd returns a number
  undo_cwnd: () => 'wide',
}
// @ts-expect-error u64 does not fit u32
const cut: u32 = wide
// @ts-expect-error a signed one is no unsigned of the same width
const signed: s32 = tp.snd_cwnd
// @ts-expect-error read-only in the kernel
tp.srtt_us = 1
// @ts-expect-error read-only in the kernel, through a member without a type name
tp.inet_conn.icsk_ack.retry = 1
// @ts-expect-error elements of what is read-only
tp.recv_sack_cache[0] = { start_seq: 0, end_seq: 0 }
// @ts-expect-error no such field
tp.snd_cwn
// @ts-expect-error one struct is not another
const other: tcp_sock = rs
void [grown, left, loss, state, ops, cut, signed, other]
`

/** Type-check declarations, with a consumer beside them. */
function check(declarations: string, using = ''): void {
  const folder = mkdtempSync(join(tmpdir(), 'tscc-declare-ts-'))
  try {
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    writeFileSync(join(folder, 'kernel.d.ts'), declarations)
    writeFileSync(join(folder, 'consumer.ts'), using === '' ? "import './kernel.js'\n" : using)
    const options = ['--noEmit', '--strict', '--noUncheckedIndexedAccess', '--target', 'es2022', '--module', 'nodenext']
    execFileSync(process.execPath, [tsc, ...options, 'consumer.ts', 'kernel.d.ts'], { cwd: folder, stdio: 'pipe' })
  } catch (error) {
    throw error instanceof Error && 'stdout' in error ? new Error(String(error.stdout), { cause: error }) : error
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test('an algorithm type-checks against the TCP part of a kernel, and mistakes do not', () => {
  const text = declareTs(parseBtf(fixture), { roots })
  check(text, consumer)
  expect(text.length).toBeLessThan(150_000)
  expect(text).toContain('readonly cong_control: (sk: sock, ack: u32, flag: s32, rs: rate_sample) => void')
  expect(text).toContain('  /** smoothed round-trip time, us << 3 */\n  readonly srtt_us: u32')
  expect(text).toContain('  /** sending congestion window, segments */\n  snd_cwnd: u32')
  expect(text).toMatch(/\/\*\* congestion avoidance state, TCP_CA_\*; 5 bits \*\/\n {2}readonly icsk_ca_state: u8/)
  expect(declareTs(parseBtf(fixture), { roots })).toBe(text)
})

test.skipIf(!needs('btf'))('so do those of this kernel', () => {
  const btf = parseBtf(new Uint8Array(readFileSync('/sys/kernel/btf/vmlinux')))
  check(
    declareTs(btf, {
      roots: ['tcp_congestion_ops', 'tcp_sock', 'rate_sample', 'ack_sample', 'sk_buff', 'task_struct'],
    }),
  )
  expect(declareTs(btf, { roots: ['tcp_sock'], depth: 0 }).length).toBeLessThan(
    declareTs(btf, { roots: ['tcp_sock'] }).length,
  )
})

test.skipIf(!needs('btf'))('and every named type of it at once', { timeout: 60_000 }, () => {
  const btf = parseBtf(new Uint8Array(readFileSync('/sys/kernel/btf/vmlinux')))
  const named = (['struct', 'union', 'enum', 'enum64'] as const)
    .flatMap((kind) => typesOfKind(btf, kind))
    .filter((id) => nameOf(btf, id) !== '')
  check(declareTs(btf, { roots: named }))
})

test('names that TypeScript keeps to itself, anonymous members, pointers of every kind', () => {
  const member = (name: string, typeId: number, bitOffset: number, bitSize = 0) => ({
    name,
    typeId,
    bitOffset,
    bitSize,
  })
  const types: readonly BtfType[] = [
    { kind: 'int', name: 'int', size: 4, bits: 32, bitOffset: 0, signed: true, char: false, bool: false },
    { kind: 'int', name: '_Bool', size: 1, bits: 8, bitOffset: 0, signed: false, char: false, bool: true },
    { kind: 'ptr', name: '', typeId: 0 },
    { kind: 'ptr', name: '', typeId: 1 },
    {
      kind: 'func_proto',
      name: '',
      returnTypeId: 4,
      params: [
        { name: 'new', typeId: 1 },
        { name: '', typeId: 0 },
      ],
    },
    { kind: 'ptr', name: '', typeId: 5 },
    { kind: 'union', name: '', size: 8, members: [member('whole', 3, 0), member('part', 1, 0)] },
    { kind: 'array', name: '', typeId: 6, indexTypeId: 1, length: 2 },
    { kind: 'fwd', name: 'far', of: 'struct' },
    { kind: 'ptr', name: '', typeId: 9 },
    {
      kind: 'struct',
      name: 'number',
      size: 56,
      members: [
        member('class', 2, 0),
        member('', 7, 64),
        member('calls', 8, 128),
        member('far', 10, 256),
        member('rust::name', 4, 320),
        member('bits', 1, 384, 3),
      ],
    },
    { kind: 'struct', name: 'number', size: 4, members: [member('second', 1, 0)] },
  ]
  const text = declareTs(parseBtf(buildBtf(types)), { roots: [11, 12] })
  expect(text.slice(text.indexOf('export interface kernel_number'))).toBe(`export interface kernel_number {
  readonly [tag]?: 'kernel_number'
  readonly class: bool
  readonly whole: Opaque<'void'>
  readonly part: s32
  readonly calls: ReadonlyKernelArray<((arg0: s32, ...rest: readonly unknown[]) => Pointer<s32>), 2>
  readonly far: Opaque<'far'>
  readonly "rust::name": ReadonlyPointer<s32>
  /** 3 bits */
  readonly bits: s32
}

export interface number___2 {
  readonly [tag]?: 'number___2'
  readonly second: s32
}
`)
  check(text)
  expect(() => declareTs(parseBtf(fixture), { roots: ['no_such_type'] })).toThrow('type no_such_type: not found')
  expect(() => declareTs(parseBtf(buildBtf(types)), { roots: [1] })).toThrow(
    /is a int, want struct, union, enum or function/,
  )
})

test('hostile BTF: text or a typed error, in bounded time', () => {
  const edits = fc.array(fc.tuple(fc.nat(fixture.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 40 })
  fc.assert(
    fc.property(edits, (changes) => {
      const bytes = fixture.slice()
      for (const [at, value] of changes) bytes[Math.max(24, at)] = value
      try {
        expect(typeof declareTs(parseBtf(bytes), { roots })).toBe('string')
      } catch (error) {
        if (!btfErrors.is(error)) throw error
      }
    }),
    { numRuns: 60 },
  )
})

test('with a prelude of another module: its integers, and its functions learn the structs', () => {
  const text = declareTs(parseBtf(fixture), { roots, prelude: '@x/bpf' })
  expect(text).toMatch(/^import type \{ .*\bu32\b.* \} from '@x\/bpf'\n/)
  expect(text).not.toContain('unique symbol')
  expect(text).toContain("export interface tcp_sock extends Opaque<'tcp_sock'> {\n")
  expect(text.slice(text.indexOf('declare module'))).toBe(
    `declare module '@x/bpf/kernel' {
  interface KernelTypes {
    tcp_congestion_ops: tcp_congestion_ops
    tcp_sock: tcp_sock
    rate_sample: rate_sample
    ack_sample: ack_sample
  }
}
`,
  )
})

test('what some kernels lack is said, with the way to guard it', () => {
  const availability = {
    'ack_sample.in_flight': '6.18..',
    'ack_sample.rtt_us': '..6.17',
    'rate_sample.losses': '5.10..6.1,7.1..',
    'rate_sample.is_retrans': '6.12',
    'struct:rate_sample': '6.1..',
    'enumerator:CA_EVENT_LOSS': '6.1..6.12',
    'func:tcp_slow_start': '',
    'tcp_congestion_ops.init': '7.1..',
  }
  const text = declareTs(parseBtf(fixture), { roots, availability })
  expect(text).toContain(
    '/** segments in flight when the sampled one was sent. Since 6.18: guard with exists(…) */\n  readonly in_flight:',
  )
  expect(text).toContain('negative: none. Up to 6.17: guard with exists(…) */\n  readonly rtt_us: s32')
  expect(text).toContain('From 5.10 to 6.1, since 7.1: guard with exists(…) */\n  readonly losses:')
  expect(text).toContain('On 6.12: guard with exists(…) */\n  readonly is_retrans:')
  expect(text).toContain('/** Since 6.1 */\nexport interface rate_sample {')
  expect(text).toContain('/** a retransmission timeout. From 6.1 to 6.12 */\nexport declare const CA_EVENT_LOSS: 3')
  expect(text).toContain('On some kernels only: guard with hasKfunc(…) */\nexport declare function tcp_slow_start(')
  expect(text).toContain('private state is zero. Since 7.1: other kernels go without */\n  readonly init:')
})

test('memory of a size that an argument says is what the caller wants to see in it', () => {
  const proto = (params: readonly (readonly [string, number])[], returnTypeId: number): BtfType => ({
    kind: 'func_proto',
    name: '',
    returnTypeId,
    params: params.map(([name, typeId]) => ({ name, typeId })),
  })
  const btf = parseBtf(
    buildBtf([
      { kind: 'int', name: 'u8', size: 1, bits: 8, bitOffset: 0, signed: false, char: false, bool: false },
      { kind: 'int', name: 'u32', size: 4, bits: 32, bitOffset: 0, signed: false, char: false, bool: false },
      { kind: 'ptr', name: '', typeId: 1 },
      proto([['rdwr_buf_size', 2]], 3),
      proto([['size', 2]], 3),
      proto([['rdonly_buf_size', 2]], 2),
      { kind: 'func', name: 'memory_of', typeId: 4, linkage: 'static' },
      { kind: 'func', name: 'text_of', typeId: 5, linkage: 'static' },
      { kind: 'func', name: 'number_of', typeId: 6, linkage: 'static' },
      proto(
        [
          ['out', 3],
          ['bytes', 3],
          ['bytes__sz', 2],
          ['text__str', 3],
        ],
        0,
      ),
      { kind: 'func', name: 'writes_to', typeId: 10, linkage: 'static' },
    ]),
  )
  const text = declareTs(btf, { roots: ['memory_of', 'text_of', 'number_of', 'writes_to'] })
  expect(text).toContain('declare function memory_of<T extends object>(rdwr_buf_size: u32): T | null\n')
  expect(text).toContain('declare function text_of(size: u32): Pointer<u8>\n')
  expect(text).toContain('declare function number_of(rdonly_buf_size: u32): u32\n')
  const first = 'out: Pointer<u8> | KernelArray<u8, number>'
  expect(text).toContain(
    `declare function writes_to(${first}, bytes: Pointer<u8>, bytes__sz: u32, text__str: Pointer<u8>)`,
  )
  check(
    text,
    "import { memory_of } from './kernel.js'\nconst seen: { readonly a: number } | null = memory_of(4)\nvoid seen\n",
  )
})
