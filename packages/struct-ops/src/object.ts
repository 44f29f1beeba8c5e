export { type LocalBtf, type LocalEnumerator, type LocalField, localBtf } from './object/local-btf.ts'
export { renameObject } from './object/rename-object.ts'
export {
  licenseVariable,
  type SpecToObjectOptions,
  specToObject,
  structOpsSection,
  structOpsValue,
  type ValuePlace,
} from './object/spec-to-object.ts'
