import { compile } from '@tscc/compiler'

/** A program whose `ssthresh` has these statements, with `tp`, private state `v: V` and what is declared before. */
export const inCallback = (body: string, before = ''): string =>
  `${before}interface V { a: u32; b: u16; c: s32; d: u64; e: FixedArray<u32, 4>; f: u8 }
export default structOps<tcp_congestion_ops>({
  name: 'x',
  ssthresh(sk) {
    const tp = tcp_sk(sk)
    const v = inet_csk_ca<V>(sk)
    ${body}
    return tp.snd_cwnd
  },
  undo_cwnd: () => 2,
  cong_avoid() {},
})
`

/** What programs of the tests have around: maps, a tunable, a global, functions. */
export const declared = `interface Big { x: FixedArray<u64, 14> }
interface Key { addr: u32; port: u16 }
export const flows = hash<u32, u64>(8)
export const events = ringbuf<Key>(4096)
export const alpha = tunable<u32>(3)
export const losses = global<u64>(0)
function f0(): void { losses.value = 0 }
function f1(x: u32): u32 { return x }
function f4(a: u64, b: u32, c: Key, d: u32): void { losses.value = a + b + c.port + d }
function send(record: Key): void { events.submit(record) }
`

/** Code, marked text, message and help of each diagnostic of a module. */
export function mistakesOf(
  text: string,
  files: Readonly<Record<string, string>> = {},
): readonly (readonly [code: string, marked: string, message: string, help?: string])[] {
  const read = (specifier: string) => {
    const found = files[specifier]
    return found === undefined ? undefined : { fileName: specifier, text: found }
  }
  return compile(text, { read }).diagnostics.map(({ code, file, span, message, help }) => [
    code,
    (files[file] ?? text).slice(span.start, span.end),
    message,
    ...(help === undefined ? ([] as const) : ([help] as const)),
  ])
}
