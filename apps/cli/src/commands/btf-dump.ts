import { type Btf, rawText, typeCount, typeOf } from '@tscc/btf'
import { declarations } from '../btf/declarations.ts'
import { loadBtf } from '../btf/load-btf.ts'
import type { CommandContext } from '../command-table.ts'
import { jsonValue, type Output } from '../output/output.ts'
import { printable } from '../output/printable.ts'

/** What `btf dump` can print. */
export const dumpFormats = ['raw', 'c', 'ts', 'json'] as const

interface DumpOptions {
  readonly format: (typeof dumpFormats)[number]
  readonly root?: readonly string[]
  readonly base?: string
}

/** Types are printed in pieces of about this many characters. */
const CHUNK = 1 << 16

/** `tscc btf dump`. */
export function runBtfDump(source: string, options: DumpOptions, { output }: CommandContext): void {
  const btf = loadBtf(source, options.base)
  switch (options.format) {
    case 'raw':
      writeLines(output, rawLines(btf))
      return
    case 'json':
      writeLines(output, jsonLines(btf))
      return
    case 'c':
    case 'ts':
      output.write(declarations(btf, options.format, { roots: options.root }))
      return
    default:
      options.format satisfies never
  }
}

function* rawLines(btf: Btf): Generator<string> {
  const count = typeCount(btf)
  for (let id = btf.firstId; id <= count; id++) yield printable(rawText(btf, id))
}

function* jsonLines(btf: Btf): Generator<string> {
  const count = typeCount(btf)
  yield '{"types": ['
  for (let id = btf.firstId; id <= count; id++)
    yield `${JSON.stringify({ id, ...typeOf(btf, id) }, jsonValue)}${id < count ? ',' : ''}`
  yield ']}'
}

function writeLines(output: Output, lines: Iterable<string>): void {
  let chunk = ''
  for (const line of lines) {
    chunk += `${line}\n`
    if (chunk.length < CHUNK) continue
    if (!output.write(chunk)) return
    chunk = ''
  }
  output.write(chunk)
}
