// The page as static files: node tools/bundle-page.mjs [folder]   (default: dist), after the packages below are built.
// Addresses are relative, so that the folder may lie anywhere on any server.
import { resolve } from 'node:path'
import { build } from 'vite'

const [folder = 'dist'] = process.argv.slice(2)

/** What prints to terminals stays only as far as it is used, which is nowhere here: it would bring Node's modules along. */
const terminalOnly = /[\\/]node_modules[\\/](?:cli-table3|picocolors)[\\/]/
/** How long it took; and that the algorithms load the compiler when they want it, which is there already. */
const harmless = /TIMINGS$|^INEFFECTIVE_DYNAMIC_IMPORT$/
const rolldownOptions = {
  treeshake: { moduleSideEffects: (id) => !terminalOnly.test(id) },
  onLog(level, log) {
    if (level === 'warn' && !harmless.test(log.code ?? '')) throw new Error(`playground: ${log.message}`)
  },
}

await build({
  root: resolve(import.meta.dirname, '..'),
  configFile: false,
  logLevel: 'warn',
  base: './',
  build: {
    outDir: resolve(folder),
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2000,
    rolldownOptions,
  },
  worker: { format: 'es', rolldownOptions },
})
