import { readdirSync, readFileSync, statSync, unlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { Script } from 'node:vm'
import { type CacheFile, cacheFile } from '@tscc/syscall/cache'
import type { ColdCompiler } from './cold-compiler.ts'
import { loadParser, parserFiles } from './parser-binding.ts'

/** Hash of `cold.cjs`, which `tools/bundle-cold.mjs` puts here. */
declare const COLD_HASH: string

/** Files of older builds, and of other versions of Node, that stay beside the newest one. */
const OLDER = 3

/**
 * The compiler for a process that compiles a file and ends: all of it in one script, whose machine-independent code is kept in
 * the user's cache from the second process on, so that nothing is parsed again, beside where the parser was found. Undefined
 * where the parser cannot be loaded.
 */
export function keptCompiler(): ColdCompiler | undefined {
  // V8 looks at its own version and flags, and at the length of the text; the rest of what it depends on is in the name.
  const file = cacheFile(`${PREFIX}${COLD_HASH}-${process.version}-${process.platform}-${process.arch}`)
  const kept = unpack(file.readBytes())
  const parser = loadParser(kept === undefined ? [] : [kept.parser]) ?? loadParser(parserFiles())
  if (parser === undefined) return undefined

  const path = join(import.meta.dirname, 'cold.cjs')
  const script = new Script(readFileSync(path, 'latin1'), {
    filename: path,
    ...(kept === undefined ? {} : { cachedData: kept.code }),
  })
  const made: { coldCompiler?: ColdCompiler } = {}
  const get = (name: string): unknown => (name === PARSER ? parser.binding : process.getBuiltinModule(name))
  script.runInThisContext()(made, get)
  const { coldCompiler } = made
  const isKept = kept !== undefined && script.cachedDataRejected !== true && kept.parser === parser.file
  if (coldCompiler === undefined || isKept) return coldCompiler
  return {
    build(source) {
      const built = coldCompiler.build(source)
      // Only now are the functions there that compiling needs.
      keep(file, { code: script.createCachedData(), parser: parser.file })
      return built
    },
  }
}

const PREFIX = 'compiler-'

/** What `cold.cjs` calls the parser's native part. */
const PARSER = 'oxc-parser/binding'

/**
 * In the file: V8's code, the same again, and the parser's path behind a line's end. V8 believes every byte of its code, so that
 * a damaged one could do anything; comparing takes less than any sum.
 */
interface Kept {
  /** What V8 keeps of a script. */
  readonly code: Uint8Array
  /** Where the parser's native part is. */
  readonly parser: string
}

function keep(file: CacheFile, { code, parser }: Kept): void {
  file.write(Buffer.concat([code, code, Buffer.from(`\n${parser}`)]))
  removeOlder(dirname(file.path), basename(file.path))
}

function unpack(bytes: Uint8Array | undefined): Kept | undefined {
  const end = bytes?.lastIndexOf(NEWLINE) ?? -1
  if (bytes === undefined || end < 0) return undefined
  const code = bytes.subarray(0, end / 2)
  if (Buffer.compare(code, bytes.subarray(end / 2, end)) !== 0) return undefined
  return { code, parser: Buffer.from(bytes.subarray(end + 1)).toString() }
}

const NEWLINE = 10

/** What earlier builds kept goes, but for the newest few. */
function removeOlder(folder: string, newest: string): void {
  try {
    const others = readdirSync(folder)
      .filter((name) => name.startsWith(PREFIX) && name !== newest)
      .map((name) => ({ path: join(folder, name), at: statSync(join(folder, name)).mtimeMs }))
      .sort((a, b) => b.at - a.at)
    for (const { path } of others.slice(OLDER)) unlinkSync(path)
  } catch {
    // Another process clears up at the same time, or there is no cache.
  }
}
