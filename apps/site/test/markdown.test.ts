import { expect, test } from 'vitest'
import { mapText, repository, titleOf, toPage } from '../tools/markdown.mjs'

const pages = new Map([
  ['README.md', 'overview.md'],
  ['docs/language.md', 'language.md'],
  ['packages/sim/README.md', 'reference/sim/index.md'],
])
const page = (text: string) => toPage(text, { path: 'docs/tutorial/1.md', page: 'tutorial/1.md', pages })

test('links lead to pages where there are some, and to the repository where not', () => {
  expect(page('[a](../language.md#maps) [b](../../packages/sim) [c](../../README.md)')).toBe(
    '[a](../language.md#maps) [b](../reference/sim/index.md) [c](../overview.md)',
  )
  expect(page('[d](../../tools/needs.ts) [e](../../packages/algos/src)')).toBe(
    `[d](${repository}/blob/main/tools/needs.ts) [e](${repository}/tree/main/packages/algos/src)`,
  )
  expect(page('[f](https://example.org) [g](#here) ![h](plots/a.svg)')).toBe(
    '[f](https://example.org) [g](#here) ![h](plots/a.svg)',
  )
})

test('a link to nothing is an error that names the document', () => {
  expect(() => page('[a](gone.md)')).toThrow('docs/tutorial/1.md: leads to gone.md, which is not there')
})

test('blocks stay as they are, but for a language; marks for tests go', () => {
  expect(page('<!-- docs-test: run -->\n\n```sh\n[a](gone.md)\n```\n')).toBe('```sh\n[a](gone.md)\n```\n')
  expect(mapText('a\n```\nb\n```\nc\n````md\n```\nd\n```\n````\n', (text: string) => text.toUpperCase())).toBe(
    'A\n```text\nb\n```\nC\n````md\n```\nd\n```\n````\n',
  )
})

test('a page is called by its first heading', () => {
  expect(titleOf('<!-- x -->\n\n# The `tscc` command\n\n# Another\n')).toBe('The tscc command')
  expect(() => titleOf('text')).toThrow('no heading')
})
