import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import type { Command } from 'commander'
import type { CommandContext } from '../command-table.ts'
import { fileFailure } from '../files.ts'
import { type ProjectFile, projectFiles } from '../init/project-files.ts'
import { examples } from '../output/examples.ts'
import { packageVersion } from '../package-version.ts'

/** `tscc init`. */
export function defineInit(command: Command, { output }: CommandContext): void {
  examples(
    command
      .description(
        'Make a project for a congestion control of your own: a commented algorithm, types for the editor, scripts. Files that are there already stay as they are.',
      )
      .argument('[folder]', 'where; it is made if it is not there', '.')
      .option('--json', 'print JSON: what was written and what was there')
      .action((folder: string, options: { readonly json?: true }) => {
        const place = resolve(folder)
        makeFolder(place)
        const files = projectFiles(packageName(place), packageVersion())
        const results = files.map((file) => ({ path: file.path, written: writeNew(place, file) }))
        const written = results.filter((one) => one.written).map(({ path }) => path)
        const kept = results.filter((one) => !one.written).map(({ path }) => path)
        if (options.json) {
          output.json({ folder: place, written, kept })
          return
        }
        for (const path of written) output.print(join(folder, path))
        for (const path of kept) output.note(`${join(folder, path)} is there already: left as it is`)
        const near = relative(process.cwd(), place)
        output.note(`next: ${near === '' ? '' : `cd ${near} && `}npm install && npx tscc check my_cc.bpf.ts`)
      }),
    [
      ['tscc init my-cc', 'a new folder with a project'],
      ['tscc init', 'here'],
    ],
  )
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true })
  } catch (error) {
    throw fileFailure(path, 'write', error)
  }
}

/** Write a file that is not there; false where it is. */
function writeNew(folder: string, { path, text }: ProjectFile): boolean {
  const file = join(folder, path)
  makeFolder(dirname(file))
  try {
    writeFileSync(file, text, { flag: 'wx' })
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw fileFailure(file, 'write', error)
  }
}

/** A folder's name as npm takes it for a package. */
function packageName(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '')
  return name === '' ? 'my-cc' : name
}
