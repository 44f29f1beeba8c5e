// What packages weigh: node tools/package-sizes.mjs [--write]   after a build. --write puts the table into docs/packages.md.
// Installed are the bytes of all files that npm unpacks; minified is what a bundler makes of everything that the package's
// main entry exports, with all that it needs, and gzip of that.
import { existsSync, readdirSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { root, workspaceFolders } from './bootstrap.mjs'

/** Kilobytes (1000 bytes) that each package may weigh. */
export const budgets = JSON.parse(readFileSync(new URL('package-budgets.json', import.meta.url), 'utf8'))

const document = join(root, 'docs/packages.md')
const begin = '<!-- sizes: written by tools/package-sizes.mjs -->'
const end = '<!-- end of sizes -->'

/** Published packages: name, folder, and kilobytes `installed`, `withDependencies` and, where browsers run it, `gzipped`. */
export async function packageSizes() {
  const sizes = []
  for (const folder of workspaceFolders()) {
    const manifest = manifestOf(join(root, folder))
    if (manifest.private) continue
    const gzipped = await gzippedBundle(join(root, folder), manifest)
    sizes.push({
      name: manifest.name,
      folder,
      description: manifest.description,
      installed: publishedBytes(folder) / 1000,
      withDependencies: closureBytes(join(root, folder)) / 1000,
      ...(gzipped === undefined ? {} : { gzipped: gzipped / 1000 }),
    })
  }
  return sizes
}

/** Where sizes are above their budget, or a package has none: a line each. */
export function overBudget(sizes, allowed = budgets) {
  return sizes.flatMap(({ name, folder, description, ...figures }) =>
    Object.entries(figures).flatMap(([what, kilobytes]) => {
      const limit = allowed[name]?.[what]
      if (limit === undefined) return [`${name}: has no budget for ${what}, found ${Math.ceil(kilobytes)} kB`]
      return kilobytes <= limit ? [] : [`${name}: ${what} is ${kilobytes.toFixed(1)} kB, budget ${limit} kB`]
    }),
  )
}

/** The table as Markdown. */
export function sizeTable(sizes, allowed = budgets) {
  const rows = sizes.map(({ name, folder, installed, withDependencies, gzipped }) => {
    const cells = [installed, withDependencies, gzipped].map((kilobytes) =>
      kilobytes === undefined ? '–' : rounded(kilobytes),
    )
    const { installed: a, withDependencies: b, gzipped: c } = allowed[name] ?? {}
    return `| [\`${name}\`](../${folder}) | ${cells.join(' | ')} | ${[a, b, c].filter((one) => one !== undefined).join(' / ')} |`
  })
  return [
    '| package | installed | with dependencies | minified, gzip | budget |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...rows,
  ].join('\n')
}

/** Where a table departs from what is measured now by more than a tenth, a line each. */
export function outdated(table, sizes, allowed = budgets) {
  const cellsOf = (text) => text.split('\n').map((line) => line.split('|').map((cell) => cell.trim()))
  const found = cellsOf(table)
  return cellsOf(sizeTable(sizes, allowed)).flatMap((wanted, row) => {
    const near = wanted.every((cell, column) => {
      const written = found[row]?.[column]
      const numbers = [Number(written), Number(cell)]
      return written === cell || Math.abs(numbers[0] - numbers[1]) <= numbers[1] / 10
    })
    return near ? [] : [`docs/packages.md: ${wanted[1]}: run node tools/package-sizes.mjs --write`]
  })
}

/** The table that the document has. */
export function documentTable(text = readFileSync(document, 'utf8')) {
  return text.slice(text.indexOf(begin) + begin.length, text.indexOf(end)).trim()
}

/** A colour library asks Node about the terminal where there is Node; what is loaded late may be there already. */
const harmless = /^(?:UNRESOLVED_IMPORT|INEFFECTIVE_DYNAMIC_IMPORT)$/

/** Two digits: a table that every commit would change says nothing more. */
function rounded(kilobytes) {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(kilobytes)) - 1)
  return kilobytes < 10 ? kilobytes.toFixed(1) : String(Math.round(kilobytes / step) * step)
}

function manifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}

/** Bytes of what the `files` of a package of ours publish. */
export function publishedBytes(folder) {
  const { files } = manifestOf(join(root, folder))
  return ['package.json', ...files]
    .filter((path) => !path.startsWith('!') && existsSync(join(root, folder, path)))
    .reduce((sum, path) => sum + bytesOf(join(root, folder, path)), 0)
}

function bytesOf(path) {
  if (!statSync(path).isDirectory()) return path.endsWith('.tsbuildinfo') ? 0 : statSync(path).size
  return readdirSync(path)
    .filter((name) => name !== 'node_modules')
    .reduce((sum, name) => sum + bytesOf(join(path, name)), 0)
}

/** Bytes of a package and of all that is installed for it on this platform. */
function closureBytes(folder) {
  const counted = new Map()
  const visit = (at) => {
    if (counted.has(at)) return
    const own = at.startsWith(root) && !at.includes('/node_modules/')
    counted.set(at, own ? publishedBytes(at.slice(root.length + 1)) : bytesOf(at))
    const { dependencies, optionalDependencies } = manifestOf(at)
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const found = installedAt(name, at)
      if (found !== undefined) visit(found)
      else if (!Object.hasOwn(optionalDependencies ?? {}, name)) throw new Error(`${at}: ${name} is not installed`)
    }
  }
  visit(realpathSync(folder))
  return [...counted.values()].reduce((sum, bytes) => sum + bytes, 0)
}

function installedAt(name, from) {
  for (let at = from; ; at = dirname(at)) {
    const candidate = join(at, 'node_modules', name)
    if (existsSync(candidate)) return realpathSync(candidate)
    if (at === dirname(at)) return undefined
  }
}

/** Bytes of the main entry as a page would load it; undefined where it needs Node. */
async function gzippedBundle(folder, { exports }) {
  const needed = new Set()
  const bundle = await rolldown({
    input: join(folder, exports['.'].browser ?? exports['.'].default),
    platform: 'browser',
    resolve: { conditionNames: ['browser', 'import', 'default'] },
    treeshake: { moduleSideEffects: false },
    external: (id) => (id.startsWith('node:') || id === 'koffi') && needed.add(id) !== undefined,
    onLog(level, log) {
      if (level === 'warn' && !harmless.test(log.code ?? '')) throw new Error(`${folder}: ${log.message}`)
    },
  })
  const { output } = await bundle.generate({ format: 'esm', minify: true })
  await bundle.close()
  return needed.size > 0
    ? undefined
    : output.reduce((sum, { code = '' }) => sum + gzipSync(code, { level: 9 }).length, 0)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const sizes = await packageSizes()
  if (process.argv.includes('--write')) {
    const text = readFileSync(document, 'utf8')
    const [before, after] = [text.indexOf(begin) + begin.length, text.indexOf(end)]
    writeFileSync(document, `${text.slice(0, before)}\n${sizeTable(sizes)}\n${text.slice(after)}`)
  } else console.log(sizeTable(sizes))
  const found = overBudget(sizes)
  for (const line of found) console.error(line)
  process.exitCode = found.length === 0 ? 0 : 1
}
