import { readFileSync } from 'node:fs'
import { compile, diagnosticText } from '@tscc/compiler'
import { expect, test } from 'vitest'

const sources = ['programs/vegas', '../../../bench/programs/vegas', '../../bpf/test/programs/tour'].map((name) =>
  readFileSync(new URL(`${name}.bpf.ts`, import.meta.url), 'utf8'),
)
const WORDS = [
  '0',
  'null',
  '1.5',
  'sk',
  'tp',
  '"x"',
  '-1',
  '[]',
  '{}',
  'v',
  'undefined',
  'true',
  '() => 1',
  '99999999999',
]

/** Small programs that are almost right: a few words taken out, doubled, exchanged or replaced. */
function spoiled(seed: number): string {
  let state = seed >>> 0 || 1
  const pick = (count: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return (state >>> 4) % count
  }
  const words = [
    ...((sources[pick(sources.length)] ?? '').match(/\/\*[\s\S]*?\*\/|\/\/.*|\w+|\s+|=>|[=!]==|[<>]=|./g) ?? []),
  ]
  for (let rounds = 1 + pick(2); rounds > 0; rounds--) {
    const [at, other] = [pick(words.length), pick(words.length)]
    const [word, another] = [words[at] ?? '', words[other] ?? '']
    const replaced = ['', another, another, WORDS[pick(WORDS.length)] ?? ''][pick(4)] ?? ''
    if (replaced === another && pick(2) === 0) words[other] = word
    words[at] = replaced
  }
  return words.join('')
}

const first = Math.floor(Math.random() * 2 ** 31)
const programs = 400 * Number(process.env.FUZZ_FACTOR ?? 1)

test(`whatever the text, mistakes are data with a place in it (seeds from ${first})`, () => {
  let told = 0
  for (let seed = first; seed < first + programs; seed++) {
    const text = spoiled(seed)
    const { diagnostics, object } = compile(text)
    expect({ seed, isEither: (object === undefined) === diagnostics.length > 0 }).toEqual({ seed, isEither: true })
    for (const one of diagnostics) {
      const { start, end } = one.span
      expect({ seed, isWithin: start <= end && end <= text.length }).toEqual({ seed, isWithin: true })
      expect(diagnosticText(one, text)).toContain(one.code)
      told++
    }
  }
  expect(told).toBeGreaterThan(programs / 4)
})
