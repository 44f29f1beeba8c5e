// dist/start.cjs, with which the command starts, and dist/cold.cjs: the compiler and all that it stands on as one script, a function of `exports` and
// `require`, for src/cold/kept-compiler.ts. Packages below have to be built. The parser's own script brings much along that compiling has no use for; here
// its binding is called directly.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { rolldown } from 'rolldown'

const PARSER = '\0parser'
const parser = `
import { parseSync as parse } from 'oxc-parser/binding'
export function parseSync(name, text, options) {
  const result = parse(name, text, options)
  // Numbers are read from the text, and regular expressions are not in the language: no node has to be mended.
  return { program: JSON.parse(result.program).node, errors: result.errors }
}`

/**
 * The source of an entry of this workspace's packages: of modules one by one, only those are taken that something needs, and each
 * costs time at every start.
 */
function sourceOf(id) {
  const [, name, entry] = /^@tscc\/([\w-]+)(\/.+)?$/.exec(id) ?? []
  if (name === undefined) return undefined
  const folder = join('../../packages', name)
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const target = exports[`.${entry ?? ''}`].default
  return resolve(folder, target.replace('./dist/', 'src/').replace(/\.js$/, '.ts'))
}

async function script(entry, file, define) {
  const bundle = await rolldown({
    input: entry,
    external: [/^node:/, 'oxc-parser/binding'],
    platform: 'node',
    tsconfig: false,
    transform: { target: 'node20.19', define },
    // A module does nothing but declare what others import.
    treeshake: { moduleSideEffects: false },
    plugins: [
      {
        name: 'sources',
        resolveId: (id) => (id === 'oxc-parser' ? PARSER : sourceOf(id)),
        load: (id) => (id === PARSER ? parser : undefined),
      },
    ],
    onLog(_level, log) {
      throw new Error(`${file}: ${log.message}`)
    },
  })
  await bundle.write({ file, format: 'cjs', minify: true })
  await bundle.close()
  return readFileSync(file, 'utf8')
}

// It is read as Latin-1, which is faster: what is not ASCII stands in strings, and can be written as escapes.
const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
const text = (await script('src/cold/cold-compiler.ts', 'dist/cold.cjs', {})).replace(/[^\0-\x7f]/g, escaped)
const cold = `(function (exports, require) {${text}\n})\n`
writeFileSync('dist/cold.cjs', cold)

await script('src/cold/start.ts', 'dist/start.cjs', {
  COLD_HASH: JSON.stringify(createHash('sha256').update(cold).digest('hex').slice(0, 20)),
  'import.meta.dirname': '__dirname',
  'import.meta.filename': '__filename',
})
