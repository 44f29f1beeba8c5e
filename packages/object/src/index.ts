export type {
  ArgumentRef,
  BpfObject,
  CoreKind,
  CoreRelocation,
  LineInfo,
  ObjectExtern,
  ObjectFunction,
  ObjectMap,
  ObjectStructOps,
  ObjectVariable,
  Relocation,
} from './model.ts'
