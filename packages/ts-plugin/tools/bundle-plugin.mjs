// dist/index.cjs, which tsserver loads, and dist/worker.cjs, the thread that it starts: each with all that it needs, and nothing native.
import { copyFileSync } from 'node:fs'
import { sourceScript } from '../../../tools/bundle-sources.mjs'

await sourceScript('src/index.ts', 'dist/index.cjs', {
  define: { 'import.meta.dirname': '__dirname' },
  browser: true,
  // tsserver takes a plugin that is the module itself.
  output: { footer: 'module.exports = Object.assign(exports.init, exports);' },
})
await sourceScript('src/worker.ts', 'dist/worker.cjs', { browser: true })
// A CommonJS module's declarations have a name of their own.
copyFileSync('dist/index.d.ts', 'dist/index.d.cts')
