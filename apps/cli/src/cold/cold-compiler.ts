import { compileFile } from '@tscc/compiler/node'
import { writeObject } from '@tscc/object'

/** An object file, and what there is to say of it. */
export interface ColdBuild {
  readonly bytes: Uint8Array
  readonly programs: readonly {
    readonly name: string
    readonly section: string
    readonly instructions: number
    readonly relocations: number
  }[]
}

/** What `cold.cjs` offers. */
export interface ColdCompiler {
  /** Undefined where the file has mistakes. */
  build(path: string): ColdBuild | undefined
}

/** The compiler as one script has it, which `tools/bundle-cold.mjs` makes of this module. */
export const coldCompiler: ColdCompiler = {
  build(path) {
    const { object } = compileFile(path)
    if (object === undefined) return undefined
    const programs = object.functions.map(({ name, section, code, relocations, coreRelocations }) => ({
      name,
      section,
      instructions: code.length / 8,
      relocations: relocations.length + coreRelocations.length,
    }))
    return { bytes: writeObject(object), programs }
  },
}
