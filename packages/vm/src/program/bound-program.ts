import type { HostFunction } from '../host/host-function.ts'
import type { CheckedProgram } from './check-program.ts'

/** A call of the host, with what it calls. */
export interface BoundCall {
  readonly name: string
  readonly host: HostFunction
  /** The helper that does not come back where it succeeds. */
  readonly tail: boolean
}

/** A program with everything that its instructions name: maps, functions, helpers. */
export interface BoundProgram extends CheckedProgram {
  /** What a wide load gives, by the instruction's index. */
  readonly constants: ReadonlyMap<number, bigint>
  /** What a call of the host calls, by the instruction's index. */
  readonly calls: ReadonlyMap<number, BoundCall>
  /** How often may_goto of one frame goes on. */
  readonly mayGotoBudget: number
  /** Reads of what is not there give 0 instead of a fault. */
  readonly zeroReads: boolean
}

/** A translated program: functions by their number, as `CheckedProgram.functions` counts. */
export interface Executable {
  /** Arguments are signed numbers or addresses; gives the low half of r0, of any sign. */
  call(fn: number, r1: number, r2: number, r3: number, r4: number, r5: number): number
  /**
   * Its first function as a callback, with a fresh budget: four arguments are put into the context, whose address is in r1;
   * the other registers are 0.
   */
  readonly enter: (address: number, start: number, a: number, b: number, c: number, d: number) => number
  callWide(fn: number, values: readonly bigint[]): bigint
}
