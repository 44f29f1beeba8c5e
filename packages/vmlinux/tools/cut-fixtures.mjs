// Cuts fixtures/ out of whole BTFs: node packages/vmlinux/tools/cut-fixtures.mjs FOLDER, after a build of @tscc/btf.
// FOLDER is what `node conformance/kernels/run.mjs --btf FOLDER` wrote: RELEASE.btf of each kernel.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseBtf } from '@tscc/btf'
import { cutKernels } from './cut.mjs'

const source = process.argv[2]
if (source === undefined) throw new Error('usage: cut-fixtures.mjs FOLDER')
const target = new URL('../fixtures/', import.meta.url)

const parts = (release) => release.match(/\d+/g).map(Number)
const order = (a, b) => parts(a).reduce((found, part, i) => found || part - (parts(b)[i] ?? 0), 0) || (a < b ? -1 : 1)
const releases = readdirSync(source)
  .filter((name) => name.endsWith('.btf'))
  .map((name) => name.slice(0, -'.btf'.length))
  .sort(order)

mkdirSync(target, { recursive: true })
for (const name of readdirSync(target)) rmSync(new URL(name, target))
const cuts = cutKernels(releases.map((release) => parseBtf(readFileSync(join(source, `${release}.btf`)))))
const rows = releases.map((release, i) => {
  const series = /^\d+\.\d+/.exec(release)[0]
  const file = `${release}.btf`
  writeFileSync(new URL(file, target), cuts[i])
  console.log(`${file}: ${cuts[i].length} bytes`)
  return { series, release, file }
})
writeFileSync(new URL('fixtures.json', target), `${JSON.stringify(rows, null, 2)}\n`)
