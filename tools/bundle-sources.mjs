// One CommonJS script of an entry and all that it needs, this workspace's packages from their sources: modules are taken one by one,
// so that only those are in it that something needs, and each costs time at every start. For packages' own tools, in the package's folder.
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { rolldown } from 'rolldown'

/** The source of an entry of this workspace's packages; with `browser`, that for browsers, where there is one. */
function sourceOf(id, browser) {
  const [, name, entry] = /^@tscc\/([\w-]+)(\/.+)?$/.exec(id) ?? []
  if (name === undefined) return undefined
  const folder = join('../../packages', name)
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const target = exports[`.${entry ?? ''}`]
  const built = (browser && target.browser) || target.default
  return resolve(folder, built.replace('./dist/', 'src/').replace(/\.js$/, '.ts'))
}

/**
 * Write the script. `virtual` has texts in the place of packages; what `define` names is replaced; `external` is left to `require`.
 */
export async function sourceScript(entry, file, options = {}) {
  const { define = {}, virtual = {}, external = [], browser = false, output = {} } = options
  const bundle = await rolldown({
    input: entry,
    external: [/^node:/, ...external],
    platform: 'node',
    tsconfig: false,
    transform: { target: 'node20.19', define },
    // A module does nothing but declare what others import.
    treeshake: { moduleSideEffects: false },
    plugins: [
      {
        name: 'sources',
        resolveId: (id) => (Object.hasOwn(virtual, id) ? `\0${id}` : sourceOf(id, browser)),
        load: (id) => virtual[id.replace('\0', '')],
      },
    ],
    // How long it took is no mistake.
    checks: { bundlerTimings: false },
    onLog(_level, log) {
      throw new Error(`${file}: ${log.message}`)
    },
  })
  await bundle.write({ file, format: 'cjs', minify: true, ...output })
  await bundle.close()
  return readFileSync(file, 'utf8')
}
