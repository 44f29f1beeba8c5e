import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { assemble, cpuOf, decode, disassemble, encode, type Insn, type TextStyle } from '@tscc/insn'
import { afterAll, describe, expect, test } from 'vitest'
import { textSection } from './text-section.ts'

const fixtures = fileURLToPath(new URL('fixtures/', import.meta.url))
const names = readdirSync(fixtures)
  .filter((name) => name.endsWith('.o'))
  .map((name) => name.slice(0, -2))

/** Instruction lines only, without address and symbol notes. */
const objdumpLines = (text: string) =>
  text
    .split('\n')
    .filter((line) => /^\s*\d+:/.test(line))
    .map((line) =>
      line
        .replace(/^\s*\d+:\s*/, '')
        .replace(/\s<[^<>]*>$/, '')
        .trim(),
    )
/** Objdump does not tell the callee's kind: a function's distance is written like a helper's number. */
const asObjdump = (line: string) => line.replace(/^call pc\+?/, 'call ')
const withoutCallKind = (insn: Insn): Insn =>
  insn.kind === 'callFunc' ? { kind: 'callHelper', helper: insn.target } : insn

function compare(directory: string, name: string, sameText: boolean) {
  const { bytes, endian } = textSection(readFileSync(join(directory, `${name}.o`)))
  const text = readFileSync(join(directory, `${name}.txt`), 'utf8')
  const style: TextStyle = name.includes('.v3') ? 'alu32' : 'plain'
  const insns = decode(bytes, { endian })
  expect(insns.length).toBeGreaterThan(5)
  expect(Buffer.from(encode(insns, { endian })).equals(Buffer.from(bytes))).toBe(true)
  if (sameText) expect(disassemble(insns, { style }).split('\n').map(asObjdump)).toEqual(objdumpLines(text))
  expect(assemble(text)).toEqual(insns.map(withoutCallKind))
  expect(assemble(disassemble(insns, { style, numbers: true }))).toEqual(insns)
  const level = /\.(v\d)/.exec(name)?.[1] ?? ''
  for (const insn of insns) expect(cpuOf(insn) <= level, `${insn.kind} needs ${cpuOf(insn)}`).toBe(true)
}

describe('committed objects', () => {
  test('there are some for each level', () => {
    for (const level of ['v1', 'v2', 'v3', 'v3eb']) expect(names.filter((name) => name.endsWith(level)).length).toBe(4)
  })
  test.each(names)('%s', (name) => {
    compare(fixtures, name, true)
  })
})

const toolVersion = (tool: string): number | undefined => {
  try {
    return Number(/version (\d+)/.exec(execFileSync(tool, ['--version'], { encoding: 'utf8' }))?.[1])
  } catch {
    return undefined
  }
}
const objdump = toolVersion('llvm-objdump')
const clang = toolVersion('clang')
if (objdump === undefined || clang === undefined)
  console.log('llvm-objdump: the live comparison is skipped, clang or llvm-objdump is not installed')

describe.skipIf(objdump === undefined || clang === undefined)('objects compiled now', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tscc-insn-'))
  afterAll(() => rmSync(directory, { recursive: true }))

  test('text and instructions agree', () => {
    execFileSync(process.execPath, [join(fixtures, 'generate.mjs'), directory])
    // From 15 on, llvm prints more numbers in hex: then only the meaning of its text is compared.
    for (const name of names) compare(directory, name, objdump === 14)
  })
})
