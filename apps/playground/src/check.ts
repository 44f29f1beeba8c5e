import { type Compiled, compile } from '@tscc/compiler'
import { parseByAcorn as parse } from '@tscc/compiler/acorn'
import { listingsOf } from './listing.ts'
import type { Checked } from './messages.ts'

/** What diagnostics and line information call the text of the editor. */
export const FILE_NAME = 'playground.bpf.ts'

/** Compile the editor's text. */
export function compileText(text: string, fileName = FILE_NAME): Compiled {
  return compile(text, { fileName, parse })
}

/** What the page shows of a text without running it. */
export function check(text: string): Checked {
  const { object, diagnostics } = compileText(text)
  return { problems: diagnostics, listings: object === undefined ? [] : listingsOf(object) }
}
