import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type Btf, parseBtf } from '@tscc/btf'
import type { BpfObject } from '@tscc/object'
import { compiledFile } from '../../compiler/test/compiled.ts'

/** Types of a kernel of the fixtures in packages/object, by file name. */
export function fixtureTypes(file: string): Btf {
  return parseBtf(new Uint8Array(readFileSync(new URL(`../../object/fixtures/btf/${file}`, import.meta.url))))
}

const known = new Map<string, BpfObject>()

/** An algorithm of this package, compiled. */
export function compiled(name: string): BpfObject {
  const before = known.get(name)
  if (before !== undefined) return before
  const object = compiledFile(fileURLToPath(new URL(`../src/${name}.bpf.ts`, import.meta.url)))
  known.set(name, object)
  return object
}
