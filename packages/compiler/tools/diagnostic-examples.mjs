// A program or a part of one for every row of the compiler's table, which raises exactly that diagnostic.

const fields = Array.from({ length: 14 }, (_, i) => `f${i}: u64`).join('; ')

/** What each diagnostic means, and what raises it. */
export const examples = {
  syntax: { why: 'The file is no TypeScript. The parser says why, and stops at the first.', code: 'const = 1' },
  'not-in-language': {
    why: 'TypeScript, but not in the subset that becomes BPF.',
    code: 'v.a = tp.snd_cwnd * 0.7',
  },
  'no-struct-ops': {
    why: 'A program needs something that it is: the default export, or an exported constant, made by `structOps`.',
    code: 'const BETA = 717\nexport default BETA // no structOps',
  },
  'unknown-name': {
    why: 'No variable, constant, map, enumerator or function has this name.',
    code: 'v.a = mni(v.a, 2)',
  },
  'unknown-field': { why: 'The struct or interface has no such field.', code: 'v.a = tp.snd_cwn' },
  'unknown-type': { why: 'No integer type, interface or kernel struct has this name.', code: 'const x: u23 = 1' },
  'unknown-callback': {
    why: 'The struct_ops has no such callback or field.',
    code: "export default structOps<tcp_congestion_ops>({\n  name: 'example',\n  ssthresh: () => 2,\n  undo_cwnd: () => 2,\n  cong_avoid() {},\n  pkts_ackd(sk) {},\n})",
  },
  'not-a-value': { why: 'It cannot be kept in a variable.', code: "const name = 'vegas'" },
  'unknown-import': {
    why: 'The module exports nothing of this name.',
    code: "import { tcp_sok } from '@tscc/vmlinux'",
  },
  'no-module': {
    why: 'Programs import the language, the kernel, and other `*.bpf.ts` files.',
    code: "import { readFileSync } from 'node:fs'",
  },
  duplicate: { why: 'A name is declared once in its block.', code: 'let x: u32 = 1\nlet x: u32 = 2' },
  'contains-itself': {
    why: 'Its size would have no end; there are no pointers in data of programs.',
    code: 'interface Node { next: Node }',
  },
  'wrong-type': { why: 'Another kind of thing is wanted here.', code: 'tcp_slow_start(sk, 1)' },
  'mixed-signs': {
    why: 'Comparing, dividing and their like give another result with a sign than without.',
    code: 'if (v.c < v.a) v.a = 0',
  },
  narrowing: { why: 'Bits or the sign would be lost.', code: 'v.b = v.a' },
  'literal-range': { why: 'The number is none of the type.', code: 'v.b = 70000' },
  'division-by-zero': { why: 'The divisor is the number 0.', code: 'v.a = v.a / 0' },
  'needs-type': { why: 'Nothing says how wide it is.', code: 'let x' },
  'may-be-null': {
    why: 'What may be null has to be tested on every way to its use.',
    code: 'export const flows = hash<u32, u64>(1024)\n\nconst flow = flows.lookup(1)\nflow.value++',
  },
  'needs-value': { why: 'What is no number has no zero to begin with.', code: 'let first: tcp_sock' },
  'shift-range': { why: 'A shift by the width or more.', code: 'v.a = v.a << 32' },
  arguments: { why: 'Too many or too few.', code: 'v.a = min(v.a)' },
  'not-assignable': { why: 'It is a constant, or no place at all.', code: 'const x: u32 = v.a\nx = 2' },
  recursion: {
    why: 'A function calls itself, perhaps through others.',
    code: 'function f(n: u32): u32 { return n < 2 ? 1 : f(n - 1) }',
  },
  'not-writable': { why: 'The kernel lets programs write a few fields only.', code: 'tp.snd_nxt = 1' },
  'not-everywhere': {
    why: 'Some kernels from 5.10 on lack it, so the program has to ask first.',
    code: 'v.a = tp.accecn_minlen',
  },
  'missing-callback': {
    why: 'The kernel registers no algorithm without it.',
    code: "export default structOps<tcp_congestion_ops>({ name: 'example', ssthresh: () => 2, cong_avoid() {} })",
  },
  'bad-name': {
    why: 'The name that the algorithm is registered under.',
    code: "export default structOps<tcp_congestion_ops>({\n  name: 'my congestion control',\n  ssthresh: () => 2,\n  undo_cwnd: () => 2,\n  cong_avoid() {},\n})",
  },
  'refused-callback': {
    why: "The kernel's own modules may have it, programs may not.",
    code: "export default structOps<tcp_congestion_ops>({\n  name: 'example',\n  ssthresh: () => 2,\n  undo_cwnd: () => 2,\n  cong_avoid() {},\n  get_info() {},\n})",
  },
  'private-size': {
    why: 'The state of a connection lies within the socket.',
    code: `interface Big { ${fields} }\n\ninet_csk_ca<Big>(sk).f0 = 1`,
  },
  stack: {
    why: 'All local records and arrays of a function, and what it cannot keep in registers.',
    code: 'const samples: FixedArray<u64, 100> = []\nfor (const i of range(100)) samples[i] = i\nfor (const i of range(100)) v.d += samples[i]',
  },
  'missing-return': {
    why: 'Some way through the function gives no value.',
    code: 'function half(n: u32): u32 { if (n > 1) return n / 2 }',
  },
  'out-of-bounds': { why: 'The array has no such element.', code: 'v.e[4] = 1' },
  'unbounded-index': {
    why: 'The verifier has to see that an index is within the array.',
    code: 'const a: FixedArray<u32, 8> = []\nv.a = a[v.a]',
  },
  'unbounded-loop': {
    why: 'The verifier walks through every round, up to a million instructions, and must see an end.',
    code: 'for (let i: u32 = 0; i < tp.snd_cwnd; i++) v.a += i',
  },
  'endless-loop': { why: 'Nothing leaves the loop.', code: 'while (true) v.a++' },
  'too-many-rounds': {
    why: 'It ends, but beyond what the verifier follows.',
    code: 'for (const i of range(1000000)) v.a += i',
  },
  'too-long': {
    why: 'Functions are put in the place of their calls: what calls another eight times, five deep, is too much.',
    code: 'function one(n: u32): u32 { return n * n + (n >> 3) }\nfunction two(n: u32): u32 { return one(n) + one(n) + one(n) + one(n) + one(n) + one(n) + one(n) + one(n) }\nfunction three(n: u32): u32 { return two(n) + two(n) + two(n) + two(n) + two(n) + two(n) + two(n) + two(n) }\nfunction four(n: u32): u32 { return three(n) + three(n) + three(n) + three(n) + three(n) + three(n) + three(n) + three(n) }\nfunction five(n: u32): u32 { return four(n) + four(n) + four(n) + four(n) + four(n) + four(n) + four(n) + four(n) }',
  },
  'not-given-back': {
    why: 'What a callback is handed to keep, or takes from the kernel, it owns: on every way it goes back, into a map, or is the result.',
    code: "import { structOps } from '@tscc/bpf'\nimport { bpf_kfree_skb, bpf_qdisc_skb_drop, type Qdisc_ops } from '@tscc/vmlinux/Qdisc_ops'\nexport default structOps<Qdisc_ops>({\n  id: 'mine',\n  enqueue(skb, sch, to_free) {\n    if (skb.len > 1500) return 1\n    bpf_qdisc_skb_drop(skb, to_free)\n    return 1\n  },\n  dequeue: () => null,\n  init: () => 0,\n  reset() {},\n  destroy() {},\n})",
  },
  'given-away': {
    why: 'What was given away is somebody else’s, who may have freed it.',
    code: "import { structOps } from '@tscc/bpf'\nimport { bpf_kfree_skb, bpf_qdisc_skb_drop, type Qdisc_ops } from '@tscc/vmlinux/Qdisc_ops'\nexport default structOps<Qdisc_ops>({\n  id: 'mine',\n  enqueue(skb, sch, to_free) {\n    bpf_qdisc_skb_drop(skb, to_free)\n    if (skb.len > 1500) return 0\n    return 1\n  },\n  dequeue: () => null,\n  init: () => 0,\n  reset() {},\n  destroy() {},\n})",
  },
  'not-owned': {
    why: 'What the program only looks at is not its own to give away.',
    code: "import { structOps } from '@tscc/bpf'\nimport { bpf_kfree_skb, bpf_qdisc_skb_drop, type Qdisc_ops } from '@tscc/vmlinux/Qdisc_ops'\nexport default structOps<Qdisc_ops>({\n  id: 'mine',\n  enqueue(skb, sch, to_free) {\n    bpf_kfree_skb(sch.gso_skb.next)\n    bpf_qdisc_skb_drop(skb, to_free)\n    return 1\n  },\n  dequeue: () => null,\n  init: () => 0,\n  reset() {},\n  destroy() {},\n})",
  },
  'may-sleep': {
    why: 'Functions that may sleep are for programs that may: `sleepable(…)` around the callback, where the kernel takes that.',
    code: "import { structOps } from '@tscc/bpf'\nimport { type sched_ext_ops, scx_bpf_create_dsq } from '@tscc/vmlinux/sched_ext_ops'\nexport default structOps<sched_ext_ops>({\n  name: 'mine',\n  init: () => scx_bpf_create_dsq(0, -1),\n})",
  },
  'never-sleeps': {
    why: 'The kernel calls most callbacks where nothing may wait, and takes no program for them that could.',
    code: "import { sleepable, structOps } from '@tscc/bpf'\nimport type { sched_ext_ops } from '@tscc/vmlinux/sched_ext_ops'\nexport default structOps<sched_ext_ops>({\n  name: 'mine',\n  tick: sleepable(() => {}),\n})",
  },
  'too-large': { why: 'Nothing in the kernel has room for so much.', code: 'const a: FixedArray<u64, 10000000> = []' },
}
