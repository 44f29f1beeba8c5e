import { readFileSync } from 'node:fs'
import { type Btf, parseBtf } from '@tscc/btf'
import { compile, diagnosticText } from '@tscc/compiler'
import type { StructOpsSpec } from '@tscc/struct-ops'

/** Types of a kernel of the fixtures in packages/object, by file name. */
export function fixtureTypes(file: string): Btf {
  return parseBtf(new Uint8Array(readFileSync(new URL(`../../object/fixtures/btf/${file}`, import.meta.url))))
}

/** The newest kernel of the fixtures: it has every callback that the algorithms write; older ones drop what they lack. */
export const newestTypes: Btf = fixtureTypes('tcp-7.3.btf')

/** An algorithm of this package, compiled. */
export function compiled(name: string): StructOpsSpec {
  const text = readFileSync(new URL(`../src/${name}.bpf.ts`, import.meta.url), 'utf8')
  const { spec, diagnostics } = compile(text, { fileName: `${name}.bpf.ts`, types: newestTypes })
  if (spec === undefined) throw new Error(diagnostics.map((one) => diagnosticText(one, text)).join('\n'))
  return spec
}
