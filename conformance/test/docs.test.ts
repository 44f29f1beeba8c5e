import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../../tools/bootstrap.mjs'
import { isNeed, needs } from '../../tools/needs.ts'
import { docBlocks, documentPaths, isGuide } from './doc-blocks.ts'
import { readerProject } from './reader-project.ts'

// Every complete program of the documents is compiled and run as a reader would. A comment before the fence changes that:
//   <!-- docs-test: skip reason -->   not run (a fragment)
//   <!-- docs-test: struct_ops -->    run where the machine has this (the names of tools/needs.ts; root is struct_ops)
//   <!-- docs-test: types -->         compiled by tsc and not run (a *.bpf.ts file)
//   <!-- docs-test: run -->           before a sh block: run it, with `tscc` on PATH
// Tutorial and recipes are walked through from beginning to end instead: guides.test.ts.

const documents = documentPaths(root)
const blocks = documents.filter((path) => !isGuide(path)).flatMap((path) => docBlocks(root, path))
const programs = blocks.filter(({ language, marks }) => language === 'ts' && marks[0] !== 'skip')
const runnable = programs.filter(({ marks }) => marks[0] !== 'types')
const commands = blocks.filter(({ language, marks }) => language === 'sh' && marks[0] === 'run')

const project = readerProject()
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
const fileOf = ({ path, line }: { path: string; line: number }) => `${path.replace(/[/.]/g, '-')}-L${line}`

beforeAll(() => {
  writeFileSync(join(project.folder, 'package.json'), '{ "name": "reader", "private": true, "type": "module" }\n')
  for (const block of programs) writeFileSync(join(project.folder, `${fileOf(block)}.ts`), `${block.text}export {}\n`)
})

afterAll(() => project.remove())

function runIn(command: string, args: readonly string[]): string {
  const { status, text } = project.run(command, args)
  return status === 0 ? '' : `${text}exit code ${status}`
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
