// The public API of a built package, read from the declarations that tsc emitted.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

const tokens = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|`(?:\\.|[^`\\])*`|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"/g

/** Longer constants, in lines, are tables (every errno, every syscall's arguments): a hash tells that they changed. */
const longestTable = 80

/**
 * A package's API as Markdown: what each entry of `exports` exports, by name, with its declaration, and the declarations
 * that these mention without exporting them. The same source gives the same text, whatever the order of its lines.
 */
export function publicApi(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const modules = moduleReader()
  const sections = [
    `# Public API of ${manifest.name}\n\nWritten by \`node tools/api-snapshot.mjs\`; a change here is a change for users.\n`,
  ]
  const entries = Object.entries(manifest.exports).filter(([, target]) => target.types !== undefined)
  const exported = new Set()
  const listed = entries.map(([subpath, target]) => {
    const names = exportsOf(modules, join(folder, target.types))
    for (const { key } of names.values()) exported.add(key)
    return { title: manifest.name + subpath.slice(1), names }
  })
  for (const { title, names } of listed) {
    sections.push(
      section(
        title,
        [...names].map(([name, found]) => [name, textOf(folder, name, found)]),
      ),
    )
  }
  const mentioned = reached(
    modules,
    listed.flatMap(({ names }) => [...names.values()]),
  ).filter(({ key }) => !exported.has(key))
  if (mentioned.length > 0) {
    sections.push(
      section(
        'Mentioned, not exported',
        mentioned.map((found) => [found.name, textOf(folder, found.name, found)]),
      ),
    )
  }
  return sections.join('\n')
}

function section(title, rows) {
  const texts = rows.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, text]) => text)
  return `## ${title}\n\n\`\`\`ts\n${texts.join('\n')}\n\`\`\`\n`
}

function textOf(folder, name, { text, path, own }) {
  if (text === undefined) return `export { ${name} } from '${path}'`
  const from = relative(folder, path)
  const isTable = text.startsWith('const ') && !text.includes('.ErrorTable<') && text.split('\n').length > longestTable
  if (isTable || from.includes('/generated/')) {
    return `${text.split('\n')[0]} … // ${from}, sha256 ${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
  }
  return name === own ? text : `${text} // exported as ${name}`
}

/** Statements of a declaration file, each parsed once: what it declares, imports and re-exports. */
function moduleReader() {
  const known = new Map()
  return (path) => {
    const found = known.get(path) ?? parseModule(path)
    known.set(path, found)
    return found
  }
}

function parseModule(path) {
  const text = readFileSync(path, 'utf8').replace(tokens, (token) => (/^\/[*/]/.test(token) ? '' : token))
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const statements = []
  // tsc starts every top-level statement in the first column, with one of these words
  for (const line of lines) {
    if (/^(?:export|declare|import|interface|type|class|abstract|namespace)\b/.test(line))
      statements.push(line.trimEnd())
    else statements.push(`${statements.pop() ?? ''}\n${line.trimEnd()}`)
  }
  const declared = new Map()
  const imported = new Map()
  const exports = new Map()
  const all = []
  for (const statement of statements) {
    const declaration =
      /^(export )?(?:declare )?(?:abstract )?(?:const|let|var|function|class|interface|type|namespace)\s+([\w$]+)/.exec(
        statement,
      )
    const list = /^(import|export)\s+(?:type\s+)?\{([^}]*)\}(?:\s+from\s+['"]([^'"]+)['"])?/.exec(statement)
    if (declaration !== null) {
      const [, isExported, name] = declaration
      const clean = statement.replace(/^(?:export )?(?:declare )?/, '')
      const before = declared.get(name)
      declared.set(name, before === undefined ? clean : `${before}\n${clean}`) // overloads
      if (isExported) exports.set(name, { local: name })
    } else if (list !== null) {
      for (const [from, to] of namesIn(list[2])) {
        if (list[1] === 'import') imported.set(to, { from, specifier: list[3] })
        else exports.set(to, list[3] === undefined ? { local: from } : { from, specifier: list[3] })
      }
    } else if (/^export \*/.test(statement)) {
      const generated = /^export \* from ['"](\.\/generated\/[^'"]+)['"]/.exec(statement)?.[1]
      if (generated === undefined) throw new Error(`${path}: export * hides what is public: ${statement}`)
      all.push(generated)
    }
  }
  return { path, declared, imported, exports, all }
}

function namesIn(list) {
  return list
    .split(',')
    .map((item) => item.trim().replace(/^type\s+/, ''))
    .filter((item) => item !== '')
    .map((item) => item.split(/\s+as\s+/))
    .map(([from, to]) => [from, to ?? from])
}

function exportsOf(modules, path) {
  const found = new Map()
  for (const specifier of modules(path).all)
    for (const [name, target] of exportsOf(modules, declarationPath(join(dirname(path), specifier))))
      found.set(name, target)
  for (const [name, target] of modules(path).exports) found.set(name, resolveTarget(modules, path, target))
  return found
}

/** The declaration behind a name, through imports and re-exports; without text when it is another package's. */
function resolveTarget(modules, path, target) {
  if (target.specifier !== undefined) {
    if (!target.specifier.startsWith('.')) return { key: `${target.specifier}#${target.from}`, path: target.specifier }
    const next = declarationPath(join(dirname(path), target.specifier))
    const again = modules(next).exports.get(target.from)
    if (again === undefined) throw new Error(`${path}: ${next} does not export ${target.from}`)
    return resolveTarget(modules, next, again)
  }
  const { declared, imported } = modules(path)
  const text = declared.get(target.local)
  if (text === undefined) return resolveTarget(modules, path, imported.get(target.local))
  return { key: `${path}#${target.local}`, path, own: target.local, name: target.local, text }
}

function declarationPath(path) {
  const declaration = path.replace(/\.(?:ts|js)$/, '.d.ts')
  if (!existsSync(declaration)) throw new Error(`${declaration}: is missing, build first`)
  return declaration
}

/** Every declaration of this package that the given ones mention, however far. */
function reached(modules, from) {
  const seen = new Map()
  const queue = [...from]
  for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
    if (at.text === undefined || seen.has(at.key)) continue
    seen.set(at.key, at)
    const { declared, imported } = modules(at.path)
    for (const [word] of at.text.replace(/(['"])[^'"\n]*\1/g, '').matchAll(/[A-Za-z_$][\w$]*/g)) {
      if (declared.has(word)) queue.push(resolveTarget(modules, at.path, { local: word }))
      else if (imported.get(word)?.specifier.startsWith('.'))
        queue.push(resolveTarget(modules, at.path, imported.get(word)))
    }
  }
  return [...seen.values()]
}
