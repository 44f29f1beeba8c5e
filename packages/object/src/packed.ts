export { packObject, unpackObject } from './link/packed-object.ts'
