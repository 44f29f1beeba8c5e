// What the types cost an editor: tsc --noEmit on a project of one algorithm, beside an empty project, a process each.
//   node bench/editor.mjs [rounds]     after a build
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ms } from './timed-kernel.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const tsc = join(root, 'node_modules/typescript/bin/tsc')
const programs = { empty: undefined, reno: 'reno.bpf.ts', vegas: 'vegas.bpf.ts' }

const compilerOptions = {
  target: 'es2022',
  module: 'nodenext',
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
  lib: ['es2023', 'esnext.disposable'],
}

/** A project of one file, with the packages where npm would put them. */
function project(folder, program) {
  mkdirSync(join(folder, 'node_modules/@tscc'), { recursive: true })
  for (const name of ['bpf', 'vmlinux'])
    symlinkSync(join(root, 'packages', name), join(folder, 'node_modules/@tscc', name))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }))
  if (program === undefined) writeFileSync(join(folder, 'empty.ts'), 'export {}\n')
  else copyFileSync(join(root, 'packages/compiler/test/programs', program), join(folder, program))
}

/** Milliseconds of each project and round: `{ empty, reno, vegas }`. */
export function editorRounds(rounds) {
  const folder = mkdtempSync(join(tmpdir(), 'tscc-bench-'))
  try {
    for (const [name, program] of Object.entries(programs)) project(join(folder, name), program)
    return Array.from({ length: rounds }, () =>
      Object.fromEntries(
        Object.keys(programs).map((name) => {
          const started = ms()
          execFileSync(process.execPath, [tsc, '-p', join(folder, name)], { stdio: 'inherit' })
          return [name, ms() - started]
        }),
      ),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

if (process.argv[1] === import.meta.filename) console.table(editorRounds(Number(process.argv[2] ?? 5)))
