import type { MachineMap } from '../maps/map.ts'
import {
  type HostCall,
  type HostFunction,
  type HostValue,
  type HostValues,
  hostFunction,
  type ParameterType,
  type ResultType,
} from './host-function.ts'

/** What the machine's own helpers may use beyond {@link HostCall}. */
export interface MachineCall extends HostCall {
  map(address: number): MachineMap
  /** Keep in mind which ring buffer a reserved record is of. */
  reserved(record: number, map: MachineMap): void
  /** Make a reserved record visible or drop it; whether it was one. */
  committed(record: number, discard: boolean): boolean
}

/** Declare one of the machine's own helpers, as {@link hostFunction} does. */
export function machineFunction<const Types extends readonly ParameterType[], Result extends ResultType>(
  parameters: Types,
  returns: Result,
  run: (call: MachineCall, ...values: HostValues<Types>) => Result extends 'void' ? void : HostValue<Result>,
): HostFunction {
  // Every machine calls with a MachineCall
  return hostFunction(parameters, returns, (call, ...values) => run(call as MachineCall, ...values))
}
