export { type SpecToObjectOptions, specToObject } from './object/spec-to-object.ts'
