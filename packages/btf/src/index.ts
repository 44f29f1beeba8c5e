export { type Btf, kindOf, nameOf, type ParseBtfOptions, parseBtf, typeCount } from './btf.ts'
export { btfErrors } from './btf-errors.ts'
export { type BuildBtfOptions, buildBtf } from './build.ts'
export { cTagsOf } from './c-names.ts'
export { type DeclareCOptions, declareC } from './declare-c.ts'
export { type DeclareTsOptions, declareTs } from './declare-ts.ts'
export { diffBtf, isInDiff, type MemberDifference, type TypeDifference } from './diff.ts'
export { isElf, parseBtfElf } from './elf.ts'
export { encodeBtf } from './encode.ts'
export { type ExtractBtfOptions, extractBtf } from './extract.ts'
export { type FindEveryOptions, findEveryType, findType, findTypes, requireType, type TypeQuery } from './find.ts'
export type { BtfKind } from './kinds.ts'
export { type LoadableBtfOptions, loadableBtf } from './loadable.ts'
export { membersOf } from './members.ts'
export { type DatasecPlaces, placeDatasecs } from './place-datasec.ts'
export {
  type DeclTag,
  declTags,
  enumValues,
  type FuncProto,
  funcProto,
  kfuncs,
  type NamedType,
  type StructOpsType,
  structOpsTypes,
  typesOfKind,
} from './query.ts'
export { rawText } from './raw-text.ts'
export { mapTypeIds, referencesOf, sortTypes } from './references.ts'
export { type FieldLocation, resolveField } from './resolve-field.ts'
export { alignOf, sizeOf, skipModifiers } from './sizes.ts'
export { type ArgumentName, argumentName } from './struct-ops/argument-name.ts'
export { argumentIndex, type CallbackArgument } from './struct-ops/callback-argument.ts'
export { callbackSignatures, structOpsStubs } from './struct-ops/callback-signatures.ts'
export { canCallKfuncs } from './struct-ops/can-call-kfuncs.ts'
export { type KfuncRules, kfuncRules, memorySizeParameter, takesOneNumber } from './struct-ops/kfunc-rules.ts'
export {
  type CallbackParameter,
  type CallbackSignature,
  type StructOpsLayout,
  type StructOpsMember,
  signatureText,
} from './struct-ops/layout.ts'
export { pointeesOf, structOpsLayout, structOpsNames } from './struct-ops/struct-ops-layout.ts'
export {
  CONTEXT_WRITABLE,
  type StructOpsRules,
  structOpsRules,
  type WritableFields,
} from './struct-ops/struct-ops-rules.ts'
export { type TypeFinder, typeFinder } from './type-finder.ts'
export { typeOf, typeOfKind } from './type-of.ts'
export { typeText } from './type-text.ts'
export type {
  BtfComposite,
  BtfEnumValue,
  BtfLinkage,
  BtfMember,
  BtfParam,
  BtfSecVar,
  BtfType,
  BtfTypeOf,
} from './types.ts'
