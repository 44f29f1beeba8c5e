// Documents of the repository as pages of the site: links that lead to other pages, to the site's files, or to the repository.
import { existsSync, statSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { root } from '../../../tools/bootstrap.mjs'

/** The repository's files, for what is no page. */
export const repository = 'https://github.com/tscc/tscc'

/** The first heading of a document, without marks. */
export function titleOf(text) {
  const title = /^# (.+)$/m.exec(text)?.[1]
  if (title === undefined) throw new Error('no heading of the first level')
  return title.replace(/[`*]/g, '')
}

/** The text, and each of its fenced blocks, by a function of its own; a block without a language becomes one of `text`. */
export function mapText(text, map) {
  // Of each three: text, a block, its backticks
  return text
    .split(/(^(`{3,})[\s\S]*?^\2$)/m)
    .map((part, index) => (index % 3 === 0 ? map(part) : index % 3 === 1 ? part.replace(/^(`{3,})\n/, '$1text\n') : ''))
    .join('')
}

/** A document as a page: `pages` has the pages by the documents' paths from the root. */
export function toPage(text, { path, page, pages }) {
  return mapText(text.replace(/^<!-- docs-test:.*-->\n\n?/gm, ''), (part) => withLinks(part, path, page, pages))
}

function withLinks(text, path, page, pages) {
  return text.replace(/\]\((?!\w+:|#)([^)#\s]+)(#[^)\s]*)?\)/g, (_, target, hash = '') => {
    const found = posix.normalize(posix.join(dirname(path), target)).replace(/\/$/, '')
    const other = pages.get(found) ?? pages.get(`${found}/README.md`)
    if (other !== undefined) return `](${posix.relative(dirname(page), other) || posix.basename(other)}${hash})`
    if (target.endsWith('.svg')) return `](${target})`
    if (!existsSync(join(root, found))) throw new Error(`${path}: leads to ${target}, which is not there`)
    const kind = statSync(join(root, found)).isDirectory() ? 'tree' : 'blob'
    return `](${repository}/${kind}/main/${found}${hash})`
  })
}
