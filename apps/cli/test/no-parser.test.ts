import { realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { asNoParser } from '../src/output/no-parser.ts'
import { describeError } from '../src/output/report-error.ts'
import { buildFirst, scratch, tscc, withoutMount } from './tscc.ts'

buildFirst()
const file = scratch()

/** As oxc-parser chains what it tried: the last one outside. */
function loaderError(...tried: readonly string[]): Error {
  const cause = tried.reduce<Error | undefined>((inner, message) => new Error(message, { cause: inner }), undefined)
  return new Error('Cannot find native binding. npm has a bug related to optional dependencies', { cause })
}

const stack = '\nRequire stack:\n- /x/bindings.js'
const beside = `Cannot find module './parser.linux-x64-gnu.node'${stack}`
const wasm = `Cannot find module '@oxc-parser/binding-wasm32-wasip1'${stack}`

test('a library that the machine lacks is named, and how to get it', () => {
  const why = 'libgcc_s.so.1: cannot open shared object file: No such file or directory'
  expect(describeError(asNoParser(loaderError(beside, why, wasm)))).toMatchObject({
    code: 'cli/no-parser',
    message: `oxc-parser: its native part cannot be loaded: ${why}`,
    help: ['apt-get install libgcc-s1'],
  })
})

test('a package for the platform that is not installed is named', () => {
  const absent = `Cannot find module '@oxc-parser/binding-linux-x64-gnu'${stack}`
  expect(describeError(asNoParser(loaderError(beside, absent, wasm)))).toMatchObject({
    message: "oxc-parser: its native part cannot be loaded: Cannot find module '@oxc-parser/binding-linux-x64-gnu'",
    help: [expect.stringMatching(/^install again/)],
  })
})

test('other errors stay as they are', () => {
  const error = new Error('something else', { cause: new Error('native binding') })
  expect(asNoParser(error)).toBe(error)
  expect(asNoParser('text')).toBe('text')
})

test.skipIf(process.platform !== 'linux' || process.getuid?.() !== 0)('tscc build tells it (root: a mount)', () => {
  const compiler = createRequire(createRequire(import.meta.url).resolve('@tscc/cli')).resolve('@tscc/compiler')
  const from = createRequire(createRequire(realpathSync(compiler)).resolve('oxc-parser'))
  const binding = ['gnu', 'musl'].flatMap((library) => {
    try {
      return [from.resolve(`@oxc-parser/binding-linux-${process.arch}-${library}`)]
    } catch {
      return []
    }
  })
  const source = file('lost.bpf.ts', 'export {}\n')
  const through = withoutMount(binding.map((path) => `mount --bind /dev/null ${path}`).join(' && '))
  const { status, stderr } = tscc(['build', source], { through, cwd: dirname(source) })
  expect(status).toBe(1)
  expect(stderr).toMatch(/^error: oxc-parser: its native part cannot be loaded: .*file too short\nhelp: install again/)
})
