import { readFileSync } from 'node:fs'
import { type DefaultTheme, defineConfig } from 'vitepress'

// This folder is copied to where tools/build-site.mjs puts the pages together, with the menu.
const menu: DefaultTheme.SidebarItem[] = JSON.parse(readFileSync(new URL('../menu.json', import.meta.url), 'utf8'))

/** A sawtooth, as the icon of the pages. */
const icon =
  "%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M1 14 5 4v10L9 4v10l4-10v10' fill='none' stroke='%230072b2' stroke-width='2'/%3E%3C/svg%3E"

/** Static files: nothing is loaded from elsewhere, and search works in the browser. */
export default defineConfig({
  title: 'tscc',
  description: 'TCP congestion control in TypeScript, as BPF',
  lang: 'en',
  lastUpdated: false,
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: `data:image/svg+xml,${icon}` }]],
  // The index of the search and the reference of @tscc/syscall are that large; they are loaded when they are wanted.
  vite: { build: { chunkSizeWarningLimit: 2000 } },
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
  },
  themeConfig: {
    nav: [
      { text: 'Tutorial', link: '/tutorial/' },
      { text: 'Language', link: '/language' },
      { text: 'Diagnostics', link: '/diagnostics' },
      { text: 'Packages', link: '/reference/' },
    ],
    sidebar: menu,
    outline: { level: [2, 3] },
    search: {
      provider: 'local',
      options: {
        miniSearch: {
          searchOptions: {
            prefix: true,
            fuzzy: 0.1,
            boost: { title: 4, titles: 2 },
            // What explains a name comes before what lists it.
            boostDocument: (id: string) => (id.includes('/reference/') ? 0.01 : id.includes('/tutorial/') ? 2 : 1),
          },
        },
      },
    },
    socialLinks: [{ icon: 'github', link: 'https://github.com/tscc/tscc' }],
    externalLinkIcon: true,
  },
})
