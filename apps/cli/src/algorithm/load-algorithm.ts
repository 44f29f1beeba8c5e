import { existsSync } from 'node:fs'
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { algorithms, type StepsAlgorithm } from '@tscc/algos'
import { nearestNames } from '@tscc/core'
import type { StructOpsSpec } from '@tscc/struct-ops'
import { cliErrors } from '../cli-errors.ts'

/** An algorithm that a user named: tscc's by name, or the user's own from a module. */
export interface LoadedAlgorithm {
  /** What the user typed, short: the name, or the module's file name. */
  readonly label: string
  readonly spec: StructOpsSpec
  /** Of an algorithm that tscc ships. */
  readonly shipped?: StepsAlgorithm
  /** Of a module. */
  readonly path?: string
}

/** What names an algorithm on the command line, for help texts. */
export const algorithmSource = 'an algorithm of tscc (tscc show lists them), or a module that exports a StructOpsSpec'

/** Where a module may keep its spec. */
const exportNames = ['default', 'algorithm', 'spec'] as const

/** An algorithm in steps by name or by path; `kernelNames` only help to say what a wrong name may have meant. */
export async function loadAlgorithm(text: string, kernelNames: readonly string[] = []): Promise<LoadedAlgorithm> {
  const shipped = algorithms.find((algorithm) => algorithm.name === text)
  if (shipped?.kind === 'steps') return { label: text, spec: shipped.spec(), shipped }
  if (!isModulePath(text)) {
    const names = [...algorithms.map((algorithm) => algorithm.name), ...kernelNames]
    throw cliErrors.make('unknown-algorithm', { name: text, nearest: nearestNames(text, names) })
  }
  const path = resolve(text)
  const label = text.replace(/^.*[/\\]/, '').replace(/(\.bpf)?\.[cm]?[jt]s$/, '')
  return { label, spec: await importSpec(text, path), path }
}

/** Does this name a module rather than an algorithm? */
export function isModulePath(text: string): boolean {
  return /[/\\]/.test(text) || /\.[cm]?[jt]s$/.test(text)
}

async function importSpec(text: string, path: string): Promise<StructOpsSpec> {
  if (!existsSync(path)) throw cliErrors.make('file', { path: text, action: 'read', name: 'no such file or folder' })
  const found = await importModule(text, path)
  for (const name of exportNames) {
    const value = found[name]
    if (isSpec(value)) return value
  }
  const names = Object.keys(found).join(', ') || 'nothing'
  throw cliErrors.make('bad-module', {
    path: text,
    why: `no StructOpsSpec { type, name, callbacks } among its exports, found ${names}`,
  })
}

async function importModule(text: string, path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>> // any module is this
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ERR_UNKNOWN_FILE_EXTENSION' && /ts$/.test(extname(path)))
      throw cliErrors.make('needs-type-stripping', { path: text, node: process.versions.node }, error)
    const message = error instanceof Error ? error.message : String(error)
    throw cliErrors.make('bad-module', { path: text, why: `cannot be imported: ${message.split('\n')[0]}` }, error)
  }
}

function isSpec(value: unknown): value is StructOpsSpec {
  if (typeof value !== 'object' || value === null) return false
  const { type, name, callbacks } = value as Partial<Record<string, unknown>> // every field is checked here
  return (
    typeof type === 'string' &&
    typeof name === 'string' &&
    typeof callbacks === 'object' &&
    callbacks !== null &&
    Object.values(callbacks).every((steps) => Array.isArray(steps))
  )
}
