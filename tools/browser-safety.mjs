// What a browser lacks of the packages that run in one too. Pure Node, without dependencies.
import { join } from 'node:path'
import { importsOf } from './imports-of.mjs'

/** Packages whose main entry runs in a browser, with all that it imports when it runs. */
export const browserPackages = [
  'core',
  'insn',
  'btf',
  'object',
  'vm',
  'experiment',
  'struct-ops',
  'bpf',
  'vmlinux',
  'compiler',
  'algos',
  'sim',
]

/** Native code, by the names under which it is imported; `@tscc/syscall` and what else is for Node only imports these. */
const native = /^(?:node:.*|koffi|oxc-parser)$/

/** Types are gone when it runs. */
const typeImports = /^[ \t]*(?:import|export) type\b[^'";]*?\bfrom\s*(['"])[^'"\n]+\1/gm

/** Node's own globals, where nothing says whose they are (`globalThis.Buffer` may be asked for). */
const nodeGlobals = /(?<![.\w$'"])(?:process|Buffer|__dirname|__filename|setImmediate)(?:\.|\()/

/** Where a main entry comes to what only Node has, a line per finding: `path:line: what is wrong`. */
export function browserFindings(packages) {
  const byName = new Map(packages.map((one) => [one.manifest.name, one]))
  const files = new Map(packages.flatMap(({ sources }) => sources.map((file) => [file.path, file])))
  const seen = new Map()
  const found = []
  const visit = (path, from) => {
    const file = files.get(path)
    if (file === undefined || seen.has(path)) return
    seen.set(path, from)
    const text = file.text.replace(typeImports, (statement) => statement.replace(/[^\n]/g, ' '))
    found.push(...globalsIn(path, text))
    for (const { specifier, line } of importsOf(text)) {
      if (native.test(specifier))
        found.push(`${path}:${line}: imports ${specifier}, but a browser comes here: ${wayTo(path, seen).join(' → ')}`)
      else if (specifier.startsWith('.')) visit(join(path, '..', specifier), path)
      else {
        const target = byName.get(specifier.split('/').slice(0, 2).join('/'))
        if (target !== undefined) visit(entryOf(target, `.${specifier.slice(target.manifest.name.length)}`), path)
      }
    }
  }
  for (const folder of browserPackages) {
    const target = packages.find((one) => one.path === `packages/${folder}`)
    if (target === undefined) continue
    const entry = entryOf(target, '.')
    if (files.has(entry)) visit(entry, undefined)
    else found.push(`${target.path}/package.json: the main entry is no file of src`)
  }
  return found
}

/** The source of an entry, as a bundler for browsers chooses it. */
function entryOf({ path, manifest }, subpath) {
  const target = manifest.exports?.[subpath]
  const file = typeof target === 'string' ? target : (target?.browser ?? target?.default ?? '')
  return join(path, file.replace(/^\.\/dist\//, 'src/').replace(/\.js$/, '.ts'))
}

function globalsIn(path, text) {
  const code = text.replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|`(?:\\.|[^`\\])*`/g, (token) => token.replace(/[^\n]/g, ' '))
  return code.split('\n').flatMap((line, index) => {
    const mark = nodeGlobals.exec(line)
    const own = mark !== null && /const \{ Buffer \} = globalThis/.test(code) && mark[0].startsWith('Buffer')
    return mark === null || own
      ? []
      : [`${path}:${index + 1}: ${mark[0].slice(0, -1)} is Node's, and a browser comes here`]
  })
}

function wayTo(path, seen) {
  const from = seen.get(path)
  return from === undefined ? [path] : [...wayTo(from, seen), path]
}
