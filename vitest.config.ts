import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('.', import.meta.url))

/** Tests read the packages' sources, so that a failing line is a line of ours and no build can be stale. */
export default defineConfig({
  resolve: {
    alias: [
      { find: /^@tscc\/(cli|lab)$/, replacement: `${root}apps/$1/src/index.ts` },
      { find: /^@tscc\/([a-z-]+)$/, replacement: `${root}packages/$1/src/index.ts` },
      { find: /^@tscc\/([a-z-]+)\/([a-z-]+)$/, replacement: `${root}packages/$1/src/$2.ts` },
    ],
  },
  test: {
    include: ['{packages,apps}/*/test/**/*.test.ts', 'conformance/test/**/*.test.ts', 'tools/test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    reporters: ['default'],
  },
})
