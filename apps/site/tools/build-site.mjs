// The documentation as static files: node tools/build-site.mjs [folder] [--base /path/]     (default: dist, for the root of a host)
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from 'vitepress'
import { root } from '../../../tools/bootstrap.mjs'
import { mapText, titleOf, toPage } from './markdown.mjs'
import { packagePage, sections } from './pages.mjs'
import { entries, writeReference } from './reference.mjs'

const site = resolve(import.meta.dirname, '..')
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { base: { type: 'string', default: '/' } },
})
const outDir = resolve(positionals[0] ?? join(site, 'dist'))

// Of this process, so that two can build at once
const source = join(site, `.cache/pages-${process.pid}`)
process.on('exit', () => rmSync(source, { recursive: true, force: true }))
const menu = [...documentPages(), await referencePages()]
writeFileSync(join(source, 'menu.json'), JSON.stringify(menu))
cpSync(join(site, 'pages'), source, { recursive: true })
cpSync(join(site, '.vitepress'), join(source, '.vitepress'), { recursive: true })
cpSync(join(root, 'docs/tutorial/plots'), join(source, 'tutorial/plots'), { recursive: true })
await build(source, { outDir, base: values.base })

/** Documents as pages; the menu's part of them. */
function documentPages() {
  const pages = pagesByDocument()
  return sections.map(({ title, pages: rows }) => ({
    text: title,
    collapsed: title !== 'Start' && title !== 'Tutorial',
    items: rows.map(([path, page, name]) => {
      const text = readFileSync(join(root, path), 'utf8')
      write(page, toPage(text, { path, page, pages }))
      return { text: name ?? titleOf(text), link: `/${page.replace(/(?:index)?\.md$/, '')}` }
    }),
  }))
}

/** A folder for each package: its README, and what TypeDoc makes of each entry; the menu's part of them. */
async function referencePages() {
  const pages = pagesByDocument()
  const all = await writeReference(join(source, 'reference'), join(site, 'tsconfig.reference.json'))
  rmSync(join(source, 'reference/README.md'))
  for (const { package: name, name: entry, specifier } of all) {
    const page = `reference/${name}/${entry}.md`
    write(page, `# ${specifier}\n\n${mapText(readFileSync(join(source, page), 'utf8'), withoutSmallHeadings)}`)
  }
  const names = [...new Set(all.map((one) => one.package))].sort()
  for (const name of names) {
    const own = all.filter((one) => one.package === name)
    const path = `${own[0].folder}/README.md`
    const links = own.map(({ name: entry, specifier }) => `[\`${specifier}\`](${entry}.md)`).join(' · ')
    const text = toPage(readFileSync(join(root, path), 'utf8'), { path, page: packagePage(name), pages })
    write(packagePage(name), text.replace(/^(# .+)$/m, `$1\n\nReference: ${links}`))
  }
  const items = names.map((name) => ({
    text: `@tscc/${name}`,
    link: `/reference/${name}/`,
    collapsed: true,
    items: all
      .filter((one) => one.package === name)
      .map(({ name: entry, specifier }) => ({ text: specifier, link: `/reference/${name}/${entry}` })),
  }))
  const rows = names.map((name) => {
    const { folder } = all.find((one) => one.package === name)
    const { description } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
    return `| [@tscc/${name}](${name}/index.md) | ${description} |`
  })
  write(
    'reference/index.md',
    ['# Packages', '', 'Each is useful alone.', '', '| package | |', '|---|---|', ...rows, ''].join('\n'),
  )
  return { text: 'Packages', link: '/reference/', collapsed: true, items }
}

/** What stands in every entry is no heading that one would search for. */
function withoutSmallHeadings(text) {
  return text.replace(
    /^#{4,6} ((?:Type )?Parameters|Returns|Extends|Extended by|Overrides|Inherited from|Properties|Methods|Constructors?|Type Declaration|Call Signature)$/gm,
    '**$1**',
  )
}

/** Pages by the paths of their documents. */
function pagesByDocument() {
  const packages = new Map(entries().map(({ folder, package: name }) => [`${folder}/README.md`, packagePage(name)]))
  // The README of the command is its page in the menu.
  return new Map([...packages, ...sections.flatMap(({ pages }) => pages.map(([path, page]) => [path, page]))])
}

function write(page, text) {
  mkdirSync(dirname(join(source, page)), { recursive: true })
  writeFileSync(join(source, page), text)
}
