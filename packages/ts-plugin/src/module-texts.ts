import { posix } from 'node:path'

/** Characters that a program with all its files may have: none comes near it, and no check takes long below it. */
const MOST = 8_000_000

/** What finding a program's files needs of its surroundings. */
export interface Texts {
  /** What is in a file now, saved or not. */
  textOf(path: string): string | undefined
  /** Specifiers of what a text imports. */
  importsOf(text: string): readonly string[]
}

/** A program's files. */
export interface ModuleTexts {
  /** By path, its own among them. */
  readonly texts: ReadonlyMap<string, string>
  /** By the path of an imported file, that of the first file that was found to import it: it leads back to the program's own. */
  readonly importers: ReadonlyMap<string, string>
}

/** A file's text with those of what it imports, and they import; undefined where that is more than any program. */
export function moduleTexts(fileName: string, { textOf, importsOf }: Texts): ModuleTexts | undefined {
  const texts = new Map<string, string>()
  const importers = new Map<string, string>()
  const rest = [fileName]
  let size = 0
  for (let path = rest.pop(); path !== undefined; path = rest.pop()) {
    const text = texts.has(path) ? undefined : textOf(path)
    if (text === undefined) continue
    size += text.length
    if (size > MOST) return undefined
    texts.set(path, text)
    for (const specifier of importsOf(text)) {
      const imported = importedPath(path, specifier)
      if (imported === undefined) continue
      // The file itself is where all of them come from, also where one imports it.
      if (imported !== fileName && !importers.has(imported)) importers.set(imported, path)
      rest.push(imported)
    }
  }
  return { texts, importers }
}

/** The file that an import means, as the compiler finds it; undefined for packages. */
export function importedPath(from: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : undefined
}

/** Do both have the same texts? */
export function sameTexts(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([path, text]) => b.get(path) === text)
}
