// A package's JavaScript: node ../../tools/bundle.mjs [entry…], in the package's folder, after tsc wrote the declarations.
// Each entry of `exports` (and those named) becomes one file of dist, with what they share beside it: a process that
// loads some large files starts much faster than one that loads a file for each module of the source.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { rolldown } from 'rolldown'

const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
const exported = Object.values(manifest.exports)
  .map((target) => /^\.\/dist\/(.+)\.js$/.exec(target.default ?? '')?.[1])
  .filter((entry) => entry !== undefined)
const entries = [...new Set([...exported, ...process.argv.slice(2)])]
const dependencies = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })

const bundle = await rolldown({
  input: Object.fromEntries(entries.map((entry) => [entry, join('src', `${entry}.ts`)])),
  external: (id) => id.startsWith('node:') || dependencies.some((name) => id === name || id.startsWith(`${name}/`)),
  platform: 'neutral',
  tsconfig: false,
  transform: { target: 'node20.19' },
  treeshake: { moduleSideEffects: manifest.sideEffects !== false },
  // How long it took is no mistake.
  checks: { bundlerTimings: false },
  onLog(_level, log) {
    throw new Error(`${manifest.name}: ${log.message}`)
  },
})
const { output } = await bundle.write({
  dir: 'dist',
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'shared-[name]-[hash].js',
})
await bundle.close()

// What an earlier build wrote, under other names
const written = new Set(output.map((file) => file.fileName))
for (const path of readdirSync('dist', { recursive: true, encoding: 'utf8' }))
  if (path.endsWith('.js') && !written.has(path) && existsSync(join('dist', path))) rmSync(join('dist', path))
