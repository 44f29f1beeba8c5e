import { DEPTH, FUEL } from '../memory/layout.ts'
import type { Region } from '../memory/memory.ts'
import type { Runtime } from '../runtime.ts'
import { vmErrors } from '../vm-errors.ts'
import type { BoundProgram, Executable } from './bound-program.ts'
import { guarded, unwound } from './guarded.ts'

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

/** So many arguments are always written; an array of them would be dearer than most callbacks. */
const FEW = 4

/** Where arguments of a callback are put, and how many beyond those few there were before. */
interface Context {
  readonly address: number
  /** In the linear memory. */
  readonly start: number
  readonly view: DataView
  more: number
}

const contextOf = ({ address, bytes, view }: Region): Context => ({ address, start: bytes.byteOffset, view, more: 0 })

/** What is beyond the few, and zeros where there was something before. */
function putMore(name: string, context: Context, more: readonly number[]): void {
  if (more.length > MAX_ARGUMENTS - FEW)
    throw vmErrors.make('bad-size', { what: name, size: more.length + FEW, expected: MAX_ARGUMENTS })
  for (let i = 0; i < Math.max(more.length, context.more); i++)
    context.view.setBigInt64(8 * (FEW + i), BigInt(Math.trunc(more[i] ?? NO_ARGUMENT)), true)
  context.more = more.length
}

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
  const { enter } = executable
  const running = { program: bound, budget }
  const run = <Result>(body: () => Result): Result => guarded(runtime, running, body)
  const contexts: Context[] = []
  /** Of runs within no other run, which nearly all are. */
  let outermost: Context | undefined
  const contextOfRun = (): Context => {
    const nesting = view.getUint32(DEPTH, true)
    const found = contexts[nesting] ?? contextOf(options.context(nesting))
    contexts[nesting] = found
    if (nesting === 0) outermost = found
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
    call(r1 = NO_ARGUMENT, r2 = NO_ARGUMENT, r3 = NO_ARGUMENT, r4 = NO_ARGUMENT, r5 = NO_ARGUMENT) {
      if (runtime.running !== undefined) return run(() => executable.call(0, r1, r2, r3, r4, r5) >>> 0)
      // All that a run needs while nothing else runs, which is nearly always: `guarded` is dear beside a short program.
      runtime.running = running
      view.setInt32(FUEL, budget, true)
      try {
        return executable.call(0, r1, r2, r3, r4, r5) >>> 0
      } catch (error) {
        throw unwound(runtime, running, 0, error)
      } finally {
        runtime.running = undefined
      }
    },
    callback(first = NO_ARGUMENT, second = NO_ARGUMENT, third = NO_ARGUMENT, fourth = NO_ARGUMENT, ...more) {
      const isOutermost = runtime.running === undefined
      const context = isOutermost && outermost !== undefined ? outermost : contextOfRun()
      if (more.length > 0 || context.more > 0) putMore(bound.name, context, more)
      const { address, start } = context
      if (!isOutermost) return run(() => enter(address, start, first, second, third, fourth) >>> 0)
      runtime.running = running
      try {
        return enter(address, start, first, second, third, fourth) >>> 0
      } catch (error) {
        throw unwound(runtime, running, 0, error)
      } finally {
        runtime.running = undefined
      }
    },
  }
}

/** Bytes of a context of arguments. */
export const contextSize: number = 8 * MAX_ARGUMENTS
