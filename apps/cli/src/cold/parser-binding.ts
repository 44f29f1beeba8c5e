import { isAbsolute } from 'node:path'

/** The parser's native part, as `cold.cjs` calls it. */
export type ParserBinding = Readonly<Record<'parseSync', unknown>>

/** What a platform's part may be called behind its processor. */
const LIBRARIES = ['', '-gnu', '-musl', '-gnueabihf', '-musleabihf', '-msvc']

/** Where the parser's native part for this machine may be: as a package beside oxc-parser, for one C library or another. */
export function parserFiles(): readonly string[] {
  // Someone has set another one in its place, which oxc-parser itself knows to load.
  if (process.env.NAPI_RS_NATIVE_LIBRARY_PATH !== undefined) return []
  // Loaded where it is needed only: mostly this is known.
  const { createRequire } = process.getBuiltinModule('node:module')
  try {
    const compiler = createRequire(import.meta.filename).resolve('@tscc/compiler')
    const { resolve } = createRequire(createRequire(compiler).resolve('oxc-parser'))
    return LIBRARIES.flatMap((library) => {
      try {
        return [resolve(`@oxc-parser/binding-${process.platform}-${process.arch}${library}`)]
      } catch {
        return []
      }
    })
  } catch {
    return []
  }
}

/**
 * The first of some files that is a native part of the parser; undefined where there is none. The loader that oxc-parser has
 * brings the loader of ES modules along and looks around for longer than it takes to parse.
 */
export function loadParser(
  files: readonly string[],
): { readonly file: string; readonly binding: ParserBinding } | undefined {
  for (const file of files) {
    const loaded: { exports: Partial<ParserBinding> } = { exports: {} }
    try {
      if (isAbsolute(file)) withSmallPages(() => process.dlopen(loaded, file))
    } catch {
      continue // for another C library, or gone
    }
    const { parseSync } = loaded.exports
    if (typeof parseSync === 'function') return { file, binding: { parseSync } }
  }
  return undefined
}

/**
 * The parser's allocator asks for huge pages when it is loaded, and a parse of one file touches two: clearing them takes 10 ms
 * where the machine has no clear ones.
 */
function withSmallPages(load: () => void): void {
  const isSet = process.env[SMALL_PAGES] !== undefined
  if (!isSet) process.env[SMALL_PAGES] = '0'
  try {
    load()
  } finally {
    if (!isSet) delete process.env[SMALL_PAGES]
  }
}

const SMALL_PAGES = 'MIMALLOC_ALLOW_THP'
