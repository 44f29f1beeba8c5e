import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isNeed, type Need } from '../../tools/needs.ts'
import type { DocBlock } from './doc-blocks.ts'
import type { Ended, ReaderProject } from './reader-project.ts'

/*
 * A guide is a document that is read from its beginning to its end: its blocks are walked through in their order, in one folder.
 * The comment before a fence says what a block is:
 *   <!-- docs-test: file NAME -->        write it to this file
 *   <!-- docs-test: run NEED… -->        run it by sh, in the folder that the run before it ended in (`cd`)
 *   <!-- docs-test: run fails NEED… -->  the same, and its exit code must not be 0
 *   <!-- docs-test: output -->           what the run before it printed; a line `…` stands for any lines
 *   <!-- docs-test: output figures -->   the same, with any numbers
 *   <!-- docs-test: skip reason -->      nothing is done with it
 */

/** What a block of a guide is. */
export type GuideStep =
  | { readonly kind: 'file'; readonly name: string; readonly block: DocBlock }
  | { readonly kind: 'run'; readonly fails: boolean; readonly needs: readonly Need[]; readonly block: DocBlock }
  | { readonly kind: 'output'; readonly figures: boolean; readonly block: DocBlock }
  | { readonly kind: 'skip'; readonly block: DocBlock }

const place = ({ path, line }: DocBlock) => `${path}:${line}`

/** The step that a block's comment makes of it; an error where there is none. */
export function guideStep(block: DocBlock): GuideStep {
  const [kind = '', ...rest] = block.marks
  if (kind === 'file' && rest.length === 1 && rest[0] !== undefined) return { kind, name: rest[0], block }
  if (kind === 'skip' && rest.length > 1) return { kind, block }
  if (kind === 'output' && rest.every((word) => word === 'figures')) return { kind, figures: rest.length > 0, block }
  if (kind === 'run') {
    const fails = rest[0] === 'fails'
    const names = (fails ? rest.slice(1) : rest).map((name) => (name === 'root' ? 'struct_ops' : name))
    const known = names.filter(isNeed)
    if (known.length === names.length) return { kind, fails, needs: known, block }
  }
  throw new Error(`${place(block)}: not a mark of a guide: '${block.marks.join(' ')}'`)
}

/** Walk through a guide's steps; `has` says whether this machine has what a run needs. Gives what went wrong, '' for nothing. */
export function walkGuide(
  project: ReaderProject,
  steps: readonly GuideStep[],
  has: (...needs: readonly Need[]) => boolean,
): string {
  const cwdFile = join(project.folder, '.cwd')
  let cwd = project.folder
  let ended: Ended | undefined // of the run before, none where it was left out
  for (const step of steps) {
    if (step.kind === 'file') {
      const path = join(cwd, step.name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, step.block.text)
    } else if (step.kind === 'run') {
      ended = undefined
      if (!has(...step.needs)) continue
      ended = project.run('sh', ['-euc', `${step.block.text}\npwd > '${cwdFile}'`], cwd)
      if ((ended.status === 0) === step.fails) return `${place(step.block)}: exit code ${ended.status}\n${ended.text}`
      if (ended.status === 0) cwd = readFileSync(cwdFile, 'utf8').trim()
    } else if (step.kind === 'output' && ended !== undefined && !matchesOutput(ended.text, step.block.text, step)) {
      return `${place(step.block)}: the document has\n${step.block.text}\nand what was printed is\n${ended.text}`
    }
  }
  return ''
}

/** Whether what was printed is what a document shows: spaces at the ends of lines and colours aside. */
export function matchesOutput(found: string, shown: string, { figures }: { readonly figures: boolean }): boolean {
  const plain = (text: string) => {
    const lines = text
      .replace(/\p{Cc}\[[\d;]*m/gu, '')
      .trim()
      .split('\n')
      .map((line) => line.trimEnd())
    return figures
      ? lines.map((line) =>
          line
            .trim()
            .replace(/\d[\d.,]*/g, '0')
            .replace(/\s+/g, ' '),
        )
      : lines
  }
  const escaped = plain(shown).map((line) =>
    line.trim() === '…' ? '(?:.*\\n)*?' : `${line.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}\\n`,
  )
  return new RegExp(`^${escaped.join('')}$`, 'u').test(`${plain(found).join('\n')}\n`)
}
