import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../../tools/bootstrap.mjs'
import { isNeed, needs } from '../../tools/needs.ts'
import { docBlocks, documentPaths } from './doc-blocks.ts'
import { plainEnv, publishedPackages, readManifest } from './tarballs.ts'

// Every complete program of the documents is compiled and run as a reader would. A comment before the fence changes that:
//   <!-- docs-test: skip reason -->   not run (a fragment)
//   <!-- docs-test: struct_ops -->    run where the machine has this (the names of tools/needs.ts; root is struct_ops)
//   <!-- docs-test: types -->         compiled by tsc and not run (a *.bpf.ts file)
//   <!-- docs-test: run -->           before a sh block: run it, with `tscc` on PATH

const documents = documentPaths(root)
const blocks = documents.flatMap((path) => docBlocks(root, path))
const programs = blocks.filter(({ language, marks }) => language === 'ts' && marks[0] !== 'skip')
const runnable = programs.filter(({ marks }) => marks[0] !== 'types')
const commands = blocks.filter(({ language, marks }) => language === 'sh' && marks[0] === 'run')

const project = mkdtempSync(join(tmpdir(), 'tscc-docs-'))
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
const fileOf = ({ path, line }: { path: string; line: number }) => `${path.replace(/[/.]/g, '-')}-L${line}`

beforeAll(() => {
  const modules = join(project, 'node_modules')
  for (const folder of ['@tscc', '.bin']) mkdirSync(join(modules, folder), { recursive: true })
  symlinkSync(join(root, 'node_modules/@types'), join(modules, '@types'))
  for (const { name, folder } of publishedPackages) {
    symlinkSync(join(root, folder), join(modules, name))
    for (const [command, path] of Object.entries(readManifest(join(root, folder)).bin ?? {})) {
      symlinkSync(join(root, folder, path), join(modules, '.bin', command))
    }
  }
  writeFileSync(join(project, 'package.json'), '{ "name": "reader", "private": true, "type": "module" }\n')
  for (const block of programs) writeFileSync(join(project, `${fileOf(block)}.ts`), `${block.text}export {}\n`)
})

afterAll(() => rmSync(project, { recursive: true, force: true }))

function runIn(command: string, args: readonly string[]): string {
  const env = {
    ...plainEnv(),
    PATH: [join(project, 'node_modules/.bin'), process.env.PATH].join(delimiter),
    // The rules that are in force on this machine are not the documents'.
    TSCC_PINS: `/sys/fs/bpf/tscc-docs-${process.pid}`,
  }
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: project, env, encoding: 'utf8', timeout: 110_000 })
  return status === 0 ? '' : `${stdout}${stderr}exit code ${status}`
}

/** Needs that the marks name; `root`, as a reader would say it, means whatever registering takes. */
function lacks(marks: readonly string[]): boolean {
  const names = marks.filter((mark) => mark !== 'run').map((mark) => (mark === 'root' ? 'struct_ops' : mark))
  const known = names.filter(isNeed)
  if (known.length !== names.length) throw new Error(`docs-test: unknown mark in: ${marks.join(' ')}`)
  return !needs(...known)
}

test('programs of the documents compile', () => {
  const lib = ['--lib', 'es2023,esnext.disposable', '--target', 'es2022', '--types', 'node', '--skipLibCheck']
  const options = [
    ...lib,
    '--strict',
    '--noUncheckedIndexedAccess',
    '--module',
    'nodenext',
    '--outDir',
    'js',
    '--rootDir',
    '.',
  ]
  expect(programs.length).toBeGreaterThan(0)
  expect(runIn(process.execPath, [tsc, ...options, ...programs.map((block) => `${fileOf(block)}.ts`)])).toBe('')
})

describe.each(runnable)('$path:$line', (block) => {
  test.skipIf(lacks(block.marks))('runs', { timeout: 120_000 }, () => {
    expect(runIn(process.execPath, [`js/${fileOf(block)}.js`])).toBe('')
  })
})

describe.each(commands)('$path:$line', (block) => {
  test.skipIf(lacks(block.marks))('commands run', { timeout: 120_000 }, () => {
    expect(runIn('sh', ['-euc', block.text])).toBe('')
  })
})

test('what is not run says why', () => {
  const silent = blocks.filter(({ marks }) => marks[0] === 'skip' && marks.length < 3)
  expect(silent.map(({ path, line }) => `${path}:${line}`)).toEqual([])
})

test('links to files of the repository lead somewhere', () => {
  const broken = documents.flatMap((path) =>
    [...readFileSync(join(root, path), 'utf8').matchAll(/\]\((?!\w+:|#)([^)#\s]+)[^)]*\)/g)]
      .map((match) => match[1] ?? '')
      .filter((target) => !existsSync(join(root, dirname(path), target)))
      .map((target) => `${path}: ${target}`),
  )
  expect(broken).toEqual([])
})
