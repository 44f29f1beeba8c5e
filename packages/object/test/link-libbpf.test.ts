import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isElf, parseBtf, parseBtfElf } from '@tscc/btf'
import { isTsccError } from '@tscc/core'
import { type BpfObject, type LinkTarget, linkObject, readObject } from '@tscc/object'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'

const sources = fileURLToPath(new URL('oracle/', import.meta.url))

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
    for (const tool of ['relocate', 'matches', 'enum64'])
      execFileSync('gcc', ['-O1', '-Wall', '-o', join(folder, tool), `${sources}${tool}.c`, '-lbpf'])
  })

  /** What one of the tools makes of a file, in another file. */
  const filter = (tool: string, from: string | undefined, to: string): string => {
    const input = from === undefined ? {} : { input: readFileSync(from) }
    writeFileSync(to, execFileSync(join(folder, tool), { ...input, maxBuffer: 1 << 26 }))
    return to
  }

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

  /** libbpf's result for each program, and those of ours that are others. */
  const compare = (file: string, kernel: string) => {
    const expected = theirs(file, kernel)
    const read = readObject(new Uint8Array(readFileSync(file)))
    // libbpf's handler goes by this section; to us it is no type of program.
    const functions = read.functions.map((f) => ({ ...f, section: f.section.replace(/^core\/.*/, 'socket') }))
    const bytes = new Uint8Array(readFileSync(kernel))
    const target = { btf: isElf(bytes) ? parseBtfElf(bytes) : parseBtf(bytes) }
    const differing = [...expected].filter(([name, code]) => ours({ ...read, functions }, target, name) !== code)
    return { expected, differing }
  }

  // All of them where the tools' tests are what is run; elsewhere one will do.
  const processors = process.env.TSCC_REQUIRE_TOOLS === '1' ? ['v1', 'v2', 'v3'] : ['v3']
  const cases = processors.flatMap((cpu) => [1, 2, 3].map((variant) => ({ cpu, variant })))
  test.each(cases)('-mcpu=$cpu on kernel $variant', ({ cpu, variant }) => {
    const file = compile('local.bpf.c', `local-${cpu}.bpf.o`, '-O2', `-mcpu=${cpu}`)
    const kernel = compile('target.c', `target-${variant}.o`, `-DVARIANT=${variant}`)
    const { expected, differing } = compare(file, kernel)
    expect(expected.size).toBeGreaterThan(300)
    expect(differing).toEqual([])
    const refused = [...expected].filter(([name, code]) => code === 'error' && name !== 'kind_signed')
    // Two candidates in the kernel that do not agree.
    expect(refused.map(([name]) => name.replace(/_[a-z]+$/, ''))).toEqual(
      variant === 1 ? [] : Array.from({ length: 7 }, () => (variant === 2 ? 'twice_x' : 'twice_same')),
    )
  })

  /** Kernels of a subject, as its target's second line says. */
  const variantsOf = (name: string): readonly number[] => {
    const count = Number(/VARIANTS: (\d+)/.exec(readFileSync(`${sources}corpus/${name}.target.c`, 'utf8'))?.[1])
    return Array.from({ length: count }, (_, i) => i + 1)
  }
  const corpus = readdirSync(`${sources}corpus`).flatMap((name) => /^(\w+)\.bpf\.c$/.exec(name)?.[1] ?? [])
  test.each(corpus.flatMap((name) => processors.map((cpu) => ({ name, cpu }))))(
    'corpus: $name at -mcpu=$cpu',
    ({ name, cpu }) => {
      const plain = compile(`corpus/${name}.bpf.c`, `${name}-${cpu}.bpf.o`, '-O2', `-mcpu=${cpu}`)
      const file = name === 'matches' ? filter('matches', plain, `${plain}.matches`) : plain
      const kernels = variantsOf(name).map((variant) =>
        compile(`corpus/${name}.target.c`, `${name}-${variant}.o`, `-DVARIANT=${variant}`),
      )
      if (name === 'enums') kernels.push(filter('enum64', undefined, join(folder, 'enum64.btf')))
      for (const kernel of kernels) {
        const { expected, differing } = compare(file, kernel)
        expect(expected.size).toBeGreaterThan(30)
        expect(differing, kernel).toEqual([])
      }
    },
    60_000,
  )
})
