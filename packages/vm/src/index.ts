export {
  type HostCall,
  type HostFunction,
  type HostValue,
  type HostValues,
  hostFunction,
  type ParameterType,
  type ResultType,
} from './host/host-function.ts'
export {
  type LoadedObject,
  type LoadObjectOptions,
  loadObject,
  type MapToLoad,
  type ObjectToLoad,
  type VariableView,
} from './load-object.ts'
export { createMachine, type Machine, type MachineOptions, type ProgramSpec } from './machine.ts'
export type { MapSpec, VmMap } from './maps/map.ts'
export type { Access, Region, RegionSpec } from './memory/memory.ts'
export type { Engine, RunResult, VmProgram } from './program/program.ts'
export { type NumberField, type StructFields, structFields, type WideField } from './struct-fields.ts'
export { vmErrors } from './vm-errors.ts'
