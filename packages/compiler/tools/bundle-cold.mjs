// dist/cold.cjs: the compiler and all that it stands on as one script, a function of `exports` and `require`, for src/cold.ts. Packages below have to be
// built. The parser's own script brings much along that compiling has no use for; here its binding is called directly.
import { readFileSync, writeFileSync } from 'node:fs'
import { rolldown } from 'rolldown'

const PARSER = '\0parser'
const parser = `
import { parseSync as parse } from 'oxc-parser/src-js/bindings'
export function parseSync(name, text, options) {
  const result = parse(name, text, options)
  // Numbers are read from the text, and regular expressions are not in the language: no node has to be mended.
  return { program: JSON.parse(result.program).node, errors: result.errors }
}`

const bundle = await rolldown({
  input: 'src/node/cold-compiler.ts',
  external: [/^node:/, 'oxc-parser/src-js/bindings'],
  platform: 'node',
  tsconfig: false,
  transform: { target: 'node20.19' },
  plugins: [
    {
      name: 'parser',
      resolveId: (id) => (id === 'oxc-parser' ? PARSER : undefined),
      load: (id) => (id === PARSER ? parser : undefined),
    },
  ],
  onLog(_level, log) {
    throw new Error(`cold.cjs: ${log.message}`)
  },
})
await bundle.write({ file: 'dist/cold.cjs', format: 'cjs', minify: true })
await bundle.close()
// It is read as Latin-1, which is faster: what is not ASCII stands in strings, and can be written as escapes.
const text = readFileSync('dist/cold.cjs', 'utf8')
const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
writeFileSync('dist/cold.cjs', `(function (exports, require) {${text.replace(/[^\0-\x7f]/g, escaped)}\n})\n`)
