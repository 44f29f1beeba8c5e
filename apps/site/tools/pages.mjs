// Which documents of the repository are pages of the site: one table, from which the pages, the links between them and the menu are made.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../../tools/bootstrap.mjs'

/** Pages by sections of the menu: the path from the repository's root, and the page; the title where it is not the document's. */
const chosen = [
  {
    title: 'Start',
    pages: [
      ['README.md', 'overview.md', 'Overview'],
      ['apps/cli/README.md', 'command-line.md', 'The tscc command'],
      ['examples/README.md', 'examples.md', 'Examples'],
      ['apps/playground/README.md', 'playground.md', 'Playground'],
    ],
  },
  {
    title: 'Tutorial',
    pages: [
      ['docs/tutorial/README.md', 'tutorial/index.md', 'What it is'],
      ['docs/tutorial/1-struct-ops.md', 'tutorial/1-struct-ops.md'],
      ['docs/tutorial/2-aimd.md', 'tutorial/2-aimd.md'],
      ['docs/tutorial/3-vegas.md', 'tutorial/3-vegas.md'],
      ['docs/tutorial/4-ecn-and-dctcp.md', 'tutorial/4-ecn-and-dctcp.md'],
      ['docs/tutorial/5-lifecycle.md', 'tutorial/5-lifecycle.md'],
      ['docs/tutorial/6-portability.md', 'tutorial/6-portability.md'],
      ['docs/tutorial/7-testing.md', 'tutorial/7-testing.md'],
      ['docs/tutorial/8-shipping.md', 'tutorial/8-shipping.md'],
    ],
  },
  {
    title: 'Recipes',
    pages: [
      ['docs/recipes/from-c.md', 'recipes/from-c.md'],
      ['docs/recipes/verifier.md', 'recipes/verifier.md'],
      ['docs/recipes/container.md', 'recipes/container.md'],
      ['docs/recipes/systemd.md', 'recipes/systemd.md'],
      ['docs/recipes/kubernetes.md', 'recipes/kubernetes.md'],
    ],
  },
  {
    title: 'The language',
    pages: [
      ['docs/language.md', 'language.md', 'Language reference'],
      ['docs/mistakes.md', 'mistakes.md', 'Mistakes easily made'],
      ['docs/diagnostics.md', 'diagnostics.md'],
      ['docs/editor.md', 'editor.md'],
    ],
  },
  {
    title: 'More',
    pages: [
      ['docs/building-blocks.md', 'building-blocks.md'],
      ['docs/struct-ops.md', 'struct-ops.md'],
      ['docs/objects.md', 'objects.md'],
      ['docs/sock-ops.md', 'sock-ops.md'],
      ['docs/vm.md', 'vm.md'],
      ['docs/kernel-scenarios.md', 'kernel-scenarios.md'],
      ['conformance/kernels/README.md', 'kernels.md', 'The kernel matrix'],
    ],
  },
  {
    title: 'The project',
    pages: [
      ['ARCHITECTURE.md', 'architecture.md'],
      ['CONTRIBUTING.md', 'contributing.md', 'Contributing'],
      ['docs/packages.md', 'packages.md'],
      ['docs/dependencies.md', 'dependencies.md', 'Dependencies'],
    ],
  },
]

const placed = new Set(chosen.flatMap(({ pages }) => pages.map(([path]) => path)))

/** The same, with the documents that nobody gave a place. */
export const sections = chosen.map(({ title, pages }) => ({
  title,
  pages:
    title === 'More'
      ? [
          ...pages,
          ...readdirSync(join(root, 'docs'))
            .filter((name) => name.endsWith('.md') && !placed.has(`docs/${name}`))
            .map((name) => [`docs/${name}`, name]),
        ]
      : pages,
}))

/** README of a package, above its reference. */
export const packagePage = (name) => `reference/${name}/index.md`
