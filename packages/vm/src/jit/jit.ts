import type { HostCall, HostFunction, ParameterType, ResultType } from '../host/host-function.ts'
import { FUEL } from '../memory/layout.ts'
import { accessOf } from '../program/access-of.ts'
import type { BoundCall, BoundProgram, Executable } from '../program/bound-program.ts'
import type { Runtime } from '../runtime.ts'
import { vmErrors } from '../vm-errors.ts'
import { swapBody } from './arithmetic.ts'
import { type Callees, emitFunction } from './emit-function.ts'
import { localTypes } from './locals.ts'
import { wasm, wasmMisc, wasmType } from './opcodes.ts'
import { type CodeWriter, codeWriter, encodeModule, type Signature } from './wasm-writer.ts'

const { i32, i64, f64 } = wasmType
const wide: Signature = { parameters: [i64, i64, i64, i64, i64], results: [i64] }
const narrow: Signature = { parameters: [f64, f64, f64, f64, f64], results: [i32] }
const callback: Signature = { parameters: [f64, i32, f64, f64, f64, f64], results: [i32] }

const typeOf = (type: ParameterType): number => (type === 'pointer' ? f64 : type.endsWith('64') ? i64 : i32)
const signatureOf = ({ parameters, returns }: HostFunction): Signature => ({
  parameters: parameters.map(typeOf),
  results: returns === 'void' ? [] : [typeOf(returns)],
})

type Body = (...values: readonly (number | bigint)[]) => number | bigint | undefined

/**
 * Translate a program to a WebAssembly module, a function for each of its own, over the machine's memory.
 *
 * Registers are i64 locals; every access goes through the region table unless it certainly is in the frame; calls of the
 * host are imports. Throws `vm/jit` where WebAssembly refuses, which is for programs of absurd size.
 */
export function jitOf(program: BoundProgram, runtime: Runtime, budget: number): Executable {
  const { memory } = runtime
  const fixed: readonly { readonly signature: Signature; readonly run: Body }[] = [
    { signature: { parameters: [i32, i64], results: [] }, run: faultOf(program, runtime) },
    {
      signature: { parameters: [i32], results: [] },
      run: (slot) => {
        throw runtime.budgetFault(Number(slot))
      },
    },
    {
      signature: { parameters: [], results: [] },
      run: () => {
        throw runtime.depthFault()
      },
    },
    {
      signature: { parameters: [i32, i32], results: [f64] },
      run: (offset, size) => runtime.packet(Number(offset), Number(size)),
    },
    {
      signature: { parameters: [i64, f64, i32], results: [i64] },
      run: (context, map, index) =>
        runtime.tailCall(BigInt.asUintN(64, BigInt(context ?? 0n)), Number(map), Number(index) >>> 0) ?? 0n,
    },
  ]
  const hosts = [...new Set([...program.calls.values()].filter(({ tail }) => !tail).map(({ host }) => host))]
  const imports = [
    ...fixed,
    ...hosts.map((host) => ({ signature: signatureOf(host), run: hostBody(host, runtime.host) })),
  ]
  const first = imports.length
  const callees: Callees = {
    ...{ fault: 0, budget: 1, depth: 2, packet: 3, tail: 4 },
    host: ({ host }: BoundCall) => fixed.length + hosts.indexOf(host),
    local: (fn) => first + fn,
    swap: first + 2 * program.functions.length + 1,
  }
  const swap = codeWriter()
  swapBody(swap)
  const code = encodeModule({
    pages: memory.bytes.length / 65536,
    imports: imports.map(({ signature }, i) => ({ name: `i${i}`, signature })),
    functions: [
      ...program.functions.map((fn, i) => ({
        ...{ signature: wide, locals: localTypes, exported: `w${i}` },
        code: emitFunction(program, fn, callees),
      })),
      ...program.functions.map((_, i) => ({
        ...{ signature: narrow, locals: [], exported: `n${i}` },
        code: wrapper(callees.local(i)),
      })),
      { signature: callback, locals: [], exported: 'enter', code: callbackBody(callees.local(0), budget) },
      { signature: { parameters: [i64], results: [i64] }, locals: [], code: swap.bytes },
    ],
  })
  const functions = Object.fromEntries(imports.map(({ run }, i) => [`i${i}`, run]))
  const exported = instantiate(program.name, code, { memory: memory.wasm, ...functions })
  // What the module exports under these names has these types: it was written just above
  const wides = program.functions.map((_, i) => exported[`w${i}`] as (...values: readonly bigint[]) => bigint)
  const narrows = program.functions.map((_, i) => exported[`n${i}`] as (...values: readonly number[]) => number)
  const enter = exported.enter as Executable['enter']
  return {
    enter,
    call: (fn, r1, r2, r3, r4, r5) => narrows[fn]?.(r1, r2, r3, r4, r5) ?? 0,
    callWide(fn, [r1 = 0n, r2 = 0n, r3 = 0n, r4 = 0n, r5 = 0n]) {
      return wides[fn]?.(r1, r2, r3, r4, r5) ?? 0n
    },
  }
}

