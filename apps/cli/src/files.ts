import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { cliErrors } from './cli-errors.ts'

/** A whole file, or standard input for `-`. */
export function readInput(path: string): Uint8Array {
  try {
    return readFileSync(path === '-' ? 0 : path)
  } catch (error) {
    throw fileFailure(path, 'read', error)
  }
}

/** Write a file, or standard output for `-`. */
export function writeResult(path: string, data: string | Uint8Array): void {
  try {
    writeFileSync(path === '-' ? 1 : path, data)
  } catch (error) {
    throw fileFailure(path, 'write', error)
  }
}

/** Fail now rather than after the work whose result is to be written there. */
export function checkWritable(path: string): void {
  try {
    accessSync(existsSync(path) ? path : dirname(path), constants.W_OK)
  } catch (error) {
    throw fileFailure(path, 'write', error)
  }
}

/** What Node says of a file, as `cli/file`. */
export function fileFailure(path: string, action: 'read' | 'write', error: unknown): Error {
  return cliErrors.make('file', { path, action, name: reason(error) }, error)
}

const words: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is not a directory',
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? String(error.code) : ''
  return words[code] ?? (code === '' ? error.message : code)
}
