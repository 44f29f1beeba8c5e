// dist/start.cjs, with which the command starts, and dist/cold.cjs: the compiler and all that it stands on as one script, a function of `exports` and
// `require`, for src/cold/kept-compiler.ts. Packages below have to be built. The parser's own script brings much along that compiling has no use for; here
// its binding is called directly.
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { sourceScript } from '../../../tools/bundle-sources.mjs'

const parser = `
import { parseSync as parse } from 'oxc-parser/binding'
export function parseSync(name, text, options) {
  const result = parse(name, text, options)
  // Numbers are read from the text, and regular expressions are not in the language: no node has to be mended.
  return { program: JSON.parse(result.program).node, errors: result.errors }
}`

// It is read as Latin-1, which is faster: what is not ASCII stands in strings, and can be written as escapes.
const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
const script = await sourceScript('src/cold/cold-compiler.ts', 'dist/cold.cjs', {
  external: ['oxc-parser/binding'],
  virtual: { 'oxc-parser': parser },
})
const cold = `(function (exports, require) {${script.replace(/[^\0-\x7f]/g, escaped)}\n})\n`
writeFileSync('dist/cold.cjs', cold)

await sourceScript('src/cold/start.ts', 'dist/start.cjs', {
  define: {
    COLD_HASH: JSON.stringify(createHash('sha256').update(cold).digest('hex').slice(0, 20)),
    'import.meta.dirname': '__dirname',
    'import.meta.filename': '__filename',
  },
})
