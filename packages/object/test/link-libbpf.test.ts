import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseBtfElf } from '@tscc/btf'
import { isTsccError } from '@tscc/core'
import { type BpfObject, type LinkTarget, linkObject, readObject } from '@tscc/object'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'

const sources = fileURLToPath(new URL('oracle/', import.meta.url))

/**
 * libbpf 1.1 takes every enum for signed; clang, the kernel and later libbpf (1.2) go by its values, and so do we. It then
 * finds another number than clang's in the instruction, and gives up.
 */
const OLD_LIBBPF = new Set(['kind_signed'])

describe.skipIf(!needs('clang', 'gcc', 'libbpf'))('CO-RE as libbpf does it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tscc-core-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const compile = (source: string, out: string, ...flags: string[]): string => {
    const path = join(folder, out)
    const common = ['-target', 'bpf', '-g', '-Wno-everything', '-c', `${sources}${source}`, '-o', path]
    execFileSync('clang', [...common, ...flags], { stdio: 'pipe' })
    return path
  }
  beforeAll(() => {
    execFileSync('gcc', ['-O1', '-Wall', '-o', join(folder, 'relocate'), `${sources}relocate.c`, '-lbpf'])
  })

  /** Each program by name: its code in hex, or `error`. */
  const theirs = (object: string, target: string): ReadonlyMap<string, string> => {
    const out = execFileSync(join(folder, 'relocate'), [object, target], { encoding: 'utf8', maxBuffer: 1 << 26 })
    return new Map(
      out
        .trim()
        .split('\n')
        .map((line) => [line.split(' ')[0] ?? '', line.split(' ')[1] ?? '']),
    )
  }
  const ours = (object: BpfObject, target: LinkTarget, name: string): string => {
    try {
      const [program] = linkObject(object, target, { programs: (f) => f.name === name }).programs
      return Buffer.from(program?.code ?? []).toString('hex')
    } catch (error) {
      if (isTsccError(error)) return 'error'
      throw error
    }
  }

  const cases = ['v1', 'v2', 'v3'].flatMap((cpu) => [1, 2, 3].map((variant) => ({ cpu, variant })))
  test.each(cases)('-mcpu=$cpu on kernel $variant', ({ cpu, variant }) => {
    const file = compile('local.bpf.c', `local-${cpu}.bpf.o`, '-O2', `-mcpu=${cpu}`)
    const kernel = compile('target.c', `target-${variant}.o`, `-DVARIANT=${variant}`)
    const expected = theirs(file, kernel)
    expect(expected.size).toBeGreaterThan(300)
    const read = readObject(new Uint8Array(readFileSync(file)))
    // libbpf's handler goes by this section; to us it is no type of program.
    const functions = read.functions.map((f) => ({ ...f, section: f.section.replace(/^core\/.*/, 'socket') }))
    const target = { btf: parseBtfElf(new Uint8Array(readFileSync(kernel))) }
    const differing = [...expected].filter(([name, code]) => {
      const mine = ours({ ...read, functions }, target, name)
      return mine !== code && !(OLD_LIBBPF.has(name) && code === 'error' && mine !== 'error')
    })
    expect(differing).toEqual([])
    const refused = [...expected].filter(([name, code]) => code === 'error' && !OLD_LIBBPF.has(name))
    // Two candidates in the kernel that do not agree.
    expect(refused.map(([name]) => name.replace(/_[a-z]+$/, ''))).toEqual(
      variant === 1 ? [] : Array.from({ length: 7 }, () => (variant === 2 ? 'twice_x' : 'twice_same')),
    )
  })
})
