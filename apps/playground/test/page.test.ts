import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compile } from '@tscc/compiler'
import { summaryTable } from '@tscc/experiment'
import { bytecodeEntries, simulate } from '@tscc/sim'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../../../tools/bootstrap.mjs'
import { freshDist } from '../../../tools/fresh-dist.ts'
import { chromiumPath, needs } from '../../../tools/needs.ts'
import { exampleOf, examples } from '../src/examples.ts'
import { serveFolder } from './static-server.ts'

/** A page of the bundle, and everything that it had to complain of. */
interface Opened {
  readonly page: Page
  readonly complaints: readonly string[]
}

const SLOW = 120_000

describe.skipIf(!needs('chromium'))('the playground in Chromium', () => {
  const held: { browser?: Browser; server?: Awaited<ReturnType<typeof serveFolder>>; folder?: string } = {}

  beforeAll(async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tscc-playground-'))
    held.folder = folder
    await freshDist()
    execFileSync(process.execPath, ['tools/bundle-page.mjs', folder], { cwd: join(root, 'apps/playground') })
    held.server = await serveFolder(folder, '/some/folder/')
    held.browser = await chromium.launch({
      executablePath: chromiumPath() ?? '',
      // Its sandbox takes a user that is not root; the page is ours.
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    })
  }, SLOW)

  afterAll(async () => {
    await held.browser?.close()
    held.server?.close()
    if (held.folder !== undefined) rmSync(held.folder, { recursive: true, force: true })
  })

  async function open(hash = '', options: BrowserContextOptions = {}): Promise<Opened> {
    const context = await held.browser?.newContext(options)
    if (context === undefined || held.server === undefined) throw new Error('no browser')
    const page = await context.newPage()
    page.setDefaultTimeout(30_000)
    const complaints: string[] = []
    page.on('console', (message) => complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`))
    page.on('request', (request) => {
      if (!request.url().startsWith(held.server?.url ?? '') && !request.url().startsWith('data:'))
        complaints.push(`from elsewhere: ${request.url()}`)
    })
    await page.goto(`${held.server.url}${hash}`)
    return { page, complaints }
  }

  const text = (page: Page, selector: string) => page.locator(selector).first().textContent()
  /** Cells of the summary by the head of their column, of the first algorithm. */
  async function summary(page: Page): Promise<ReadonlyMap<string, string>> {
    await page.locator('#result:not(.stale) figure').first().waitFor()
    const heads = await page.locator('#result thead th').allInnerTexts()
    const cells = await page.locator('#result tbody tr').first().locator('th, td').allInnerTexts()
    return new Map(heads.map((head, index) => [head.split('\n')[0] ?? '', cells[index]?.trim() ?? '']))
  }

  test(
    'the first program compiles, is simulated and plotted; nothing is loaded from elsewhere',
    async () => {
      const { page, complaints } = await open()
      const row = await summary(page)
      expect(row.get('algorithm')).toBe('aimd')
      expect([...row.keys()].slice(2, 8)).toEqual(['goodput', 'of rate', 'RTT mean', 'RTT p95', 'cwnd', 'retrans'])
      // TCP/IP headers take 4 % of 50 Mbit/s.
      expect(Number(row.get('goodput'))).toBeGreaterThan(46)
      expect(Number(row.get('goodput'))).toBeLessThan(50)
      const paths = await page.locator('#result figure').first().locator('path.line:not(.thin)').all()
      expect(paths).toHaveLength(2)
      await page.locator('#result .area').first().hover()
      expect(await page.locator('#result .values').allTextContents()).toEqual([
        expect.stringMatching(/^at \d\.\d\d s\d+\d+$/),
        expect.stringMatching(/^at \d\.\d\d s[\d.]+$/),
        expect.stringMatching(/^at \d\.\d\d s[\d.]+$/),
      ])
      for (const path of paths) expect((await path.getAttribute('d'))?.length).toBeGreaterThan(500)
      await page.locator('#tab-problems').click()
      expect(await text(page, '#problems')).toContain('No problems')
      await page.locator('#tab-disassembly').click()
      expect(await page.locator('#disassembly .insn').count()).toBeGreaterThan(40)
      expect(await text(page, '#disassembly .source')).toMatch(/^\d+: /)
      expect(await page.locator('#disassembly').textContent()).toContain('tcp_sock.snd_cwnd')
      expect(complaints).toEqual([])
    },
    SLOW,
  )

  test(
    'a mistake that is typed is marked with its code and line, and goes away with it',
    async () => {
      const { page, complaints } = await open('#tab=problems')
      await page.locator('.cm-line', { hasText: 'tcp_sk(sk).snd_cwnd * keep' }).click()
      await page.keyboard.press('End')
      // Slower than the pause after which the page compiles: it also shows what half a word is
      await page.keyboard.type(' + tcp_sk(sk).snd_cw')
      await page.locator('.problem', { hasText: 'snd_cw' }).waitFor()
      await page.keyboard.type('md')
      const problem = page.locator('.problem', { hasText: 'snd_cwmd' })
      await problem.waitFor()
      const line = examples[0]?.text.split('\n').findIndex((one) => one.includes('* keep')) ?? Number.NaN
      expect(await problem.textContent()).toMatch(new RegExp(`^TSCC2002 line ${line + 1}, .*snd_cwmd`))
      expect(await problem.textContent()).toContain('did you mean snd_cwnd')
      expect(await text(page, '#tab-problems')).toBe('Problems (1)')
      await page.locator('.cm-lintRange-error').first().waitFor()
      await page.locator('#tab-simulation').click()
      await page.locator('#run').click()
      await page.locator('#failure:not([hidden])').waitFor()
      expect(await text(page, '#failure')).toContain('1 problem')
      await page.locator('.cm-content').focus()
      for (let i = 0; i < 'snd_cwmd'.length + 14; i++) await page.keyboard.press('Control+z')
      await page.locator('#tab-problems').click()
      await page.getByText('No problems').waitFor()
      expect(complaints).toEqual([])
    },
    SLOW,
  )

  test(
    'an address is the page: program, fields and part',
    async () => {
      const { page } = await open('#tab=problems')
      await page.locator('.cm-line', { hasText: "name: 'aimd'" }).click()
      await page.keyboard.press('End')
      await page.keyboard.type(' // ünï → ✓')
      await page.locator('#tab-simulation').click()
      await page.locator('[name=rate]').fill('20mbit')
      await page.locator('[name=duration]').fill('4s')
      await page.waitForURL(/code=.*/)
      await page.waitForURL(/duration=4s/)
      const { page: other, complaints } = await open(new URL(page.url()).hash)
      const row = await summary(other)
      expect(Number(row.get('goodput'))).toBeGreaterThan(18)
      expect(Number(row.get('goodput'))).toBeLessThan(20)
      expect(await other.locator('.cm-content').textContent()).toContain("name: 'aimd', // ünï → ✓")
      expect(complaints).toEqual([])
    },
    SLOW,
  )

  test(
    'every example is simulated',
    async () => {
      const { page, complaints } = await open('#duration=2s&beside=&kernel=6.12')
      for (const { name } of examples.slice(1)) {
        await page.locator('#example').selectOption(name)
        await page.locator('#result:not(.stale) tbody th', { hasText: new RegExp(`^${name}|_${name}`) }).waitFor()
      }
      expect(complaints).toEqual([])
    },
    SLOW,
  )

  test(
    'a field that is no such thing is refused by name',
    async () => {
      const { page, complaints } = await open('#rate=fast')
      await page.locator('#failure:not([hidden])').waitFor()
      expect(await text(page, '#failure')).toContain("'fast'")
      await page.locator('[name=rate]').fill('10mbit')
      await page.locator('[name=flows]').fill('1000')
      await page.locator('#run').click()
      await page.getByText("flows: found '1000'").waitFor()
      expect(complaints).toEqual([])
    },
    SLOW,
  )

  test.each(['light', 'dark'] as const)(
    '%s, as wide as a phone: nothing sticks out',
    async (colorScheme) => {
      const { page, complaints } = await open('#example=reno', { colorScheme, viewport: { width: 390, height: 844 } })
      await summary(page)
      // A long program leaves the results in sight.
      expect((await page.locator('[role=tablist]').boundingBox())?.y).toBeLessThan(844 - 200)
      for (const tab of ['problems', 'disassembly', 'simulation']) {
        await page.locator(`#tab-${tab}`).click()
        expect(await page.locator('html').evaluate((html) => html.scrollWidth)).toBe(390)
      }
      const background = await page
        .locator('body')
        .evaluate((body) => body.ownerDocument.defaultView?.getComputedStyle(body).backgroundColor)
      expect(background).toBe(colorScheme === 'dark' ? 'rgb(20, 22, 26)' : 'rgb(255, 255, 255)')
      expect(complaints).toEqual([])
    },
    SLOW,
  )

  test(
    'the figures are those of the simulator in Node, of an object by the native parser',
    async () => {
      const { page, complaints } = await open('#example=cubic&beside=reno&duration=5s&seed=7&loss=0.1%25&kernel=6.1')
      await summary(page)
      const algorithms = ['cubic', 'reno'].flatMap((label) => {
        const { object } = compile(exampleOf(label).text)
        return object === undefined ? [] : bytecodeEntries(object, { kernel: '6.1', label })
      })
      const expected = simulate({ algorithms, path: '50mbit 40ms 1bdp 0.1%', duration: 5000, seed: 7 })
      const cells = (markup: string) => [...markup.matchAll(/<td>([^<]*)<\/td>/g)].map(([, cell]) => cell)
      const shown = cells(await page.locator('#result').innerHTML())
      expect(shown).toEqual(cells(summaryTable(expected)))
      expect(shown.length).toBeGreaterThanOrEqual(2 * 7)
      expect(complaints).toEqual([])
    },
    SLOW,
  )

  test(
    'a simulation that takes long can be stopped, and another be made',
    async () => {
      const { page, complaints } = await open('#duration=120s&flows=64&rate=1gbit')
      const run = page.locator('#run')
      await page.getByRole('button', { name: 'Stop' }).waitFor()
      await run.click()
      await page.getByRole('button', { name: 'Simulate' }).waitFor()
      await page.locator('[name=duration]').fill('2s')
      await page.locator('[name=flows]').fill('2')
      await page.locator('[name=rate]').fill('20mbit')
      await run.click()
      const row = await summary(page)
      expect([...row.keys()].at(-1)).toBe('fairness')
      expect(complaints).toEqual([])
    },
    SLOW,
  )

  test(
    'what a kernel refuses is said, and the program goes on another',
    async () => {
      const { page, complaints } = await open('#example=bbr&kernel=5.10&duration=2s&beside=')
      await page.locator('#failure:not([hidden])').waitFor()
      expect(await text(page, '#failure')).toContain('sk_pacing_rate, which Linux 5.10 does not let programs write')
      await page.locator('[name=kernel]').selectOption('6.18')
      await page.locator('#run').click()
      await summary(page)
      expect(await page.locator('#failure').isVisible()).toBe(false)
      expect(complaints).toEqual([])
    },
    SLOW,
  )

  test('all of it is less than 2.5 MB', () => {
    const folder = held.folder ?? ''
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => statSync(join(folder, name)))
    expect(files.reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0)).toBeLessThan(2_500_000)
  })
})
