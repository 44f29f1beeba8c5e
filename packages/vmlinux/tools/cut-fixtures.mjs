// Cuts fixtures/ out of whole BTFs: node packages/vmlinux/tools/cut-fixtures.mjs FOLDER, after a build of @tscc/btf.
// FOLDER is what `node conformance/kernels/run.mjs --btf FOLDER` wrote: RELEASE.btf of each kernel.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findType, parseBtf } from '@tscc/btf'
import { cutKernels } from './cut.mjs'
import { parts } from './parts.mjs'

const source = process.argv[2]
if (source === undefined) throw new Error('usage: cut-fixtures.mjs FOLDER')
const target = new URL('../fixtures/', import.meta.url)

const numbers = (release) => release.match(/\d+/g).map(Number)
const order = (a, b) =>
  numbers(a).reduce((found, part, i) => found || part - (numbers(b)[i] ?? 0), 0) || (a < b ? -1 : 1)
const releases = readdirSync(source)
  .filter((name) => name.endsWith('.btf'))
  .map((name) => name.slice(0, -'.btf'.length))
  .sort(order)

mkdirSync(target, { recursive: true })
for (const name of readdirSync(target)) rmSync(new URL(name, target), { recursive: true })
const kernels = releases.map((release) => ({ release, btf: parseBtf(readFileSync(join(source, `${release}.btf`))) }))
const cuts = cutKernels(kernels.map(({ btf }) => btf))
const rows = releases.map((release, i) => {
  const series = /^\d+\.\d+/.exec(release)[0]
  const file = `${release}.btf`
  writeFileSync(new URL(file, target), cuts[i])
  console.log(`${file}: ${cuts[i].length} bytes`)
  return { series, release, file }
})
writeFileSync(new URL('fixtures.json', target), `${JSON.stringify(rows, null, 2)}\n`)

// A folder for each other struct_ops type, with the kernels that have it
for (const [name, part] of Object.entries(parts)) {
  const having = kernels.filter(({ btf }) => findType(btf, `bpf_struct_ops_${name}`, 'struct') !== undefined)
  const bytes = cutKernels(
    having.map(({ btf }) => btf),
    part,
  )
  mkdirSync(new URL(`${name}/`, target))
  for (const [i, { release }] of having.entries()) {
    writeFileSync(new URL(`${name}/${release}.btf`, target), bytes[i])
    console.log(`${name}/${release}.btf: ${bytes[i].length} bytes`)
  }
}
