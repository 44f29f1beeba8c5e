// @ts-check
// node build.js FILE.bpf.ts…: each to an object file beside it. Mistakes are data: they could go to an editor, or to a page.
import { readFileSync, writeFileSync } from 'node:fs'
import { diagnosticText } from '@tscc/compiler'
import { compileFile } from '@tscc/compiler/node'
import { writeObject } from '@tscc/object'

for (const path of process.argv.slice(2)) {
  const { object, diagnostics } = compileFile(path)
  for (const diagnostic of diagnostics) console.log(diagnosticText(diagnostic, readFileSync(path, 'utf8')))
  if (object === undefined) {
    process.exitCode = 1
    continue
  }
  const file = path.replace(/\.ts$/, '.o')
  writeFileSync(file, writeObject(object))
  for (const { section, code } of object.functions) console.log(`${section}: ${code.length / 8} instructions`)
  console.log(`${file}: for every kernel that has what it uses`)
}
