import { existsSync, readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { parseBtf } from '@tscc/btf'
import { compile } from '../compile.ts'
import type { Compiled, CompileOptions } from '../compile-with.ts'
import type { ReadModule } from '../lower/module.ts'

/** A compiled file, and the texts that went into it. */
export interface CompiledFile extends Compiled {
  /** The text of a file by the name that diagnostics give it. */
  sourceOf(fileName: string): string | undefined
  /** Absolute paths of all files that were read. */
  readonly files: readonly string[]
}

/** Imported files lie beside those that import them. */
export function readModule(onRead: (path: string, text: string) => void = () => undefined): ReadModule {
  return (specifier, from) => {
    const path = resolve(dirname(from), specifier)
    if (!existsSync(path)) return undefined
    const text = readFileSync(path, 'utf8')
    onRead(path, text)
    return { fileName: nameOf(path), text }
  }
}

/** As a person would write it: from where they are. */
function nameOf(path: string): string {
  const near = relative(process.cwd(), path)
  return near.startsWith('..') ? path : near
}

const IMPORTED = /\bfrom\s*['"](\.[^'"]+)['"]/g

/**
 * Kernel types of the project's own: `tscc types --root my_ops -o my.d.ts` wrote `my.btf` beside the declarations, and what a file
 * imports from there the compiler knows by it.
 */
function ownTypes(path: string, text: string): Pick<CompileOptions, 'types' | 'typesFrom'> {
  for (const [, from = ''] of text.matchAll(IMPORTED)) {
    const file = `${resolve(dirname(path), from.replace(/(?:\.d)?(?:\.[jt]s)?$/, ''))}.btf`
    if (existsSync(file)) return { types: parseBtf(readFileSync(file)), typesFrom: from }
  }
  return {}
}

/** Compile a file with what it imports. */
export function compileFile(path: string, options: Omit<CompileOptions, 'fileName' | 'read'> = {}): CompiledFile {
  const texts = new Map<string, string>()
  const fileName = nameOf(resolve(path))
  const text = readFileSync(path, 'utf8')
  texts.set(fileName, text)
  const files = [resolve(path)]
  const read = readModule((found, content) => {
    texts.set(nameOf(found), content)
    files.push(found)
  })
  const own = options.types === undefined ? ownTypes(path, text) : {}
  return { ...compile(text, { ...own, ...options, fileName, read }), sourceOf: (name) => texts.get(name), files }
}
