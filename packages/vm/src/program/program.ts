import { DEPTH, FUEL, TWO_32 } from '../memory/layout.ts'
import type { Region } from '../memory/memory.ts'
import type { Runtime } from '../runtime.ts'
import { vmErrors } from '../vm-errors.ts'
import type { BoundProgram, Executable } from './bound-program.ts'
import { guarded } from './guarded.ts'

/** What came of a run. */
export interface RunResult {
  readonly r0: bigint
  /** Instructions executed, those of called functions included, those of the host not. */
  readonly insns: number
}

/** A program that a machine can run; faults are thrown, and leave the machine good for the next run. */
export interface VmProgram {
  readonly name: string
  /** What runs it. */
  readonly engine: Engine
  /** Run with up to five arguments in r1 to r5, taken modulo 2^64. */
  run(...values: readonly (number | bigint)[]): RunResult
  /** The same, quickly: arguments are signed numbers or addresses; gives the low 32 bits of r0, unsigned. */
  call(r1?: number, r2?: number, r3?: number, r4?: number, r5?: number): number
  /**
   * The same for programs that find their arguments behind r1, one in 8 bytes each, as struct_ops, fentry and raw tracepoints
   * do: any number of them.
   */
  callback(...values: readonly number[]): number
}

/** `jit` translates to WebAssembly, `interpreter` takes one instruction at a time. */
export type Engine = 'jit' | 'interpreter'

const MAX_ARGUMENTS = 12
const NO_ARGUMENT = 0

/** Where arguments of a callback are put, and how many of them were not 0 before. */
interface Context {
  readonly address: number
  readonly view: DataView
  used: number
}

const contextOf = ({ address, view }: Region): Context => ({ address, view, used: 0 })

/** Wrap a translated program into what makes a run safe for the machine: budget, frames, faults. */
export function programOf(
  runtime: Runtime,
  bound: BoundProgram,
  executable: Executable,
  options: { readonly engine: Engine; readonly budget: number; readonly context: (nesting: number) => Region },
): VmProgram {
  const { memory } = runtime
  const { view } = memory
  const { budget, engine } = options
  const running = { program: bound, budget }
  const run = <Result>(body: () => Result): Result => guarded(runtime, running, body)
  const contexts: Context[] = []
  const contextAt = (nesting: number): Context => {
    const found = contexts[nesting] ?? contextOf(options.context(nesting))
    contexts[nesting] = found
    return found
  }
  return {
    name: bound.name,
    engine,
    run(...values) {
      const wide = values.map((value) => BigInt.asUintN(64, BigInt(value)))
      return run(() => {
        const r0 = executable.callWide(0, wide)
        return { r0: BigInt.asUintN(64, r0), insns: budget - view.getInt32(FUEL, true) }
      })
    },
    call: (r1 = NO_ARGUMENT, r2 = NO_ARGUMENT, r3 = NO_ARGUMENT, r4 = NO_ARGUMENT, r5 = NO_ARGUMENT) =>
      run(() => executable.call(0, r1, r2, r3, r4, r5) >>> 0),
    callback(...values) {
      if (values.length > MAX_ARGUMENTS)
        throw vmErrors.make('bad-size', { what: bound.name, size: values.length, expected: MAX_ARGUMENTS })
      const context = contextAt(view.getUint32(DEPTH, true))
      for (let i = 0; i < Math.max(values.length, context.used); i++) {
        const value = values[i] ?? NO_ARGUMENT
        context.view.setInt32(8 * i, value, true)
        context.view.setInt32(8 * i + 4, Math.floor(value / TWO_32), true)
      }
      context.used = values.length
      return run(() => executable.call(0, context.address, 0, 0, 0, 0) >>> 0)
    },
  }
}

/** Bytes of a context of arguments. */
export const contextSize: number = 8 * MAX_ARGUMENTS
