import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

/** Largest cache file that is believed: a larger one is not ours. */
const MAX_BYTES = 1 << 22

/** A small file of this user's that may vanish at any time. */
export interface CacheFile {
  readonly path: string
  /** Its text; undefined where there is none, it is not this user's, others may write it, or it is too large. */
  read(): string | undefined
  /** Its bytes, likewise. */
  readBytes(): Uint8Array | undefined
  /** Replace it in one step; quietly does nothing where the cache cannot be written. */
  write(content: string | Uint8Array): void
}

/** A file of the user's cache, `$XDG_CACHE_HOME/tscc/<name>` or `~/.cache/tscc/<name>`. */
export function cacheFile(name: string, folder = defaultFolder()): CacheFile {
  const path = join(folder, name)
  return {
    path,
    read() {
      const bytes = readOwn(path)
      return bytes === undefined ? undefined : new TextDecoder().decode(bytes)
    },
    readBytes: () => readOwn(path),
    write(content) {
      const temporary = `${path}.${process.pid}`
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 })
        writeFileSync(temporary, content, { mode: 0o600 })
        renameSync(temporary, path)
      } catch {
        removeQuietly(temporary)
      }
    },
  }
}

/** A file name for content: SHA-256 of the parts in hex, 40 digits of it. */
export function contentKey(...parts: readonly (string | Uint8Array)[]): string {
  const hash = process.getBuiltinModule('node:crypto').createHash('sha256')
  for (const part of parts) hash.update(`${part.length}\0`).update(part)
  return hash.digest('hex').slice(0, 40)
}

/** What tells one build of a file from another: its size, and when it came here (npm gives all files one time of writing). */
export function buildKey(url: string): string {
  const { size, ctimeMs } = statSync(new URL(url))
  return `${size} ${Math.trunc(ctimeMs)}`
}

function defaultFolder(): string {
  const { XDG_CACHE_HOME, HOME } = process.env
  if (XDG_CACHE_HOME !== undefined && XDG_CACHE_HOME !== '') return join(XDG_CACHE_HOME, 'tscc')
  // Loaded where it is needed only: this runs at the start of processes that last for milliseconds.
  return join(HOME ?? process.getBuiltinModule('node:os').homedir(), '.cache', 'tscc')
}

/** Offsets read from here end up in programs that the kernel runs, so only the user's own file counts. */
function readOwn(path: string): Uint8Array | undefined {
  const fd = openQuietly(path)
  if (fd === undefined) return undefined
  try {
    const { uid, mode, size } = fstatSync(fd)
    const own = uid === process.getuid?.() && (mode & 0o022) === 0 && size <= MAX_BYTES
    return own ? readFileSync(fd) : undefined
  } finally {
    closeSync(fd)
  }
}

/** What could not be written may not be there to remove. */
function removeQuietly(path: string): void {
  try {
    unlinkSync(path)
  } catch {
    // Nothing was left.
  }
}

function openQuietly(path: string): number | undefined {
  try {
    return openSync(path, 'r')
  } catch {
    return undefined
  }
}
