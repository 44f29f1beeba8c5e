import { type CompileOptions, compile, irText } from '@tscc/compiler'
import { expect, test } from 'vitest'
import type { Instr, IrFunction, Operand, Terminator } from '../../src/ir/ir.ts'

const imports = `import { bpf_ktime_get_ns, exists, global, hash, max, structOps, tcp_sk, type u32, type u64 } from '@tscc/bpf'
import type { tcp_congestion_ops } from '@tscc/vmlinux'`

function textOf(body: string, options: CompileOptions = {}): string {
  const text = `${imports}
export const seen = global<u64>(0)
export default structOps<tcp_congestion_ops>({
  name: 'printed',
  ${body},
  cong_avoid() {},
  undo_cwnd: (sk) => 2,
})
`
  const { functions, diagnostics } = compile(text, { fileName: 'a.bpf.ts', ...options })
  expect(diagnostics).toEqual([])
  return irText(functions[0]?.ir ?? { name: 'none', blocks: [], registers: 0, stackObjects: [] })
}

test('blocks, fields, globals, and each source line where it begins', () => {
  const lines = textOf(`ssthresh(sk) {
    seen.value++
    return max(tcp_sk(sk).snd_cwnd >> 1, 2)
  }`)
    .replace(/r\d+/g, 'r')
    .replace(/ +\/\//g, ' //')
    .split('\n')
  expect(lines.slice(0, 3)).toEqual(['function ssthresh', 'b0:', '  r = argument sk u64 // a.bpf.ts:6: ssthresh(sk) {'])
  expect(lines).toEqual(
    expect.arrayContaining([
      '  r = address of .bss[0] // a.bpf.ts:7: seen.value++',
      '  r = load u64 r[0] of data .bss',
      '  r = r + 1 (64)',
      '  store u64 r[0] of data .bss = r',
      '  r = load u32 r.tcp_sock.snd_cwnd // a.bpf.ts:8: return max(tcp_sk(sk).snd_cwnd >> 1, 2)',
      '  return r',
    ]),
  )
  expect(lines.filter((line) => /^b\d+: \/\/ from b0/.test(line)).length).toBeGreaterThan(0)
})

test('what a pass does can be seen by leaving it out', () => {
  const body = 'ssthresh: (sk) => tcp_sk(sk).snd_cwnd * 1 + 0'
  expect(textOf(body)).not.toMatch(/r\d+ \* 1/)
  expect(textOf(body, { without: ['fold'] })).toMatch(/r\d+ \* 1/)
})

const span = { start: 0, end: 0 }
const reg = (number: number) => ({ reg: number })
const imm = (value: bigint) => ({ imm: value })
const one = (instr: Instr, end: Terminator = { op: 'return', a: undefined }): string => {
  const f: IrFunction = { name: 'f', blocks: [{ phis: [], instrs: [instr], end }], registers: 9, stackObjects: [16] }
  return irText(f).split('\n')[3]?.trim() ?? ''
}

test.each<readonly [string, Instr]>([
  ['r1 = 5', { op: 'move', width: 32, dst: 1, a: imm(5n), span }],
  ['r1 = -r2 (64)', { op: 'negate', width: 64, dst: 1, a: reg(2), span }],
  ['r1 = r2 s>> 3', { op: 'binary', fn: 'arsh', width: 32, dst: 1, a: reg(2), b: imm(3n), span }],
  ['r1 = parameter 2', { op: 'parameter', dst: 1, index: 2, span }],
  [
    'r1 = argument sock u64',
    { op: 'argument', dst: 1, name: '', pointee: 'sock', index: 0, arity: 1, size: 'u64', span },
  ],
  [
    'r1 = load u16 r2.private[4]',
    { op: 'load', dst: 1, base: reg(2), place: { kind: 'private', offset: 4 }, size: 'u16', span },
  ],
  [
    'r1 = load u8 r2.tcp_sock.ecn (unsigned bits)',
    {
      op: 'load',
      dst: 1,
      base: reg(2),
      place: { kind: 'field', struct: 'tcp_sock', field: 'ecn', bits: 'unsigned' },
      size: 'u8',
      span,
    },
  ],
  [
    'atomic u64 r2[8] of map += 1',
    {
      op: 'atomicAdd',
      base: reg(2),
      place: { kind: 'memory', region: 'map', offset: 8 },
      size: 'u64',
      a: imm(1n),
      span,
    },
  ],
  ['r1 = kernel value of e.A', { op: 'question', dst: 1, ask: { kind: 'enumerator', enum: 'e', name: 'A' }, span }],
  ['r1 = kernel has e.A', { op: 'question', dst: 1, ask: { kind: 'enumeratorExists', enum: 'e', name: 'A' }, span }],
  ['r1 = kernel has s.f', { op: 'question', dst: 1, ask: { kind: 'fieldExists', struct: 's', field: 'f' }, span }],
  ['r1 = kernel has s', { op: 'question', dst: 1, ask: { kind: 'typeExists', struct: 's' }, span }],
  ['r1 = kernel size of s', { op: 'question', dst: 1, ask: { kind: 'typeSize', struct: 's' }, span }],
  ['r1 = kernel has f()', { op: 'question', dst: 1, ask: { kind: 'kfunc', name: 'f' }, span }],
  ['r1 = kernel version', { op: 'question', dst: 1, ask: { kind: 'version' }, span }],
  ['r1 = address of stack 0', { op: 'address', dst: 1, of: { kind: 'stack', object: 0 }, span }],
  ['r1 = address of map m', { op: 'address', dst: 1, of: { kind: 'map', map: 'm' }, span }],
  ['r1 = address of function g', { op: 'address', dst: 1, of: { kind: 'function', name: 'g' }, span }],
  ['r1 = address of r2.tcp_sock.x', { op: 'fieldAddress', dst: 1, base: reg(2), struct: 'tcp_sock', field: 'x', span }],
  [
    'r1 = helper bpf_jiffies64()',
    { op: 'call', dst: 1, callee: { kind: 'helper', name: 'bpf_jiffies64', id: 118, quiet: true }, args: [], span },
  ],
  ['g(r1, 2)', { op: 'call', dst: undefined, callee: { kind: 'function', name: 'g' }, args: [reg(1), imm(2n)], span }],
  ['r1 = spilled 0', { op: 'loadSpill', dst: 1, slot: 0, span }],
  ['spill 0 = r1', { op: 'storeSpill', slot: 0, a: reg(1), span }],
])('%s', (text, instr) => {
  expect(one(instr)).toBe(text)
})

test('values that a block chooses between, the stack, and ends', () => {
  const f: IrFunction = {
    name: 'f',
    registers: 4,
    stackObjects: [16],
    blocks: [
      { phis: [], instrs: [], end: { op: 'branch', if: 'slt', width: 64, a: reg(0), b: imm(-1n), yes: 1, no: 2 } },
      { phis: [], instrs: [], end: { op: 'jump', to: 2 } },
      {
        phis: [
          {
            dst: 3,
            from: new Map<number, Operand>([
              [0, reg(0)],
              [1, imm(7n)],
            ]),
          },
        ],
        instrs: [],
        end: { op: 'return', a: reg(3) },
      },
    ],
  }
  expect(irText(f)).toBe(`function f
  stack 0: 16 bytes
b0:
  if r0 s< -1 (64) goto b1 else b2
b1:                                                     // from b0
  goto b2
b2:                                                     // from b0 b1
  r3 = phi(b0: r0, b1: 7)
  return r3`)
})
