import { expect, test } from 'vitest'
import { mistakesOf } from './mistakes.ts'

// Imports, declarations, functions and algorithms: what modules may have at their top.

const files = { './two.bpf.ts': 'export function f(x: u32): u32 { return x.a }\nconst bad = 1.5\n' }

/** What the program is, where a row is about something else. */
const ops =
  "export default structOps<tcp_congestion_ops>({ name: 'x', ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })"

test.each([
  [
    "import { compile } from 'typescript'",
    [
      [
        'TSCC2007',
        "'typescript'",
        'typescript: only @tscc/bpf, @tscc/vmlinux and other *.bpf.ts files can be imported',
        'tunable<u32>(…), global<u64>(0) and maps carry numbers between programs and Node',
      ],
    ],
  ],
  [
    "import fs from 'node:fs'",
    [
      [
        'TSCC2007',
        "'node:fs'",
        'node:fs: only @tscc/bpf, @tscc/vmlinux and other *.bpf.ts files can be imported',
        'tunable<u32>(…), global<u64>(0) and maps carry numbers between programs and Node',
      ],
    ],
  ],
  [
    "import bpf from '@tscc/bpf'",
    [['TSCC1002', 'bpf', 'a default import is not in the language', "import { name } from '@tscc/bpf'"]],
  ],
  [
    "import * as bpf from '@tscc/bpf'",
    [['TSCC1002', '* as bpf', 'import * is not in the language', "import { name } from '@tscc/bpf'"]],
  ],
  ["import { nim } from '@tscc/bpf'", [['TSCC2006', 'nim', '@tscc/bpf exports no nim', 'did you mean min?']]],
  [
    "import { min as smaller } from '@tscc/bpf'",
    [['TSCC1002', 'min as smaller', 'another name for min is not in the language', "import { min } from '@tscc/bpf'"]],
  ],
  [
    "import { tcp_sok } from '@tscc/vmlinux'",
    [['TSCC2006', 'tcp_sok', '@tscc/vmlinux exports no tcp_sok', 'did you mean tcp_sock, tcp6_sock, tcp_rack?']],
  ],
  ["import { f } from './none.bpf.ts'", [['TSCC2007', "'./none.bpf.ts'", './none.bpf.ts: there is no such file']]],
  [
    "import { f, g } from './two.bpf.ts'",
    [
      ['TSCC2101', 'x', 'expected a struct, found u32'],
      [
        'TSCC1002',
        '1.5',
        'a number with a fraction is not in the language',
        'a fixed-point number: 717 / 1024 for 0.7',
      ],
      ['TSCC2006', 'g', './two.bpf.ts exports no g', 'did you mean f?'],
    ],
  ],
  [
    "import two from './two.bpf.ts'",
    [
      ['TSCC2101', 'x', 'expected a struct, found u32'],
      [
        'TSCC1002',
        '1.5',
        'a number with a fraction is not in the language',
        'a fixed-point number: 717 / 1024 for 0.7',
      ],
      ['TSCC1002', 'two', 'a default import is not in the language', "import { name } from './two.bpf.ts'"],
    ],
  ],
  [
    "import * as two from './two.bpf.ts'",
    [
      ['TSCC2101', 'x', 'expected a struct, found u32'],
      [
        'TSCC1002',
        '1.5',
        'a number with a fraction is not in the language',
        'a fixed-point number: 717 / 1024 for 0.7',
      ],
      ['TSCC1002', '* as two', 'import * is not in the language', "import { name } from './two.bpf.ts'"],
    ],
  ],
  ["import { tcp_sok } from './vmlinux'", []],
  ["import { SOL_TCP, TCP_INFINITE_SSTHRESH } from '@tscc/bpf'", []],
  [
    "import './two.bpf.ts'",
    [
      ['TSCC2101', 'x', 'expected a struct, found u32'],
      [
        'TSCC1002',
        '1.5',
        'a number with a fraction is not in the language',
        'a fixed-point number: 717 / 1024 for 0.7',
      ],
    ],
  ],
  ['class A {}', [['TSCC1002', 'class', 'a class is not in the language', 'an interface for data, and functions']]],
  ['enum E { A }', [['TSCC1002', 'enum', 'enum is not in the language', 'constants: const OPEN = 0']]],
  ['const enum E { A }', [['TSCC1002', 'const', 'enum is not in the language', 'constants: const OPEN = 0']]],
  ['type T = u32', [['TSCC1002', 'type', 'a type alias is not in the language', 'the type itself, or an interface']]],
  ['namespace N {}', [['TSCC1002', 'namespace', 'a namespace is not in the language', 'a file of its own']]],
  ['var x: u32 = 1', [['TSCC1002', 'var', 'var is not in the language', 'let']]],
  ['let y', [['TSCC2106', 'y', 'y needs a type', 'let y: u32']]],
  ['let y: u32 = 5', []],
  [
    'const k = 1.5',
    [
      [
        'TSCC1002',
        '1.5',
        'a number with a fraction is not in the language',
        'a fixed-point number: 717 / 1024 for 0.7',
      ],
    ],
  ],
  ['const k = tcp_sk', [['TSCC2001', 'tcp_sk', 'there is no tcp_sk']]],
  [
    'const { a } = x',
    [['TSCC1002', '{ a }', 'taking apart is not in the language', 'a const for each: const a = x.a']],
  ],
  ["let s = 'x'", [['TSCC2106', 's', 's needs a type', 'let s: u32']]],
  [
    "const s = 'x'",
    [
      [
        'TSCC1002',
        "'x'",
        'a constant that is not known when compiling is not in the language',
        'tunable<u32>(…) for what is set when loading, global<u64>(0) for what changes',
      ],
    ],
  ],
  ['const k = 1; const k = 2', [['TSCC2008', 'k', 'k is there twice']]],
  ['function f(): void {} function f(): void {}', [['TSCC2008', 'f', 'f is there twice']]],
  ['interface A { a: u32 } interface A { b: u32 }', [['TSCC2008', 'A', 'A is there twice']]],
  ['interface A { a: u32; a: u16 }', [['TSCC2008', 'a', 'a is there twice']]],
  ['interface A { a?: u32 }', [['TSCC1002', 'a?: u32', 'this member is not in the language', 'name: type']]],
  ['interface A { a(): void }', [['TSCC1002', 'a(): void', 'this member is not in the language', 'name: type']]],
  [
    'interface A { [k: string]: u32 }',
    [['TSCC1002', '[k: string]: u32', 'this member is not in the language', 'name: type']],
  ],
  ['interface A { a }', [['TSCC2106', 'a', 'a needs a type']]],
  [
    'interface A { a: string }',
    [
      [
        'TSCC1002',
        'string',
        'the type string is not in the language',
        'texts are only for names and printk formats; FixedArray<u8, N> holds bytes',
      ],
    ],
  ],
  [
    'interface A { a: u32[] }',
    [['TSCC1002', 'u32[]', 'an array of any length is not in the language', 'FixedArray<u32, 8>']],
  ],
  ['interface A { a: A }', [['TSCC2009', 'A', 'A would contain itself']]],
  [
    'interface A { b: B } interface B { a: A }',
    [
      ['TSCC2009', 'B', 'B would contain itself'],
      ['TSCC2009', 'A', 'A would contain itself'],
    ],
  ],
  ['interface A extends B { a: u32 }', [['TSCC1002', 'B', 'extends is not in the language', 'a member of that type']]],
  ['interface A { a: Foo }', [['TSCC2003', 'Foo', 'there is no type Foo']]],
  ['interface A { a: tcp_sock }', [['TSCC2101', 'tcp_sock', 'expected a type that lies in memory, found tcp_sock']]],
  [
    'interface A<T> { a: T }',
    [['TSCC1002', '<T>', 'a type parameter is not in the language', 'an interface for each type']],
  ],
  [
    'async function f(): void {}',
    [['TSCC1002', 'f', 'async is not in the language', 'everything happens at once in the kernel']],
  ],
  [
    'function* f(): void {}',
    [['TSCC1002', 'f', 'a generator is not in the language', 'for (const i of range(n)) in the function itself']],
  ],
  [
    'function f<T>(x: T): void {}',
    [
      [
        'TSCC1002',
        '<T>',
        'a type parameter is not in the language',
        'a function for each type: integers widen by themselves, so that u64 takes all that have no sign',
      ],
    ],
  ],
  [
    'function f(x = 1): void {}',
    [['TSCC1002', '1', 'a default value of a parameter is not in the language', 'pass it in every call']],
  ],
  [
    'function f(x?: u32): void {}',
    [['TSCC1002', 'x?', 'an optional parameter is not in the language', 'x: u32, which every call gives']],
  ],
  [
    'function f(...x: u32): void {}',
    [['TSCC1002', '...x: u32', 'a parameter with ... is not in the language', 'a parameter for each']],
  ],
  [
    'function f({ a }: A): void {}',
    [
      [
        'TSCC1002',
        '{ a }: A',
        'taking apart is not in the language',
        'a name and a type: key: Key, and key.port in the function',
      ],
    ],
  ],
  ['function f(x): void {}', [['TSCC2106', 'x', 'x needs a type', 'x: u32']]],
  [
    'function f(x: u32) { return x }',
    [['TSCC2106', 'x', 'what this function gives needs a type', '(…): u32 behind its parameters']],
  ],
  [
    'function f(x: u32): u32 { }',
    [['TSCC2303', 'f', 'f ends without a value', 'a return at its end, for all ways through it']],
  ],
  [
    'function f(x: u32): u32 { if (x > 1) return 1 }',
    [['TSCC2303', 'f', 'f ends without a value', 'a return at its end, for all ways through it']],
  ],
  [
    'function f(x: u16): u16; function f(x: u32): u32 { return x }',
    [['TSCC1002', 'function', 'a function without a body is not in the language', 'one function for all its calls']],
  ],
  [
    'const f = async () => 1',
    [['TSCC1002', 'f', 'async is not in the language', 'everything happens at once in the kernel']],
  ],
  [
    'function f(x: u32): u32 { return g(x) } function g(x: u32): u32 { return f(x) }',
    [['TSCC2203', 'f(x)', 'f calls itself', 'use a bounded loop']],
  ],
  ['function f(x: u64): u32 { return x }', [['TSCC2103', 'x', 'u64 does not fit u32', 'cut it on purpose: u32(x)']]],
  [
    'const f = noinline((a: u32, b: u32, c: u32, d: u32, e: u32, g: u32): u32 => a)\nfunction h(): u32 { return f(1,2,3,4,5,6) }',
    [['TSCC2201', 'f(1,2,3,4,5,6)', 'f, which is not inlined, takes 5 arguments, not 6']],
  ],
  ['const m = hash<u32>(8)', [['TSCC2106', 'hash', 'hash needs a type', 'hash<Key, Value>(…)']]],
  ['const m = hash(8)', [['TSCC2106', 'hash', 'hash needs a type', 'hash<Key, Value>(…)']]],
  ['const m = hash<u32, u64>()', [['TSCC2201', 'hash', 'hash takes 1 argument, not 0']]],
  [
    'const m = hash<u32, u64>(8, { pinned: true })',
    [['TSCC2002', 'pinned', 'options of a map has no field pinned', 'did you mean pin?']],
  ],
  [
    'const m = hash<u32, tcp_sock>(8)',
    [['TSCC2101', 'tcp_sock', 'expected a type that lies in memory, found tcp_sock']],
  ],
  [
    'const m = ringbuf<u32>(1000)',
    [['TSCC2101', '1000', 'expected a power of two of at least 4096 bytes, found 1000']],
  ],
  ['const m = array<u64>(8, 9)', [['TSCC2201', '9', 'array takes 1 argument, not 2']]],
  ['const t = tunable<u32>()', [['TSCC2201', 'tunable<u32>()', 'tunable takes 1 argument, not 0']]],
  ['const t = tunable(3)', [['TSCC2106', 'tunable', 'tunable needs a type', 'tunable<u32>(…)']]],
  ['const t = tunable<u8>(300)', [['TSCC2104', '300', '300 does not fit u8', 'u8 holds 0 to 255']]],
  ['const g = global<u64>(x)', [['TSCC2001', 'x', 'there is no x']]],
  [
    "const g = global<string>('x')",
    [
      [
        'TSCC1002',
        'string',
        'the type string is not in the language',
        'texts are only for names and printk formats; FixedArray<u8, N> holds bytes',
      ],
    ],
  ],
  ['const g = noinline(3)', [['TSCC2101', '3', 'expected a function, found something else']]],
  [
    'if (1) {}',
    [['TSCC1002', 'if', 'a statement at the top of a module is not in the language', 'the callback init(sk) { … }']],
  ],
  [
    'for (;;) {}',
    [['TSCC1002', 'for', 'a statement at the top of a module is not in the language', 'the callback init(sk) { … }']],
  ],
  [
    'f()',
    [['TSCC1002', 'f', 'a statement at the top of a module is not in the language', 'the callback init(sk) { … }']],
  ],
  ['export { x }', []],
  [
    "export * from './two.bpf.ts'",
    [
      [
        'TSCC1002',
        'export',
        'export * is not in the language',
        'export what is declared here; others import it from where it is',
      ],
    ],
  ],
  [
    'declare const x: u32',
    [
      [
        'TSCC1002',
        'x',
        'a constant that is not known when compiling is not in the language',
        'tunable<u32>(…) for what is set when loading, global<u64>(0) for what changes',
      ],
    ],
  ],
  ['const u = x + 1', [['TSCC2001', 'x', 'there is no x']]],
  [
    'const m = new Map()',
    [['TSCC1002', 'new Map()', 'new is not in the language', 'a map at the top of the module: hash<u32, u64>(1024)']],
  ],
  ['throw 1', [['TSCC1002', 'throw', 'throw is not in the language', 'return early: there are no exceptions']]],
  ['let z: tcp_sock', [['TSCC2101', 'z', 'expected a type that lies in memory, found tcp_sock']]],
  ['const big = 5n', []],
  ['const neg: u32 = -5', [['TSCC2104', '-5', '-5 does not fit u32', 'u32 holds 0 to 4294967295']]],
  ['const q: FixedArray<u32, 2> = [1, 2, 3]', [['TSCC2304', '3', 'element 2 of 2', '0 to 1']]],
  [
    'const q = [1, 2, 3]',
    [['TSCC1002', '[1, 2, 3]', 'an array here is not in the language', 'const a: FixedArray<u32, 4> = [1, 2, 3, 4]']],
  ],
  [
    'export const t = tunable<u32>(2)\nexport const t2 = tunable<u32>(t.value)',
    [['TSCC2101', 't.value', 'expected a constant u32, found something else']],
  ],
  [
    '',
    [
      [
        'TSCC1003',
        '',
        'the module exports no program',
        "export default structOps<tcp_congestion_ops>({ name: 'my_cc', … })",
      ],
    ],
  ],
  [
    'export default 5',
    [
      [
        'TSCC1003',
        '5',
        'the module exports no program',
        "export default structOps<tcp_congestion_ops>({ name: 'my_cc', … })",
      ],
    ],
  ],
  ['export default structOps<tcp_congestion_ops>({})', [['TSCC2207', 'structOps', 'name: every algorithm has one']]],
  [
    'export default structOps<tcp_congestion_ops>()',
    [['TSCC1002', 'structOps', 'this argument is not in the language', '{ name: …, ssthresh(sk) { … } }']],
  ],
  [
    "export default structOps<tcp_congestion_op>({ name: 'x' })",
    [['TSCC2003', 'tcp_congestion_op', 'there is no type tcp_congestion_op', 'did you mean tcp_congestion_ops?']],
  ],
  [
    "export default structOps<{}>({ name: 'x' })",
    [['TSCC1002', '{}', 'this type is not in the language', 'tcp_congestion_ops']],
  ],
  [
    "export default structOps<tcp_congestion_ops>({ name: 'a name', ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })",
    [['TSCC2207', "'a name'", 'a name: 1 to 15 of A-Z a-z 0-9 _ . are what the kernel takes']],
  ],
  [
    "export default structOps<tcp_congestion_ops>({ name: '', ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })",
    [['TSCC2207', "''", "'': 1 to 15 of A-Z a-z 0-9 _ . are what the kernel takes"]],
  ],
  [
    "export default structOps<tcp_congestion_ops>({ name: 'far_too_long_name', ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })",
    [['TSCC2207', "'far_too_long_name'", 'far_too_long_name: 1 to 15 of A-Z a-z 0-9 _ . are what the kernel takes']],
  ],
  [
    'export default structOps<tcp_congestion_ops>({ name: 5, ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })',
    [['TSCC2101', '5', 'expected a name in quotes, found something else']],
  ],
  [
    'export default structOps<tcp_congestion_ops>({ name: n, ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })',
    [['TSCC2101', 'n', 'expected a name in quotes, found something else']],
  ],
  [
    "export default structOps<tcp_congestion_ops>({ name: 'x', flags: 'x', ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })",
    [['TSCC2101', "'x'", 'expected a constant or a function, found something else']],
  ],
  [
    "export default structOps<tcp_congestion_ops>({ name: 'x', flags: 1.5, ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })",
    [
      [
        'TSCC1002',
        '1.5',
        'a number with a fraction is not in the language',
        'a fixed-point number: 717 / 1024 for 0.7',
      ],
    ],
  ],
  [
    "export default structOps<tcp_congestion_ops>({ name: 'x', flagss: 1, ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })",
    [['TSCC2004', 'flagss', 'tcp_congestion_ops has no callback flagss', 'did you mean flags?']],
  ],
  [
    "export default structOps<tcp_congestion_ops>({ name: 'x', pkts_ackd(sk) {}, ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })",
    [['TSCC2004', 'pkts_ackd', 'tcp_congestion_ops has no callback pkts_ackd', 'did you mean pkts_acked?']],
  ],
  [
    "export default structOps<tcp_congestion_ops>({ name: 'x', get_info(sk) {}, ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })",
    [
      [
        'TSCC2208',
        'get_info',
        'the kernel takes no get_info of a program',
        'a map for what user space is to see: skStorage<State>(), or ringbuf<Event>(4096)',
      ],
    ],
  ],
  [
    "export default structOps<tcp_congestion_ops>({ name: 'x', async init(sk) {}, ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })",
    [['TSCC1002', 'init', 'async is not in the language', 'everything happens at once in the kernel']],
  ],
  [
    "export default structOps<tcp_congestion_ops>({ name: 'x', *init(sk) {}, ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })",
    [['TSCC1002', 'init', 'a generator is not in the language', 'for (const i of range(n)) in the function itself']],
  ],
  [
    "export default structOps<tcp_congestion_ops>({ name: 'x', init(sk, x) {}, ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })",
    [['TSCC2001', 'x', 'there is no x', 'did you mean sk?']],
  ],
  [
    "export default structOps<tcp_congestion_ops>({ name: 'x', pkts_acked(sk, s) { const x = s.rtt }, ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })",
    [['TSCC2002', 'rtt', 'ack_sample has no field rtt', 'did you mean rtt_us?']],
  ],
  [
    "export default structOps<tcp_congestion_ops>({ name: 'x', pkts_acked({ a }) {}, ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })",
    [
      [
        'TSCC1002',
        '{ a }',
        'taking apart is not in the language',
        'a name and a type: key: Key, and key.port in the function',
      ],
    ],
  ],
  [
    "export default structOps<tcp_congestion_ops>({ name: 'x', init(sk = 1) {}, ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })",
    [['TSCC1002', '1', 'a default value of a parameter is not in the language', 'pass it in every call']],
  ],
  [
    "export default structOps<tcp_congestion_ops>({ name: 'x', init(sk?) {}, ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })",
    [['TSCC1002', 'sk?', 'an optional parameter is not in the language', 'sk: u32, which every call gives']],
  ],
  [
    "export default structOps<tcp_congestion_ops>({ name: 'x', ssthresh: tcp_reno_ssthresh, undo_cwnd: () => 2, cong_avoid() {} })",
    [
      [
        'TSCC2101',
        'tcp_reno_ssthresh',
        "expected a function of the program, found one of the kernel's",
        '(sk) => tcp_reno_ssthresh(sk)',
      ],
    ],
  ],
  [
    "export default structOps<tcp_congestion_ops>({ name: 'x', init: 5, ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })",
    [['TSCC2101', '5', 'expected a function, found a number']],
  ],
  [
    "export default structOps<tcp_congestion_ops>({ name: 'x', init: nothing, ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })",
    [['TSCC2001', 'nothing', 'there is no nothing']],
  ],
  [
    "export default structOps<tcp_congestion_ops>({ name: 'x', get init() { return 1 }, ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })",
    [['TSCC1002', 'get init() { return 1 }', 'this member is not in the language', 'init(sk) { … }']],
  ],
  [
    "export default structOps<tcp_congestion_ops>({ name: 'x', ['init'](sk) {}, ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })",
    [['TSCC1002', "['init'](sk) {}", 'this member is not in the language', 'init(sk) { … }']],
  ],
  [
    "export default structOps<tcp_congestion_ops>({ name: 'x', ...others, ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })",
    [['TSCC1002', '...others', 'this member is not in the language', 'init(sk) { … }']],
  ],
  [
    "export default structOps<tcp_congestion_ops>({ name: 'x', init(sk) {}, init(sk) {}, ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })",
    [['TSCC2008', 'init', 'init is there twice']],
  ],
  [
    "export default structOps<tcp_congestion_ops>({ name: 'x', init<T>(sk) {}, ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })",
    [
      [
        'TSCC1002',
        '<T>',
        'a type parameter is not in the language',
        'a function for each type: integers widen by themselves, so that u64 takes all that have no sign',
      ],
    ],
  ],
  [
    "export default structOps<tcp_congestion_ops>({ name: 'x', init(sk: tcp_sock) {}, ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })",
    [['TSCC2101', 'tcp_sock', 'expected sock, found tcp_sock']],
  ],
  [
    "export default structOps<tcp_congestion_ops>({ name: 'x', min_tso_segs(sk) { }, ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })",
    [['TSCC2303', 'min_tso_segs', 'min_tso_segs ends without a value', 'a return at its end, for all ways through it']],
  ],
  [
    "export default structOps<tcp_congestion_ops>({ name: 'x', min_tso_segs(sk) { return }, ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })",
    [['TSCC2101', 'return', 'expected a u32, found nothing']],
  ],
  [
    "export default structOps<tcp_congestion_ops>({ name: 'x', min_tso_segs: (sk) => 'x', ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })",
    [
      [
        'TSCC2101',
        "'x'",
        'expected an integer, found a text',
        "texts are only for names and printk formats: printk('cwnd %u', cwnd)",
      ],
    ],
  ],
  [
    "export default structOps<tcp_congestion_ops>({ name: 'x', init: (sk) => tcp_sk(sk).snd_cwn, ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })",
    [['TSCC2002', 'snd_cwn', 'tcp_sock has no field snd_cwn', 'did you mean snd_cwnd, snd_cwnd_clamp, snd_cwnd_cnt?']],
  ],
  [
    "export default structOps<tcp_congestion_ops>({ name: 'x', init(sk) { return 1 }, ssthresh: () => 2, undo_cwnd: () => 2, cong_avoid() {} })",
    [],
  ],
])('%s', (text, told) => {
  expect(mistakesOf(text === '' || text.includes('export default') ? text : `${text}\n${ops}`, files)).toEqual(told)
})
