import { copyFileSync, existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../../tools/bootstrap.mjs'
import { needs } from '../../tools/needs.ts'
import { docBlocks, documentPaths, isGuide } from './doc-blocks.ts'
import { guideStep, walkGuide } from './guide-run.ts'
import { readerProject } from './reader-project.ts'

// Tutorial and recipes are walked through as a reader would: every file written, every command run, in their order. The tutorial is
// one project from its first chapter to its last, a recipe is one of its own. The plots of a document are files that its commands
// wrote: TSCC_UPDATE_PLOTS=1 npx vitest run conformance/test/guides.test.ts makes them anew.

const SLOW = 300_000
const guides = documentPaths(root).filter(isGuide)
const chapters = guides.filter((path) => path.startsWith('docs/tutorial/'))
const recipes = guides.filter((path) => !chapters.includes(path))

/** The names under which the guides register. */
const names = ['my_vegas', 'tally_doc']

/** The plots that a document shows. */
function plotsOf(path: string): readonly string[] {
  const images = readFileSync(join(root, path), 'utf8').matchAll(/!\[[^\]]*\]\(([^)\s]+\.svg)\)/g)
  return [...images].map(([, target = '']) => join(dirname(path), target))
}

/** The folder below a reader's in which a plot lies after the walk. */
function checkPlots(path: string, folder: string): void {
  for (const plot of plotsOf(path)) {
    const made = join(folder, basename(plot))
    if (process.env.TSCC_UPDATE_PLOTS === '1') copyFileSync(made, join(root, plot))
    expect(readFileSync(made, 'utf8'), `${plot}: is not what the commands write`).toBe(
      existsSync(join(root, plot)) ? readFileSync(join(root, plot), 'utf8') : '',
    )
  }
}

/** The names that the documents register are the machine's: only one walk at a time, by a socket that ends with this process. */
const lock = createServer()
async function takeLock(): Promise<void> {
  if (process.platform !== 'linux') return
  const listening = await new Promise<boolean>((done) => {
    lock.once('error', () => done(false))
    lock.listen('\0tscc-guides', () => done(true))
  })
  if (listening) return
  await new Promise((done) => setTimeout(done, 500))
  await takeLock()
}

/** What a walk that failed, or was killed, has left registered. */
function tidy(): void {
  if (!needs('struct_ops')) return
  const project = readerProject()
  project.run('tscc', ['use', '--clear'])
  for (const name of names) project.run('tscc', ['unregister', name])
  project.remove()
}

beforeAll(async () => {
  await takeLock()
  tidy()
}, SLOW)
afterAll(() => {
  tidy()
  lock.close()
})

describe('the tutorial', () => {
  const project = readerProject()
  afterAll(() => project.remove())

  test.each(chapters)('%s', { timeout: SLOW }, (path) => {
    const steps = docBlocks(root, path).map(guideStep)
    const inside = join(project.folder, 'my-cc')
    const walker = existsSync(inside) ? { ...project, folder: inside } : project
    expect(walkGuide(walker, steps, needs)).toBe('')
    checkPlots(path, inside)
  })
})

describe('the recipes', () => {
  test.each(recipes)('%s', { timeout: SLOW }, (path) => {
    const project = readerProject()
    try {
      expect(walkGuide(project, docBlocks(root, path).map(guideStep), needs)).toBe('')
      checkPlots(path, project.folder)
    } finally {
      project.remove()
    }
  })
})
