export { type CompiledFile, compileFile, readModule } from './node/compile-file.ts'
