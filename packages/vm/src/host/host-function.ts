import type { VmMap } from '../maps/map.ts'
import type { Region } from '../memory/memory.ts'

/**
 * What a parameter is to the host: the 32-bit types and `pointer` (a guest address, below 2^53 where it is good) are numbers,
 * the 64-bit ones bigints. Numbers are much cheaper.
 */
export type ParameterType = 'u32' | 's32' | 'u64' | 's64' | 'pointer'
/** What a result is; `void` leaves 0 in r0. An `s32` is sign-extended. */
export type ResultType = ParameterType | 'void'

/** The JavaScript type of a parameter or result. */
export type HostValue<Type extends ResultType> = Type extends 'u64' | 's64'
  ? bigint
  : Type extends 'void'
    ? undefined
    : number
/** The JavaScript types of parameters. */
export type HostValues<Types extends readonly ParameterType[]> = { [Index in keyof Types]: HostValue<Types[Index]> }

/** What a helper or kfunc may use of the machine while it runs. Every method throws the fault of the running instruction. */
export interface HostCall {
  /** Bytes of guest memory, not a copy: `vm/bad-access` unless all of them may be accessed so. */
  bytes(address: number, size: number, access: 'read' | 'write'): Uint8Array
  /** The same for reads, or undefined. */
  readable(address: number, size: number): Uint8Array | undefined
  /** Give bytes an address while `body` runs, which gets it; changes are lost. */
  withBytes<Result>(name: string, bytes: Uint8Array, body: (address: number) => Result): Result
  /** The map that an address stands for; `vm/bad-argument` if none. */
  map(address: number): VmMap
  /** The region that an address points into or beside; `vm/bad-argument` if none. */
  region(address: number): { readonly region: Region; readonly offset: number }
  /** Call a function of the program by its address; arguments are signed or addresses. Gives the low half of r0, unsigned. */
  call(address: number, ...values: readonly number[]): number
  /** Nanoseconds by the machine's clock. */
  now(): bigint
  /** 32 random bits of the machine's source. */
  random(): number
  /** Text for the machine's trace. */
  trace(text: string): void
  /** The fault of an argument that is not what it has to be, to be thrown. */
  badArgument(what: string, value: number | bigint): Error
}

/** A helper or kfunc. */
export interface HostFunction {
  readonly parameters: readonly ParameterType[]
  readonly returns: ResultType
  readonly run: (call: HostCall, ...values: readonly never[]) => number | bigint | undefined
}

/** Declare a helper or kfunc: at most five parameters, values typed by them. */
export function hostFunction<const Types extends readonly ParameterType[], Result extends ResultType>(
  parameters: Types,
  returns: Result,
  run: (call: HostCall, ...values: HostValues<Types>) => Result extends 'void' ? void : HostValue<Result>,
): HostFunction {
  // The engines pass what `parameters` says
  return { parameters, returns, run: run as HostFunction['run'] }
}

/** The value of a register as a parameter: what both engines agree on. */
export function fromRegister(type: ParameterType, value: bigint): number | bigint {
  switch (type) {
    case 'u32':
      return Number(BigInt.asUintN(32, value))
    case 's32':
      return Number(BigInt.asIntN(32, value))
    case 'u64':
      return BigInt.asUintN(64, value)
    case 's64':
      return BigInt.asIntN(64, value)
    case 'pointer':
      return Number(BigInt.asUintN(64, value))
    default:
      return type satisfies never
  }
}

/** What a result leaves in r0. */
export function toRegister(type: ResultType, value: number | bigint | undefined): bigint {
  if (type === 'void' || value === undefined) return 0n
  const whole = typeof value === 'bigint' ? value : BigInt(Number.isFinite(value) ? Math.trunc(value) : 0)
  if (type === 'u32') return BigInt.asUintN(32, whole)
  if (type === 's32') return BigInt.asUintN(64, BigInt.asIntN(32, whole))
  return BigInt.asUintN(64, whole)
}
