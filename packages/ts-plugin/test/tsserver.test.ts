import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { algorithms } from '@tscc/algos'
import { diagnosticCodes } from '@tscc/compiler'
import fc from 'fast-check'
import type ts from 'typescript'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freshDist } from '../../../tools/fresh-dist.ts'
import { examples } from '../../compiler/tools/diagnostic-examples.mjs'
import { programOf } from '../../compiler/tools/fragments.mjs'
import { newProject, type Server, startServer, typescripts } from './tsserver.ts'

type Diagnostic = ts.server.protocol.Diagnostic

beforeAll(freshDist, 300_000)

describe.each(typescripts)('%s', (typescript) => {
  const held: { project?: ReturnType<typeof newProject>; server?: Server } = {}
  const at = (name: string): string => join(held.project?.folder ?? '', name)
  const server = (): Server => {
    if (held.server === undefined) throw new Error('no server')
    return held.server
  }
  const own = (all: readonly Diagnostic[]): readonly Diagnostic[] => all.filter(({ source }) => source === 'tscc')
  /** Diagnostics, once those of the compiler are what they should be: on a busy machine they come later. */
  const until = async (file: string, codes: readonly number[]): Promise<readonly Diagnostic[]> =>
    server().diagnoseUntil(file, (all) => String(own(all).map(({ code }) => code)) === String(codes))
  const ownUntil = async (file: string, codes: readonly number[]) => own(await until(file, codes))
  /** The text that a diagnostic marks. */
  const marked = (file: string, { start, end }: Diagnostic): string =>
    (server().textOf(file).split('\n')[start.line - 1] ?? '').slice(start.offset - 1, end.offset - 1)
  const placeOf = (file: string, text: string) => {
    const before = server().textOf(file).split(text)[0]?.concat(text).split('\n') ?? []
    return { file, line: before.length, offset: (before.at(-1) ?? '').length + 1 }
  }
  /** Descriptions of the quick fixes of a diagnostic; the first that `choose` is of is made. */
  const fix = async (file: string, one: Diagnostic, choose: string): Promise<readonly string[]> => {
    const range = { startLine: one.start.line, startOffset: one.start.offset, endLine: one.end.line }
    const fixes = await server().ask<ts.server.protocol.CodeFixAction[]>('getCodeFixes', {
      file,
      ...range,
      endOffset: one.end.offset,
      errorCodes: [one.code],
    })
    const lines = server().textOf(file).split('\n')
    const offsetOf = (place: { readonly line: number; readonly offset: number }): number =>
      lines.slice(0, place.line - 1).reduce((sum, line) => sum + line.length + 1, 0) + place.offset - 1
    const changes = fixes.find(({ description }) => description.includes(choose))?.changes[0]?.textChanges ?? []
    const text = [...changes]
      .sort((a, b) => offsetOf(b.start) - offsetOf(a.start))
      .reduce(
        (all, { start, end, newText }) => all.slice(0, offsetOf(start)) + newText + all.slice(offsetOf(end)),
        server().textOf(file),
      )
    if (changes.length > 0) server().edit(file, server().textOf(file), text)
    return fixes.map(({ description }) => description)
  }
  /** Open a file that is on disk too, as editors do. */
  const open = (name: string, text: string): string => {
    writeFileSync(at(name), text)
    server().open(at(name), text)
    return at(name)
  }
  const openTemplate = (name: string): string => open(name, readFileSync(at('my_cc.bpf.ts'), 'utf8'))

  beforeAll(() => {
    held.project = newProject(typescript)
    held.server = startServer(held.project.folder)
  })

  afterAll(async () => {
    await held.server?.close()
    held.project?.remove()
  })

  test('a new project has no mistakes; its fields are completed', async () => {
    const file = at('my_cc.bpf.ts')
    server().open(file, readFileSync(file, 'utf8'))
    expect(await until(file, [])).toEqual([])
    server().edit(file, 'let left = acked', 'let left = acked\n    tp.')
    const { entries } = await server().ask<ts.server.protocol.CompletionInfo>('completionInfo', {
      ...placeOf(file, '    tp.'),
    })
    const names = entries.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['snd_cwnd', 'snd_ssthresh', 'srtt_us', 'prior_cwnd']))
    server().edit(file, '\n    tp.', '')
    expect(names.length).toBeGreaterThan(100)
  })

  test('what a field is, with its unit', async () => {
    const file = openTemplate('hover.bpf.ts')
    server().edit(file, 'let left = acked', 'let left = tp.srtt_us >> 3')
    const hover = (text: string) =>
      server().ask<ts.server.protocol.QuickInfoResponseBody>('quickinfo', placeOf(file, text))
    expect(await hover('tp.snd_cwn')).toMatchObject({
      displayString: '(property) tcp_sock.snd_cwnd: u32',
      documentation: 'sending congestion window, segments',
    })
    expect(await hover('tp.srtt_u')).toMatchObject({
      displayString: '(property) tcp_sock.srtt_us: u32',
      documentation: 'smoothed round-trip time, us << 3',
    })
    expect(await hover('\n  cong_avoi')).toMatchObject({ documentation: expect.stringMatching(/ACK/) })
  })

  test('a field that programs cannot write is one, for TypeScript and for the compiler', async () => {
    const file = openTemplate('readonly.bpf.ts')
    server().edit(file, 'let left = acked', 'tp.srtt_us = 1\n    let left = acked')
    const diagnostics = await until(file, [2204])
    expect(diagnostics.map((one) => [one.source ?? 'ts', one.code, marked(file, one)])).toEqual([
      ['ts', 2540, 'srtt_us'],
      ['tscc', 2204, 'tp.srtt_us'],
    ])
  })

  test('a mistake comes and goes as it is typed', async () => {
    const file = openTemplate('typed.bpf.ts')
    const took: number[] = []
    const diagnose = async (codes: readonly number[]) => {
      const begin = performance.now()
      const got = await until(file, codes)
      took.push(performance.now() - begin)
      return got
    }
    expect(await diagnose([])).toEqual([])
    for (let round = 0; round < 5; round++) {
      server().edit(file, 'let left = acked', 'let left = acked\n    const narrow: u16 = tp.snd_cwnd + 1')
      const found = own(await diagnose([2103]))
      expect(found.map((one) => [one.code, one.category, one.text, marked(file, one)])).toEqual([
        [2103, 'error', 'u32 does not fit u16\nhelp: cut it on purpose: u16(tp.snd_cwnd + 1)', 'tp.snd_cwnd + 1'],
      ])
      server().edit(file, '\n    const narrow: u16 = tp.snd_cwnd + 1', '')
      expect(await diagnose([])).toEqual([])
    }
    const [first, ...rest] = took
    const sorted = [...rest].sort((a, b) => a - b)
    console.log(
      `${typescript}: diagnostics after an edit in ${sorted[sorted.length >> 1]?.toFixed(0)} ms (median of ${rest.length}), first ${first?.toFixed(0)} ms`,
    )
  })

  test('did you mean, as a quick fix; numbers that TypeScript has too are not taken for its own', async () => {
    const file = openTemplate('fixes.bpf.ts')
    server().edit(
      file,
      'let left = acked',
      'let left = acked\n    const a: FixedArray<u32, 4> = []\n    left = a[left]',
    )
    server().edit(file, '  global,', '  type FixedArray,\n  global,')
    const [index] = await ownUntil(file, [2305])
    if (index === undefined) throw new Error('no diagnostic')
    expect([index.code, index.text]).toEqual([2305, 'left may be more than 3\nhelp: left & 3'])
    expect(await fix(file, index, 'left & 3')).toEqual(['Write left & 3'])
    expect(await until(file, [])).toEqual([])

    server().edit(file, 'a[left & 3]', 'a[4]')
    const [outside] = await ownUntil(file, [2304])
    if (outside === undefined) throw new Error('no diagnostic')
    // TypeScript's 2304 is `Cannot find name`
    expect([outside.code, await fix(file, outside, 'nothing')]).toEqual([2304, []])
    server().edit(file, 'a[4]', 'a[0]')

    server().edit(file, 'prior_cwnd', 'prior_cwn')
    const near = await ownUntil(file, [2002])
    expect(near.map(({ code, text }) => [code, text])).toEqual([
      [2002, 'tcp_sock has no field prior_cwn\nhelp: did you mean prior_cwnd?'],
    ])
    for (const one of near) expect(await fix(file, one, 'prior_cwnd')).toContain('Write prior_cwnd')
    expect(await until(file, [])).toEqual([])
  })

  test('editors hear that there are fixes, of a file and of none', async () => {
    const file = at('my_cc.bpf.ts')
    for (const args of [{ file }, null]) {
      const codes = await server().ask<string[]>('getSupportedCodeFixes', args)
      expect(codes).toEqual(expect.arrayContaining(diagnosticCodes.map(({ code }) => code.replace('TSCC', ''))))
      expect(codes).toContain('2551')
    }
  })

  test('a cast brings its import', async () => {
    const file = openTemplate('cast.bpf.ts')
    server().edit(file, 'let left = acked', 'let left = acked\n    const small: u16 = left')
    server().edit(file, '  type u64,\n', '  type u16,\n  type u64,\n')
    const [found] = await ownUntil(file, [2103])
    if (found === undefined) throw new Error('no diagnostic')
    expect(await fix(file, found, 'u16(left)')).toContain('Write u16(left)')
    expect(server().textOf(file)).toContain('  u16,\n')
    expect(await until(file, [])).toEqual([])
  })

  test('imported files count as they are in the editor; their mistakes lead there', async () => {
    const helper = open(
      'half.bpf.ts',
      "import type { u32 } from '@tscc/bpf'\n\nexport function half(n: u32): u32 {\n  return n / 2\n}\n",
    )
    const file = openTemplate('imports.bpf.ts')
    server().edit(file, "from '@tscc/bpf'", "from '@tscc/bpf'\nimport { half } from './half.bpf.ts'")
    server().edit(file, 'let left = acked', 'let left = half(acked)')
    expect(await until(file, [])).toEqual([])
    // A module without a program, which others import
    expect(await until(helper, [])).toEqual([])

    server().edit(helper, 'n / 2', 'n / 0')
    const [found] = await ownUntil(file, [2105])
    if (found === undefined) throw new Error('no diagnostic')
    expect([found.text, found.code, marked(file, found)]).toEqual([
      './half.bpf.ts has a mistake',
      2105,
      "'./half.bpf.ts'",
    ])
    expect(found.relatedInformation).toEqual([
      expect.objectContaining({
        message: expect.stringMatching(/^division by zero\nhelp: /),
        code: 2105,
        span: { file: helper, start: { line: 4, offset: 14 }, end: { line: 4, offset: 15 } },
      }),
    ])
    expect((await ownUntil(helper, [2105])).map((one) => marked(helper, one))).toEqual(['0'])
    server().edit(helper, 'n / 0', 'n / 4')
    expect(await until(file, [])).toEqual([])
  })

  test('while a line is unfinished, mistakes of others stay', async () => {
    const file = openTemplate('unfinished.bpf.ts')
    server().edit(file, 'tp.snd_cwnd, left)', 'tp.snd_cwnd, left, 1)')
    const before = await ownUntil(file, [2201])
    server().edit(file, 'let left = acked', 'let left = acked\n    const next = (')
    const meanwhile = await ownUntil(file, [2201])
    expect(meanwhile.map(({ code, start }) => [code, start.line])).toEqual([[2201, (before[0]?.start.line ?? 0) + 1]])
  })

  test('a large program does not hold the editor up: what is wrong with it comes when it is known', async () => {
    const bbr = algorithms.find(({ name }) => name === 'bbr')
    if (bbr?.kind !== 'language') throw new Error('no bbr')
    const wrong = bbr.text.replace(/(\n {2}undo_cwnd\b)/, '\n  nothing() {},$1')
    const file = open('bbr.bpf.ts', wrong)
    const [found] = await ownUntil(file, [2004])
    expect(found?.text).toMatch(/^tcp_congestion_ops has no callback nothing/)
  })

  test('every diagnostic of the table is shown', { timeout: 120_000 }, async () => {
    const shown: (readonly [string, number])[] = []
    const wanted = diagnosticCodes.map(({ name, code }) => [name, Number(code.replace('TSCC', ''))] as const)
    const file = open('all.bpf.ts', '')
    for (const [name, code] of wanted) {
      const { text } = programOf(examples[name].code)
      server().edit(file, server().textOf(file), text)
      // What cannot be parsed TypeScript tells itself.
      const own = name === 'syntax' ? [] : [code]
      await until(file, own)
      shown.push([name, code])
    }
    expect(shown).toEqual(wanted)
  })

  test('whatever is typed, it goes on', { timeout: 120_000 }, async () => {
    const file = openTemplate('random.bpf.ts')
    const words = server()
      .textOf(file)
      .split(/(\W)/)
      .filter((word) => word.trim() !== '')
    const changes = fc.array(fc.tuple(fc.nat(2000), fc.nat(20), fc.oneof(fc.constantFrom(...words), fc.string())), {
      minLength: 1,
      maxLength: 3,
    })
    const begin = server().textOf(file)
    await fc.assert(
      fc.asyncProperty(changes, async (all) => {
        const text = all.reduce((now, [at, length, other]) => now.slice(0, at) + other + now.slice(at + length), begin)
        server().edit(file, server().textOf(file), text)
        const found = await server().diagnoseUntil(file, () => true)
        const lines = text.split(/\r\n|[\n\r\u2028\u2029]/)
        for (const { start, end } of own(found)) {
          expect(start.line).toBeLessThanOrEqual(end.line)
          expect(end.line).toBeLessThanOrEqual(lines.length)
        }
      }),
      { numRuns: 40 },
    )
    server().edit(file, server().textOf(file), begin)
    expect(await until(file, [])).toEqual([])
  })

  test('the server has nothing to complain of', () => {
    const said = server()
      .log()
      .split('\n')
      .filter((line) => line.includes('[tscc]') || /Exception|failed with/i.test(line))
    expect(said).toEqual([])
  })
})
