import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** What tsc says of one line. */
export interface Complaint {
  readonly file: string
  readonly line: number
  readonly code: string
  readonly text: string
}

/** Where the sources of the packages are that programs import. */
const paths = {
  '@tscc/bpf': [`${root}packages/bpf/src/index.ts`],
  '@tscc/bpf/kernel': [`${root}packages/bpf/src/kernel.ts`],
  '@tscc/core': [`${root}packages/core/src/index.ts`],
  '@tscc/vmlinux': [`${root}packages/vmlinux/src/index.ts`],
  '@tscc/vmlinux/*': [`${root}packages/vmlinux/src/*.ts`],
}

/** A project as `tscc init` and editors have it. */
const options = {
  target: 'es2022',
  lib: ['es2023', 'esnext.disposable'],
  module: 'nodenext',
  moduleDetection: 'force',
  types: [],
  strict: true,
  isolatedModules: true,
  verbatimModuleSyntax: true,
  allowImportingTsExtensions: true,
}

/** Type-check files (by path), or texts (by name), with tsc: what it says, in its order. */
export async function typeCheck(
  files: readonly string[],
  texts: Readonly<Record<string, string>> = {},
  more: Readonly<Record<string, unknown>> = {},
): Promise<readonly Complaint[]> {
  const { output } = await withTsc(files, texts, { noEmit: true, ...more }, () => undefined)
  const complaints: Complaint[] = []
  for (const line of output.split('\n')) {
    const [, file = '', at = '', code = '', text = ''] = /^(.+?)\((\d+),\d+\): error (TS\d+): (.*)$/.exec(line) ?? []
    const last = complaints.at(-1)
    if (code !== '') complaints.push({ file: file.slice(file.lastIndexOf('/') + 1), line: Number(at), code, text })
    else if (line.startsWith(' ') && last !== undefined)
      complaints[complaints.length - 1] = { ...last, text: `${last.text}\n${line.trim()}` }
    else if (line.trim() !== '') throw new Error(`tsc: ${line}`)
  }
  return complaints
}

/** The declarations that tsc writes for a text: its exports, with the types that it sees in them. */
export async function declarationsOf(text: string): Promise<string> {
  const emit = { declaration: true, emitDeclarationOnly: true, rootDir: '/', outDir: 'out' }
  const { output, found } = await withTsc([], { 'program.bpf.ts': text }, emit, (folder) => {
    const names = readdirSync(join(folder, 'out'), { recursive: true, encoding: 'utf8' })
    const name = names.find((one) => one.endsWith('program.bpf.d.ts'))
    return name === undefined ? '' : readFileSync(join(folder, 'out', name), 'utf8')
  })
  if (output !== '') throw new Error(output)
  return found
}

async function withTsc<T>(
  files: readonly string[],
  texts: Readonly<Record<string, string>>,
  more: Readonly<Record<string, unknown>>,
  read: (folder: string) => T,
): Promise<{ readonly output: string; readonly found: T }> {
  const folder = mkdtempSync(join(tmpdir(), 'tscc-editor-'))
  try {
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text)
    const config = {
      compilerOptions: { ...options, paths, ...more },
      files: [...files, ...Object.keys(texts), `${root}types/encoding.d.ts`],
    }
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const run = promisify(execFile)(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], { cwd: folder })
    const output = await run.then(
      ({ stdout }) => stdout,
      (error: unknown) => {
        if (error instanceof Error && 'stdout' in error && error.stdout !== '') return String(error.stdout)
        throw error
      },
    )
    return { output, found: read(folder) }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
