import { readFileSync } from 'node:fs'
import type { LoadHook } from 'node:module'
import { fileURLToPath } from 'node:url'
import { parseSync } from 'oxc-parser'

/** What an import of a `*.bpf.ts` file gives: handles, made when the module is evaluated, in the thread that imports it. */
export const load: LoadHook = async (url, context, nextLoad) => {
  const [file = url] = url.split(/[?#]/)
  if (!file.startsWith('file:') || !file.endsWith('.bpf.ts')) return nextLoad(url, context)
  const path = fileURLToPath(file)
  return { format: 'module', shortCircuit: true, source: moduleText(path, readFileSync(path, 'utf8')) }
}

/** A module that makes the handles and exports them under the names of the source; `live` is where it has them from. */
export function moduleText(path: string, text: string, live = new URL('./live.js', import.meta.url).href): string {
  const { program } = parseSync(path, text, { lang: 'ts', sourceType: 'module' })
  const names = program.body.flatMap((statement): readonly string[] => {
    if (statement.type === 'ExportDefaultDeclaration') return ['default']
    if (statement.type !== 'ExportNamedDeclaration' || statement.declaration?.type !== 'VariableDeclaration') return []
    return statement.declaration.declarations.flatMap(({ id }) => (id.type === 'Identifier' ? [id.name] : []))
  })
  const lines = names.map((name) =>
    name === 'default'
      ? `export default live.exports['default']`
      : `export const ${name} = live.exports[${JSON.stringify(name)}]`,
  )
  return [
    `import { loadLive } from ${JSON.stringify(live)}`,
    `const live = loadLive(${JSON.stringify(path)})`,
    ...lines,
    '',
  ].join('\n')
}
