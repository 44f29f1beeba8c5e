import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, posix } from 'node:path'
import { promisify } from 'node:util'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { documentPaths } from '../../../conformance/test/doc-blocks.ts'
import { root } from '../../../tools/bootstrap.mjs'
import { chromiumPath, needs } from '../../../tools/needs.ts'
import { serveFolder } from '../../playground/test/static-server.ts'
import { sections } from '../tools/pages.mjs'
import { contrastFindings, setDark } from './contrast.mjs'

const SLOW = 400_000
/** Where it lies on its server: in a folder, as on hosts of projects. */
const base = '/some/folder/'
const folder = mkdtempSync(join(tmpdir(), 'tscc-site-'))

beforeAll(async () => {
  // VitePress itself fails where a link leads to no page.
  await promisify(execFile)(process.execPath, ['tools/build-site.mjs', folder, '--base', base], {
    cwd: join(root, 'apps/site'),
  })
}, SLOW)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const files = (end: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith(end))

test('every document of the docs is a page', () => {
  const pages = new Set(sections.flatMap((section) => section.pages.map(([path]) => path)))
  expect(documentPaths(root).filter((path) => path.startsWith('docs/') && !pages.has(path))).toEqual([])
})

test('links and anchors lead somewhere, images are there', () => {
  const pages = new Map(files('.html').map((name) => [name, readFileSync(join(folder, name), 'utf8')]))
  const ids = new Map(
    [...pages].map(([name, html]) => [name, new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))]),
  )
  expect(pages.size).toBeGreaterThan(60)
  const assets = new Set(files(''))
  const broken: string[] = []
  for (const [name, html] of pages) {
    for (const [, target = ''] of html.matchAll(/ (?:href|src)="((?!\w+:|\/\/)[^"]*)"/g)) {
      const [path = '', hash = ''] = target.replace(/&amp;/g, '&').split('#')
      const inside = path.startsWith(base) ? path.slice(base.length) : posix.join(dirname(name), path)
      const file = path === '' ? name : inside.replace(/(?:^|\/)$/, '$&index.html')
      const found = ids.get(file)
      if (found === undefined ? !assets.has(file) : hash !== '' && !found.has(decodeURIComponent(hash))) {
        broken.push(`${name}: ${target}`)
      }
    }
  }
  expect([...new Set(broken)]).toEqual([])
})

describe.skipIf(!needs('chromium'))('the site in Chromium', () => {
  const held: { browser?: Browser; server?: Awaited<ReturnType<typeof serveFolder>> } = {}

  beforeAll(async () => {
    held.server = await serveFolder(folder, base)
    held.browser = await chromium.launch({
      executablePath: chromiumPath() ?? '',
      // Its sandbox takes a user that is not root; the pages are ours.
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    })
  })

  afterAll(async () => {
    await held.browser?.close()
    held.server?.close()
  })

  async function open(path: string, options: BrowserContextOptions = {}) {
    const context = await held.browser?.newContext(options)
    if (context === undefined || held.server === undefined) throw new Error('no browser')
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(`${message.text()} ${message.location().url}`))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`))
    page.on('request', (request) => {
      if (!request.url().startsWith(held.server?.url ?? '') && !request.url().startsWith('data:'))
        complaints.push(`from elsewhere: ${request.url()}`)
    })
    await page.goto(`${held.server.url}${path}`)
    return { page, complaints, close: () => context.close() }
  }

  const wide = (page: Page) => page.locator('html').evaluate((html) => html.scrollWidth)

  /** What is wrong with pages as wide as a phone, light and dark. */
  async function sweep(names: readonly string[], options: BrowserContextOptions): Promise<readonly string[]> {
    const { page, complaints, close } = await open('404.html', { ...options, viewport: { width: 390, height: 844 } })
    const findings: string[] = []
    for (const name of names) {
      await page.goto(`${held.server?.url}${name}`)
      if ((await wide(page)) !== 390) findings.push(`${name}: ${await wide(page)} px`)
      for (const dark of [true, false]) {
        await page.evaluate(setDark, dark)
        const contrasts = await page.evaluate(contrastFindings)
        findings.push(...contrasts.map((finding) => `${name}, ${dark ? 'dark' : 'light'}: ${finding}`))
      }
    }
    await close()
    // A page that is left while it loads what it might need
    return [...findings, ...complaints.filter((complaint) => !complaint.startsWith('failed: '))]
  }

  test('as wide as a phone, no page sticks out, and all text can be read, light and dark', {
    timeout: SLOW,
  }, async () => {
    // Pages are complete without their scripts, which make them slow to look at.
    expect(await sweep(files('.html'), { javaScriptEnabled: false })).toEqual([])
    const some = ['index.html', 'tutorial/2-aimd.html', 'language.html', 'reference/core/api.html']
    for (const colorScheme of ['light', 'dark'] as const) expect(await sweep(some, { colorScheme })).toEqual([])
  })

  test('text that is hard to read is found', { timeout: SLOW }, async () => {
    const { page, close } = await open('')
    const style = 'background: #fff; color: '
    await page.setContent(
      `<p style="${style}#888">faint</p><h1 style="${style}#888">large</h1><p style="${style}#666">dark</p>`,
    )
    expect(await page.evaluate(contrastFindings)).toEqual([expect.stringMatching(/^'faint' .*contrast 3\.5/)])
    await close()
  })

  test('search finds ssthresh, first where it is explained', { timeout: SLOW }, async () => {
    const { page, complaints, close } = await open('')
    const input = page.locator('#localsearch-input')
    // The page listens to keys when its scripts are there.
    const opened = async () => {
      if (!(await input.isVisible())) await page.keyboard.press('Control+k')
      return input.isVisible()
    }
    await expect.poll(opened, { timeout: 30_000 }).toBe(true)
    await input.fill('ssthresh')
    const results = page.locator('.VPLocalSearchBox .result')
    // The list is made anew when excerpts of pages have come.
    await expect.poll(() => results.count()).toBeGreaterThan(5)
    await expect.poll(() => results.first().getAttribute('href')).not.toContain('/reference/')
    await results.first().click()
    await page.waitForURL(/#/)
    await page.locator('.vp-doc', { hasText: 'ssthresh' }).waitFor()
    expect(complaints).toEqual([])
    await close()
  })

  test('the tutorial is read from page to page, with its plots', { timeout: SLOW }, async () => {
    const { page, complaints, close } = await open('tutorial/')
    for (let chapter = 1; chapter <= 8; chapter++) {
      await page.locator('a.pager-link.next').click()
      await page.waitForURL(new RegExp(`/tutorial/${chapter}-`))
      await page.locator('h1', { hasText: `${chapter}. ` }).waitFor()
      for (const image of await page.locator('.vp-doc img').all()) {
        await image.scrollIntoViewIfNeeded()
        await expect
          .poll(() => image.evaluate((element) => 'naturalWidth' in element && Number(element.naturalWidth)))
          .toBeGreaterThan(0)
      }
    }
    expect(complaints).toEqual([])
    await close()
  })
})
