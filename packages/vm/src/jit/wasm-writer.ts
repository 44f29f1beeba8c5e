import { wasm, wasmType } from './opcodes.ts'

/** Instructions of one WebAssembly function, appended one by one. */
export interface CodeWriter {
  readonly bytes: number[]
  op(...opcodes: readonly number[]): void
  /** An opcode with an unsigned index: local, function or label. */
  index(opcode: number, index: number): void
  i32(value: number): void
  i64(value: bigint): void
  /** A load or store; `align` is a power of two. */
  memory(opcode: number, align: number, offset: number): void
}

/** Unsigned LEB128. */
export function unsignedLeb(value: number, into: number[]): void {
  let rest = value
  while (rest >= 0x80) {
    into.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  into.push(rest)
}

/** Signed LEB128. */
function signedLeb(value: bigint, into: number[]): void {
  let rest = value
  for (;;) {
    const low = Number(rest & 0x7fn)
    rest >>= 7n
    if ((rest === 0n && low < 0x40) || (rest === -1n && low >= 0x40)) {
      into.push(low)
      return
    }
    into.push(low | 0x80)
  }
}

function smallSignedLeb(value: number, into: number[]): void {
  let rest = value | 0
  for (;;) {
    const low = rest & 0x7f
    rest >>= 7
    if ((rest === 0 && low < 0x40) || (rest === -1 && low >= 0x40)) {
      into.push(low)
      return
    }
    into.push(low | 0x80)
  }
}

/** An empty function body. */
export function codeWriter(): CodeWriter {
  const bytes: number[] = []
  return {
    bytes,
    op: (...opcodes) => {
      for (const opcode of opcodes) bytes.push(opcode)
    },
    index(opcode, index) {
      bytes.push(opcode)
      unsignedLeb(index, bytes)
    },
    i32(value) {
      bytes.push(wasm.i32Const)
      smallSignedLeb(value, bytes)
    },
    i64(value) {
      bytes.push(wasm.i64Const)
      signedLeb(BigInt.asIntN(64, value), bytes)
    },
    memory(opcode, align, offset) {
      bytes.push(opcode)
      unsignedLeb(align, bytes)
      unsignedLeb(offset, bytes)
    },
  }
}

/** Types of parameters and results. */
export interface Signature {
  readonly parameters: readonly number[]
  readonly results: readonly number[]
}

/** A module of functions over an imported memory. */
export interface ModuleSpec {
  readonly imports: readonly { readonly name: string; readonly signature: Signature }[]
  readonly functions: readonly {
    readonly signature: Signature
    /** Types of its locals behind the parameters. */
    readonly locals: readonly number[]
    readonly code: readonly number[]
    readonly exported?: string
  }[]
  readonly pages: number
}

/** Encode a module (core specification, section 5.5): memory is imported as `h.memory`, functions from `h` too. */
export function encodeModule({ imports, functions, pages }: ModuleSpec): Uint8Array {
  const types: string[] = []
  const typeOf = ({ parameters, results }: Signature): number => {
    const key = [wasmType.func, parameters.length, ...parameters, results.length, ...results].join(' ')
    const found = types.indexOf(key)
    return found < 0 ? types.push(key) - 1 : found
  }
  const importTypes = imports.map(({ signature }) => typeOf(signature))
  const functionTypes = functions.map(({ signature }) => typeOf(signature))
  const out = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
  section(
    out,
    1,
    types.map((key) => key.split(' ').map(Number)),
  )
  section(out, 2, [
    [...text('h'), ...text('memory'), 2, 0, ...leb(pages)],
    ...imports.map(({ name }, i) => [...text('h'), ...text(name), 0, ...leb(importTypes[i] ?? 0)]),
  ])
  section(out, 3, functionTypes.map(leb))
  section(
    out,
    7,
    functions.flatMap(({ exported }, i) =>
      exported === undefined ? [] : [[...text(exported), 0, ...leb(imports.length + i)]],
    ),
  )
  section(
    out,
    10,
    functions.map(({ locals, code }) => {
      const head: number[] = []
      unsignedLeb(locals.length, head)
      for (const type of locals) head.push(1, type)
      const body: number[] = []
      unsignedLeb(head.length + code.length + 1, body)
      append(body, head)
      append(body, code)
      body.push(wasm.end)
      return body
    }),
  )
  return Uint8Array.from(out)
}

function leb(value: number): number[] {
  const bytes: number[] = []
  unsignedLeb(value, bytes)
  return bytes
}

/** Names here are ASCII. */
const text = (name: string): number[] => [...leb(name.length), ...[...name].map((letter) => letter.charCodeAt(0))]

/** Longer arrays than a spread can take. */
function append(to: number[], from: readonly number[]): void {
  for (const byte of from) to.push(byte)
}

function section(out: number[], id: number, items: readonly (readonly number[])[]): void {
  const body = leb(items.length)
  for (const item of items) append(body, item)
  out.push(id, ...leb(body.length))
  append(out, body)
}
