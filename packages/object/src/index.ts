export { explainLink, type LinkExplanation } from './link/explain-link.ts'
export { type LinkOptions, linkObject } from './link/link-object.ts'
export type { LinkedStructOps } from './link/link-struct-ops.ts'
export { type LinkTarget, linkTarget, type TargetFiles } from './link/link-target.ts'
export type { LinkedMap, LinkedObject, LinkedProgram, LoadableObject, Resolutions } from './link/linked-object.ts'
export { fieldAtOffset, fieldOfInstruction, lineAt, linesOf, loopLine } from './link/source-places.ts'
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
export { objectErrors } from './object-errors.ts'
export { type CodeSection, codeSections } from './read/code-sections.ts'
export { readObject } from './read/read-object.ts'
export { relocationTexts } from './relocation-texts.ts'
export {
  type FirstValue,
  firstValues,
  type Variables,
  type VariableValue,
  variablesOf,
  withVariables,
} from './variables.ts'
export { completeBtf, writeObject } from './write/write-object.ts'
