import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { moduleText } from './packages/compiler/src/import-hook.ts'

const root = fileURLToPath(new URL('.', import.meta.url))

/** `npm run fuzz`: how many times its usual number of runs a property-based test makes. */
const fuzzFactor = process.env.FUZZ_FACTOR === undefined ? undefined : Number(process.env.FUZZ_FACTOR)

/** An import of a `*.bpf.ts` file gives live handles, as `node --import @tscc/compiler/register` does. */
const live = {
  name: 'tscc-live',
  enforce: 'pre' as const,
  load: (id: string) =>
    id.endsWith('.bpf.ts') ? moduleText(id, readFileSync(id, 'utf8'), '@tscc/compiler/live') : undefined,
}

/** Tests read the packages' sources, so that a failing line is a line of ours and no build can be stale. */
export default defineConfig({
  plugins: [live],
  resolve: {
    alias: [
      { find: /^@tscc\/(cli|lab)$/, replacement: `${root}apps/$1/src/index.ts` },
      { find: /^@tscc\/([a-z-]+)$/, replacement: `${root}packages/$1/src/index.ts` },
      { find: /^@tscc\/([a-z-]+)\/([A-Za-z_-]+)$/, replacement: `${root}packages/$1/src/$2.ts` },
      ...(fuzzFactor === undefined ? [] : [{ find: /^fast-check$/, replacement: `${root}tools/fuzz-fast-check.ts` }]),
    ],
  },
  test: {
    include: [
      '{packages,apps}/*/test/**/*.test.ts',
      'examples/struct-ops/**/*.test.ts',
      'conformance/{test,kernels/test,scenarios}/**/*.test.ts',
      'tools/test/**/*.test.ts',
    ],
    testTimeout: 30_000 * (fuzzFactor ?? 1),
    hookTimeout: 60_000,
    maxWorkers: 2,
    reporters: ['default'],
  },
})
