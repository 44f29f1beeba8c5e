// What the workspace's structure must be, and a report of where a tree departs from it. Pure Node, reads files only.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { browserFindings } from './browser-safety.mjs'
import { importsOf } from './imports-of.mjs'

/** The floor of every package: an import only ever points to a lower one. */
export const floors = {
  core: 0,
  insn: 1,
  btf: 1,
  experiment: 1,
  object: 2,
  vm: 2,
  syscall: 3,
  'struct-ops': 4,
  bpf: 4,
  vmlinux: 5,
  compiler: 6,
  algos: 7,
  'sock-ops': 7,
  sim: 7,
  lab: 8,
  playground: 8,
  'ts-plugin': 8,
  site: 8,
  cli: 9,
}

/** Who may use Node and native code; every other package runs in a browser too. */
const nativePackages = {
  syscall: 'owns bpf(2) and libc',
  lab: 'starts processes and opens sockets',
  cli: 'is a command',
  'ts-plugin': 'runs in tsserver, with a thread',
}

/** What they import is within what is published: installing them installs nothing else. */
const bundledPackages = ['ts-plugin']

/** Parts of packages that are for Node only, with entries of their own. */
const nodeParts = /^packages\/compiler\/src\/(?:node(?:\.ts|\/)|live\.ts|register\.ts|import-hook\.ts)/

/** Where a file usually wants to be split. */
const maxLines = { src: 450, test: 700 }

/** Files that are one thing, mostly a table, and so may be long. */
const tables = {
  'packages/algos/src/bbr.bpf.ts': 'one algorithm, while the compiler takes one file',
  'packages/insn/src/isa-table.ts': 'a row per instruction',
  'packages/btf/src/field-docs.ts': 'a row per field',
  'packages/bpf/src/helper-table.ts': 'a row per helper',
  'packages/syscall/src/commands.ts': 'a row per bpf(2) command',
}

/**
 * Where the tree at `root` departs from the structure, a line per finding: `path: what is wrong`.
 *
 * Cycles between files are biome's (noImportCycles).
 */
export function structureFindings(root) {
  const packages = [...packagesIn(root, 'packages'), ...packagesIn(root, 'apps')]
  const names = new Map(packages.map((one) => [one.manifest.name, one]))
  return [
    ...packages.flatMap((one) => [
      ...manifestFindings(one, names),
      ...one.sources.flatMap((file) => fileFindings(file)),
    ]),
    ...packages.flatMap((one) => one.sources.filter(isTypeScript).flatMap((file) => importFindings(one, file, names))),
    ...packages.flatMap((one) =>
      one.tests.flatMap((file) => [...fileFindings(file), ...testImportFindings(file, names)]),
    ),
    ...browserFindings(packages),
    ...cycles(packages),
  ]
}

/** Programs in the language: what they import is the compiler's to find. */
const isTypeScript = ({ path }) => !path.endsWith('.bpf.ts')

function packagesIn(root, group) {
  if (!existsSync(join(root, group))) return []
  return readdirSync(join(root, group))
    .filter((folder) => existsSync(join(root, group, folder, 'package.json')))
    .map((folder) => {
      const path = `${group}/${folder}`
      return {
        path,
        folder,
        manifest: JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8')),
        sources: filesIn(root, `${path}/src`),
        tests: filesIn(root, `${path}/test`),
      }
    })
}

function filesIn(root, folder) {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[cm]?[jt]s$/.test(name) && !name.split('/').includes('fixtures'))
    .sort()
    .map((name) => ({ path: `${folder}/${name}`, text: readFileSync(join(root, folder, name), 'utf8') }))
}

function manifestFindings({ path, folder, manifest, sources }, names) {
  const imported = new Set(
    sources.flatMap(({ text }) => importsOf(text).map(({ specifier }) => packageName(specifier))),
  )
  const found = Object.keys(manifest.dependencies ?? {})
    .filter((name) => !imported.has(name))
    .map((name) => `${path}/package.json: depends on ${name}, which nothing in src imports`)
  if (floors[folder] === undefined) found.push(`${path}: has no floor in tools/structure.mjs`)
  if (manifest.name !== `@tscc/${folder}`) found.push(`${path}: its name is ${manifest.name}, want @tscc/${folder}`)
  for (const name of Object.keys(manifest.dependencies ?? {})) {
    const target = names.get(name)
    if (target !== undefined && floors[target.folder] >= floors[folder]) {
      found.push(`${path}/package.json: depends on ${name}, which is not below it (floor ${floors[target.folder]})`)
    }
    if (target !== undefined && manifest.dependencies[name] !== 'workspace:*') {
      found.push(`${path}/package.json: ${name} is ${manifest.dependencies[name]}, want workspace:*`)
    }
  }
  return found
}