function instantiate(name: string, code: Uint8Array, imports: Readonly<Record<string, unknown>>) {
  try {
    return new WebAssembly.Instance(new WebAssembly.Module(code), { h: imports }).exports
  } catch (error) {
    throw vmErrors.make('jit', { program: name }, error)
  }
}

/** Push a parameter that is a number as a register has it. */
function pushNumber(code: CodeWriter, parameter: number): void {
  code.index(wasm.localGet, parameter)
  code.op(wasm.misc, wasmMisc.i64TruncSatF64S)
}

/** From numbers to registers and back. */
function wrapper(callee: number): readonly number[] {
  const code = codeWriter()
  for (let parameter = 0; parameter < 5; parameter++) pushNumber(code, parameter)
  code.index(wasm.call, callee)
  code.op(wasm.i32WrapI64)
  return code.bytes
}

/** {@link Executable.enter}: here its few stores cost less than the host's would. */
function callbackBody(callee: number, budget: number): readonly number[] {
  const code = codeWriter()
  for (let argument = 0; argument < 4; argument++) {
    code.index(wasm.localGet, 1)
    pushNumber(code, 2 + argument)
    code.memory(wasm.i64Store, 3, 8 * argument)
  }
  code.i32(0)
  code.i32(budget)
  code.memory(wasm.i32Store, 2, FUEL)
  pushNumber(code, 0)
  for (let parameter = 1; parameter < 5; parameter++) code.i64(0n)
  code.index(wasm.call, callee)
  code.op(wasm.i32WrapI64)
  return code.bytes
}

function faultOf(program: BoundProgram, runtime: Runtime): Body {
  return (slot, address) => {
    const insn = program.insns[program.slots.indexOf(Number(slot))]
    const { size, access } = (insn === undefined ? undefined : accessOf(insn)) ?? { size: 0, access: 'read' as const }
    throw runtime.accessFault(Number(slot), BigInt.asUintN(64, BigInt(address ?? 0)), size, access)
  }
}

/** What WebAssembly passes, as the parameters say: it has no unsigned numbers. */
function hostBody({ parameters, returns, run }: HostFunction, call: HostCall): Body {
  const exact = (type: ParameterType, value: number | bigint | undefined): number | bigint =>
    type === 'u32' ? Number(value) >>> 0 : type === 'u64' ? BigInt.asUintN(64, BigInt(value ?? 0)) : (value ?? 0)
  // The values are what the parameters say
  const body = run as unknown as (
    call: HostCall,
    ...values: readonly (number | bigint)[]
  ) => number | bigint | undefined
  const [a, b, c, d, e] = parameters
  const result = resultOf(returns)
  if (a === undefined) return () => result(body(call))
  if (b === undefined) return (p) => result(body(call, exact(a, p)))
  if (c === undefined) return (p, q) => result(body(call, exact(a, p), exact(b, q)))
  if (d === undefined) return (p, q, r) => result(body(call, exact(a, p), exact(b, q), exact(c, r)))
  if (e === undefined) return (p, q, r, s) => result(body(call, exact(a, p), exact(b, q), exact(c, r), exact(d, s)))
  return (p, q, r, s, t) => result(body(call, exact(a, p), exact(b, q), exact(c, r), exact(d, s), exact(e, t)))
}

/** WebAssembly wants bigints for i64 and throws for anything else. */
function resultOf(type: ResultType): (value: number | bigint | undefined) => number | bigint | undefined {
  if (type === 'u64' || type === 's64') return (value) => (typeof value === 'bigint' ? value : BigInt(value ?? 0))
  return (value) => (typeof value === 'bigint' ? Number(value) : value)
}
