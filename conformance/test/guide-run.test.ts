import { afterAll, expect, test } from 'vitest'
import type { DocBlock } from './doc-blocks.ts'
import { type GuideStep, guideStep, matchesOutput, walkGuide } from './guide-run.ts'
import { readerProject } from './reader-project.ts'

const project = readerProject()
afterAll(() => project.remove())

const block = (marks: string, text = '', line = 1): DocBlock => ({
  path: 'docs/tutorial/x.md',
  line,
  language: 'sh',
  marks: marks === '' ? [] : marks.split(' '),
  text,
})
const steps = (...blocks: readonly (readonly [string, string])[]): readonly GuideStep[] =>
  blocks.map(([marks, text], index) => guideStep(block(marks, text, index + 1)))
const walk = (...blocks: readonly (readonly [string, string])[]) => walkGuide(project, steps(...blocks), () => true)

test('files are written and commands run in their order, each where the one before it went', () => {
  const seen = walk(
    ['run', 'mkdir -p a && cd a\n'],
    ['file b/c.txt', 'hello\n'],
    ['run', 'cat b/c.txt\n'],
    ['output', 'hello\n'],
  )
  expect(seen).toBe('')
})

test('what goes wrong is told with its place', () => {
  expect(walk(['run', 'echo no; exit 3\n'])).toMatch(/^docs\/tutorial\/x\.md:1: exit code 3\nno/)
  expect(walk(['run fails', 'true\n'])).toMatch(/:1: exit code 0/)
  expect(walk(['run fails', 'false\n'])).toBe('')
  expect(walk(['run', 'echo 1\n'], ['output', '2\n'])).toMatch(/:2: the document has\n2\n/)
})

test('what this machine lacks is left out, with what it would have printed', () => {
  const left = walkGuide(project, steps(['run root', 'exit 1\n'], ['output', 'nothing\n']), () => false)
  expect(left).toBe('')
})

test('every block says what it is', () => {
  for (const marks of ['', 'file', 'skip', 'skip reason', 'run quickly', 'output sometimes', 'types'])
    expect(() => guideStep(block(marks)), marks).toThrow(`docs/tutorial/x.md:1: not a mark of a guide: '${marks}'`)
})

test('what a document shows is compared line by line', () => {
  const printed = 'first 1.5 ms\nsecond\nthird\nlast   22 kB\n'
  expect(matchesOutput(printed, printed, { figures: false })).toBe(true)
  expect(matchesOutput(printed, 'first 1.5 ms\n…\nlast   22 kB\n', { figures: false })).toBe(true)
  expect(matchesOutput(printed, 'first 1.6 ms\n…\n', { figures: false })).toBe(false)
  expect(matchesOutput(printed, 'first 1.6 ms\n…\nlast 7 kB\n', { figures: true })).toBe(true)
  expect(matchesOutput(printed, 'first 1.5 ms\nsecond\n', { figures: true })).toBe(false)
  expect(matchesOutput(printed, 'first 1.5 us\n…\n', { figures: true })).toBe(false)
})
