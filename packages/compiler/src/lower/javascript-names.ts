/** What to write in the place of names that every JavaScript program has. */
const INSTEAD: Readonly<Record<string, string>> = {
  'Math.min': 'min(a, b)',
  'Math.max': 'max(a, b)',
  'Math.abs': 'abs(x)',
  'Math.floor': 'nothing: / rounds towards zero already',
  'Math.trunc': 'nothing: / rounds towards zero already',
  'Math.round': '(a + b / 2) / b',
  'Math.ceil': '(a + b - 1) / b',
  'Math.pow': 'x * x, or 1 << n for a power of two',
  'Math.random': 'bpf_get_prandom_u32()',
  'Date.now': 'bpf_ktime_get_ns()',
  'performance.now': 'bpf_ktime_get_ns()',
  Math: 'min, max, abs and clamp of @tscc/bpf',
  Date: 'bpf_ktime_get_ns()',
  performance: 'bpf_ktime_get_ns()',
  console: "printk('cwnd %u', cwnd)",
  process: "a program in the kernel has no process: import the file's maps and globals from Node",
  Number: 'a cast to an integer type: u32(x)',
  parseInt: 'a cast to an integer type: u32(x)',
  BigInt: 'u64(x)',
  Boolean: 'x !== 0',
  String: "texts are only for names and printk formats: printk('%u', x)",
  Object: 'an interface, and its fields by name',
  Array: 'const a: FixedArray<u32, 4> = [1, 2, 3, 4]',
  Map: 'a map at the top of the module: hash<u32, u64>(1024)',
  Set: 'a map at the top of the module: hash<u32, u8>(1024)',
  JSON: 'ringbuf<Event>(4096) hands records to user space',
  NaN: 'integers have no such value',
  Infinity: 'the greatest value of the type: 0xffffffff',
  Error: 'return early: there are no exceptions',
  Promise: 'everything happens at once in the kernel',
  setTimeout: 'compare times: bpf_ktime_get_ns() - v.last > interval',
  setInterval: 'compare times: bpf_ktime_get_ns() - v.last > interval',
  fetch: 'ringbuf<Event>(4096) hands records to user space',
  require: "import { name } from './file.bpf.ts'",
  globalThis: 'a let of the module',
}

/** What stands for a name of JavaScript's own; undefined where it is none. */
export function insteadOfJavaScript(name: string, member?: string): string | undefined {
  const whole = member === undefined ? name : `${name}.${member}`
  return Object.hasOwn(INSTEAD, whole) ? INSTEAD[whole] : Object.hasOwn(INSTEAD, name) ? INSTEAD[name] : undefined
}
