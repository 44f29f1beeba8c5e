import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A fenced block of a document. */
export interface DocBlock {
  /** Path of the document from the root. */
  readonly path: string
  /** Line of the fence, from 1. */
  readonly line: number
  /** What stands behind the backticks: `ts`, `sh`, … */
  readonly language: string
  /** Words of the `<!-- docs-test: … -->` before the fence, none where there is no such comment. */
  readonly marks: readonly string[]
  readonly text: string
}

/** Paths from `root` of every Markdown file that a reader meets. */
export function documentPaths(root: string): readonly string[] {
  const at = (folder: string) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))
  const packages = ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => join(group, name)),
  )
  const candidates = [
    ...readdirSync(root),
    ...at('docs'),
    ...packages.flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(folder, name))),
  ]
  return candidates.filter((path) => path.endsWith('.md') && !/(?:^|\/)(?:api|CHANGELOG)\.md$/.test(path)).sort()
}

/** Whether a document is read from its beginning to its end, in one folder, so that its blocks are walked through. */
export function isGuide(path: string): boolean {
  return /^docs\/(?:tutorial|recipes)\//.test(path)
}

/** The fenced blocks of a document, with the marks before them. */
export function docBlocks(root: string, path: string): readonly DocBlock[] {
  const lines = readFileSync(join(root, path), 'utf8').split('\n')
  const blocks: DocBlock[] = []
  for (let index = 0; index < lines.length; index++) {
    const fence = /^(`{3,})([\w-]*)/.exec(lines[index] ?? '')
    if (fence === null) continue
    const start = index
    const [, ticks = '```', language = ''] = fence
    do index++
    while (index < lines.length && lines[index]?.trimEnd() !== ticks)
    const before = lines.slice(0, start).filter((line) => line.trim() !== '')
    const mark = /^<!--\s*docs-test:\s*(.+?)\s*-->$/.exec(before.at(-1)?.trim() ?? '')
    const text = `${lines.slice(start + 1, index).join('\n')}\n`
    blocks.push({ path, line: start + 1, language, marks: mark?.[1]?.split(/\s+/) ?? [], text })
  }
  return blocks
}
