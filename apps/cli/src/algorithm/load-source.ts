import { existsSync } from 'node:fs'
import { algorithms } from '@tscc/algos'
import { isElf } from '@tscc/btf'
import { type BpfObject, type LinkTarget, linkTarget, readObject } from '@tscc/object'
import { specToObject } from '@tscc/struct-ops/object'
import { type Kernel, kernelFiles } from '@tscc/syscall'
import { loadBtf } from '../btf/load-btf.ts'
import { cliErrors } from '../cli-errors.ts'
import { readInput } from '../files.ts'
import { openHost } from '../host.ts'
import { compileSource, isCompiled } from './compile-source.ts'
import { algorithmSource, isModulePath, type LoadedAlgorithm, loadAlgorithm } from './load-algorithm.ts'
import type { LoadedObjectFile } from './loaded-object.ts'

/** What a user named: an algorithm in steps, or an object, from a file or just compiled. */
export type LoadedSource = LoadedAlgorithm | LoadedObjectFile

/** What names a source on the command line, for help texts. */
export const sourceText = `a TypeScript file (.bpf.ts), an object file (.bpf.o), ${algorithmSource}`

/** What a user named: an algorithm of tscc, a module with steps, a `*.bpf.ts` file, an object file. */
export async function loadSource(text: string): Promise<LoadedSource> {
  if (isCompiled(text)) return compileSource(text)
  if (!isObjectPath(text)) return loadAlgorithm(text)
  const bytes = readInput(text)
  const read: { object?: BpfObject } = {}
  return {
    label: text.replace(/^.*[/\\]/, '').replace(/(\.bpf)?\.o$/, ''),
    path: text,
    bytes,
    get object() {
      read.object ??= readObject(bytes)
      return read.object
    },
  }
}

/** Several sources; the mistakes in all `*.bpf.ts` files are one error. */
export async function loadSources(texts: readonly string[]): Promise<readonly LoadedSource[]> {
  const loaded: LoadedSource[] = []
  const failures: unknown[] = []
  for (const text of texts)
    try {
      loaded.push(await loadSource(text))
    } catch (error) {
      failures.push(error)
    }
  const mistakes = failures.flatMap((error) =>
    cliErrors.is(error, 'cli/diagnostics') ? error.context.diagnostics : [],
  )
  const [first] = failures
  if (failures.length > 1 && failures.every((error) => cliErrors.is(error, 'cli/diagnostics')))
    throw cliErrors.make('diagnostics', { path: texts.join(', '), diagnostics: mistakes })
  if (first !== undefined) throw failures.find((error) => !cliErrors.is(error, 'cli/diagnostics')) ?? first
  return loaded
}

/** Does this name something to link: an algorithm of tscc, a module, or an object file? */
export function isSource(text: string): boolean {
  return isObjectPath(text) || isModulePath(text) || algorithms.some((algorithm) => algorithm.name === text)
}

/** Does this name an object file? By its name, or else by its first bytes. */
export function isObjectPath(text: string): boolean {
  if (/\.o$/.test(text)) return true
  return !/\.[cm]?[jt]s$/.test(text) && /[/\\.]/.test(text) && existsSync(text) && isElfFile(text)
}

function isElfFile(path: string): boolean {
  try {
    return isElf(readInput(path))
  } catch {
    return false // a folder, say: what reads it next says so
  }
}

/** The object of a source: an algorithm's is made here. */
export function objectOf(source: LoadedSource): BpfObject {
  return 'object' in source ? source.object : specToObject(source.spec)
}

/** The kernel to link an object to: a BTF file where one is given, else the running one. */
export function openTarget(what: string, btf: string | undefined): LinkTarget {
  if (btf !== undefined) return { btf: loadBtf(btf) }
  const { kernel, resolver } = openHost(what)
  return hostTarget(kernel, resolver.btf())
}

/** The running kernel as a target. */
export function hostTarget(kernel: Kernel, btf: LinkTarget['btf']): LinkTarget {
  return linkTarget(kernelFiles(kernel), btf)
}
