import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const readme = fileURLToPath(new URL('../README.md', import.meta.url))

/** Put a table into the README, between `<!-- bench: name -->` and `<!-- /bench -->`. */
export function intoReadme(name, table) {
  const text = readFileSync(readme, 'utf8')
  const [start, end] = [`<!-- bench: ${name} -->\n`, '<!-- /bench -->']
  const from = text.indexOf(start)
  const to = text.indexOf(end, from)
  if (from < 0 || to < 0) throw new Error(`README.md has no place for ${name}: ${start.trim()} … ${end}`)
  writeFileSync(readme, `${text.slice(0, from + start.length)}\n${table.trim()}\n\n${text.slice(to)}`)
}
