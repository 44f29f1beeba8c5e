// node packages/compiler/tools/docs.mjs   (after a build): writes docs/diagnostics.md, and what the compiler prints into the others.
import { readFileSync, writeFileSync } from 'node:fs'
import * as compiler from '../dist/index.js'
import { diagnosticsDocument } from './diagnostics-document.mjs'
import { refreshed } from './fragments.mjs'

const at = (name) => new URL(`../../../docs/${name}.md`, import.meta.url)
writeFileSync(at('diagnostics'), diagnosticsDocument(compiler))
for (const name of ['mistakes', 'language'])
  writeFileSync(at(name), refreshed(readFileSync(at(name), 'utf8'), compiler))
