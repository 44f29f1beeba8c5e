export { type CacheFile, cacheFile } from './cache-file.ts'
