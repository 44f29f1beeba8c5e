import { readFileSync, writeFileSync } from 'node:fs'
import { cliErrors } from './cli-errors.ts'

/** A whole file, or standard input for `-`. */
export function readInput(path: string): Uint8Array {
  try {
    return readFileSync(path === '-' ? 0 : path)
  } catch (error) {
    throw cliErrors.make('file', { path, action: 'read', name: reason(error) }, error)
  }
}

/** Write a file, or standard output for `-`. */
export function writeResult(path: string, data: string | Uint8Array): void {
  try {
    writeFileSync(path, data)
  } catch (error) {
    throw cliErrors.make('file', { path, action: 'write', name: reason(error) }, error)
  }
}

const words: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is not a directory',
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error ? String(error.code) : ''
  return words[code] ?? (code === '' ? error.message : code)
}