function fileFindings({ path, text }) {
  const found = []
  const generated = path.includes('/src/generated/')
  const lines = text.split('\n')
  if (generated && !/generated .*\bby\b/i.test(lines[0] ?? '')) {
    found.push(`${path}:1: a generated file's first line names its generator: // Generated from … by …`)
  }
  const limit = path.includes('/test/') ? maxLines.test : maxLines.src
  if (!generated && !Object.hasOwn(tables, path) && lines.length > limit) {
    found.push(`${path}: ${lines.length} lines, limit ${limit}: split it (a table is named in tools/structure.mjs)`)
  }
  for (const [index, line] of lines.entries()) {
    const mark = /\b(?:TODO|FIXME|XXX)\b/.exec(line)
    if (mark !== null) found.push(`${path}:${index + 1}: ${mark[0]}: finish it or file an issue`)
  }
  return found
}

function importFindings({ path: owner, folder, manifest }, { path, text }, names) {
  const bundled = bundledPackages.includes(folder) ? manifest.devDependencies : {}
  const declared = { ...manifest.dependencies, ...manifest.peerDependencies, ...bundled }
  return importsOf(text).flatMap(({ specifier, line }) => {
    const at = `${path}:${line}`
    if (specifier.startsWith('.')) return relativeFindings(owner, path, specifier, at, 'src')
    const native = specifier === 'koffi' || specifier.startsWith('node:')
    const nodeOnly = specifier.startsWith('node:') && nodeParts.test(path)
    if (native && !nodeOnly && !Object.hasOwn(nativePackages, folder)) {
      return [
        `${at}: imports ${specifier}, but only ${Object.keys(nativePackages).join(', ')} may use Node and native code`,
      ]
    }
    if (specifier.startsWith('node:')) return []
    const name = packageName(specifier)
    if (name === manifest.name) return [`${at}: imports its own package by name, want a relative path`]
    const target = names.get(name)
    const found = []
    if (target !== undefined && floors[target.folder] >= floors[folder]) {
      found.push(
        `${at}: imports ${name} (floor ${floors[target.folder]}), which is not below ${folder} (${floors[folder]})`,
      )
    } else if (!Object.hasOwn(declared, name)) {
      // A type may come from the types of an untyped package
      const types = `@types/${name.replace('@', '').replace('/', '__')}`
      found.push(
        `${at}: imports ${name}, which is not in dependencies${types in declared ? ` (only ${types} is)` : ''}`,
      )
    }
    if (target !== undefined) found.push(...deepImportFindings(target, specifier, at))
    return found
  })
}

function testImportFindings({ path, text }, names) {
  return importsOf(text).flatMap(({ specifier, line }) => {
    const target = names.get(packageName(specifier))
    return target === undefined ? [] : deepImportFindings(target, specifier, `${path}:${line}`)
  })
}

function relativeFindings(owner, path, specifier, at, within) {
  const target = join(path, '..', specifier)
  if (relative(join(owner, within), target).startsWith('..')) {
    return [`${at}: imports ${specifier}, which is outside ${owner}/${within}`]
  }
  return /\.(?:ts|json)$/.test(specifier) ? [] : [`${at}: imports ${specifier}, want its extension (.ts)`]
}

function deepImportFindings(target, specifier, at) {
  const subpath = `.${specifier.slice(target.manifest.name.length)}`
  return Object.hasOwn(target.manifest.exports ?? {}, subpath)
    ? []
    : [`${at}: imports ${specifier}, which ${target.manifest.name} does not export`]
}

/** Cycles among the packages by what they import (type imports too), each once, from its first name in the alphabet. */
function cycles(packages) {
  const edges = new Map(
    packages.map(({ manifest, sources }) => [
      manifest.name,
      new Set(sources.flatMap(({ text }) => importsOf(text).map(({ specifier }) => packageName(specifier)))),
    ]),
  )
  const found = new Set()
  const visit = (path) => {
    for (const next of edges.get(path.at(-1)) ?? []) {
      if (next === path[0] && path.length > 1 && [...path].sort()[0] === path[0]) found.add([...path, next].join(' → '))
      else if (edges.has(next) && !path.includes(next)) visit([...path, next])
    }
  }
  for (const name of edges.keys()) visit([name])
  return [...found].map((cycle) => `packages: circular import: ${cycle}`)
}

function packageName(specifier) {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}
