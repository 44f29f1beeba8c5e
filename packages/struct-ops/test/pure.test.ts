import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** Modules that one source file reaches, without types-only imports. */
function reach(file: URL, seen = new Map<string, readonly string[]>()): ReadonlyMap<string, readonly string[]> {
  if (seen.has(file.href)) return seen
  const source = readFileSync(file, 'utf8')
  const imports = [...source.matchAll(/^(?:import|export)\s+(?!type\b)[^'"]*?from\s+'([^']+)'/gms)].map(
    (match) => match[1] ?? '',
  )
  seen.set(file.href, imports)
  for (const name of imports) if (name.startsWith('.')) reach(new URL(name, file), seen)
  return seen
}

test.each(['index.ts', 'fixture.ts', 'object.ts'])(
  '%s runs in a browser: no Node, no native code, no running kernel',
  (entry) => {
    const modules = reach(new URL(`../src/${entry}`, import.meta.url))
    const outside = new Set([...modules.values()].flat().filter((name) => !name.startsWith('.')))
    for (const name of outside) expect(['@tscc/core', '@tscc/insn', '@tscc/btf', '@tscc/object']).toContain(name)
  },
)

test('kernel.ts is where the running kernel begins', () => {
  const modules = reach(new URL('../src/kernel.ts', import.meta.url))
  expect([...modules.values()].flat()).toContain('@tscc/syscall')
})
