// Reads tests of the bpf_conformance suite: sections `-- asm`, `-- raw`, `-- mem`, `-- result`, `-- error`, with its own spelling
// of instructions (`ldxdw %r0, [%r1+8]`).
import { encode, exit, label, placeLabels } from '@tscc/insn'

/** A test as data: `code` is little-endian; `result` or `error` says what is expected; undefined where there is no program. */
export function readSuiteTest(text) {
  const parts = { asm: [], raw: [], mem: [], result: [], error: [] }
  let part
  for (const whole of text.split(/\r?\n/)) {
    const line = whole.replace(/#.*/, '').trim()
    const heading = /^--\s*(.*)/.exec(line)
    if (heading !== null) part = Object.keys(parts).find((name) => heading[1].includes(name))
    else if (line !== '' && part !== undefined) parts[part].push(line)
  }
  const { asm, raw, mem, result, error } = parts
  if (asm.length + raw.length === 0 || result.length + error.length === 0) return undefined
  return {
    code: raw.length > 0 ? rawCode(raw.join(' ').split(/\s+/)) : encode(placeLabels(asmItems(asm))),
    memory: Uint8Array.from(
      mem
        .join(' ')
        .split(/\s+/)
        .filter((byte) => byte !== ''),
      (byte) => Number.parseInt(byte, 16),
    ),
    result: result.length === 0 ? undefined : BigInt(result.at(-1)),
    error: error.at(-1),
  }
}

function rawCode(slots) {
  const view = new DataView(new ArrayBuffer(8 * slots.length))
  for (const [i, slot] of slots.entries()) view.setBigUint64(8 * i, BigInt(slot), true)
  return new Uint8Array(view.buffer)
}

/** `exit` is a label too: of the first exit. */
function asmItems(lines) {
  const items = []
  let exits = 0
  for (const line of lines) {
    const [mnemonic, ...operands] = line.split(/[\s,]+/).filter((word) => word !== '')
    if (mnemonic.endsWith(':')) items.push(label(mnemonic.slice(0, -1)))
    else {
      if (mnemonic === 'exit' && exits++ === 0) items.push(label('exit'))
      items.push(insnOf(mnemonic, operands, line))
    }
  }
  return items
}

const sizes = { b: 'u8', h: 'u16', w: 'u32', dw: 'u64', sb: 's8', sh: 's16', sw: 's32' }
const register = (text) => (/^%r(?:\d|10)$/.test(text) ? text.slice(1) : fail(text))
const number = (text) => Number(text)
const fail = (text) => {
  throw new RangeError(`not understood: ${text}`)
}
/** An immediate may be written as the unsigned number of the same bits. */
const source = (text) => (text.startsWith('%') ? register(text) : number(text) | 0)
const place = (text) => {
  const match = /^\[(%r\d+)([+-](?:0x)?[\da-f]+)?\]$/i.exec(text) ?? fail(text)
  const off = match[2] ?? '+0'
  return { base: register(match[1]), off: (off.startsWith('-') ? -1 : 1) * number(off.slice(1)) }
}
const target = (text) => (/^[+-]/.test(text) ? number(text.replace(/^\+/, '')) : text)

function insnOf(mnemonic, operands, line) {
  const [first, second, third] = operands
  const narrow = mnemonic.endsWith('32')
  const width = narrow ? 32 : 64
  const name = mnemonic.replace(/(?:32|64)$/, '')
  const swap = /^(le|be|b?swap)(16|32|64)$/.exec(mnemonic)
  if (swap !== null)
    return {
      kind: 'swap',
      order: swap[1].endsWith('swap') ? 'bswap' : swap[1],
      bits: number(swap[2]),
      dst: register(first),
    }
  const movsx = /^movsx(8|16|32)(32|64)$/.exec(mnemonic)
  if (movsx !== null)
    return {
      kind: 'movsx',
      bits: number(movsx[1]),
      width: number(movsx[2]),
      dst: register(first),
      src: register(second),
    }
  switch (name) {
    case 'exit':
      return exit()
    case 'lddw':
      return { kind: 'ldImm64', dst: register(first), source: 'value', value: BigInt.asIntN(64, BigInt(second)) }
    case 'ja':
      return { kind: narrow ? 'ja32' : 'ja', target: target(first) }
    case 'call':
      if (first === 'local') return { kind: 'callFunc', target: target(second) }
      return { kind: 'callHelper', helper: number(operands.at(-1)) }
    case 'neg':
      return { kind: 'neg', width, dst: register(first) }
    case 'lock': {
      const fetch = first === 'fetch'
      const [op, at, src] = fetch ? operands.slice(1) : operands
      const size = op.endsWith('32') ? 'u32' : 'u64'
      return {
        kind: 'atomic',
        size,
        op: `${fetch ? 'fetch_' : ''}${op.replace('32', '')}`,
        ...place(at),
        src: register(src),
      }
    }
  }
  const load = /^ldx(s?[bhw]|dw)$/.exec(mnemonic)
  if (load !== null) return { kind: 'load', size: sizes[load[1]], dst: register(first), ...place(second) }
  const store = /^st(x?)([bhw]|dw)$/.exec(mnemonic)
  if (store !== null) return { kind: 'store', size: sizes[store[2]], ...place(first), src: source(second) }
  if (/^j/.test(name))
    return { kind: 'jump', width, op: name, dst: register(first), src: source(second), target: target(third) }
  if (operands.length !== 2) fail(line)
  return { kind: 'alu', width, op: name, dst: register(first), src: source(second) }
}
