// The artifacts of the matrix: objects made once, here, that every kernel gets the very bytes of.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileFile } from '@tscc/compiler/node'
import { writeObject } from '@tscc/object'
import { specToObject } from '@tscc/struct-ops/object'
import { artifactSpecs } from '../suites/specs.mjs'

const suites = join(import.meta.dirname, '../suites')

/** Scenarios that the compiler itself refuses. */
const refused = ['incomplete', 'get-info']

/** The programs of the kernel's scenarios: names of their objects, and where they are. */
function scenarioPrograms() {
  const folder = join(import.meta.dirname, '../../scenarios')
  const names = readdirSync(folder).flatMap((file) => /^(.*)\.bpf\.ts$/.exec(file)?.[1] ?? [])
  const algorithms = join(import.meta.dirname, '../../../packages/algos/src')
  return [
    ...names.filter((name) => !refused.includes(name)).map((name) => [name, join(folder, `${name}.bpf.ts`)]),
    ['cubic', join(algorithms, 'cubic.bpf.ts')],
  ]
}

/** Write the objects of `suites/specs.mjs`, of the kernel's scenarios and of C compilers into a folder; gives files for a job, and their digests. */
export function makeArtifacts(folder) {
  mkdirSync(folder, { recursive: true })
  for (const [name, spec] of Object.entries(artifactSpecs()))
    writeFileSync(join(folder, `${name}.bpf.o`), writeObject(specToObject(spec)))
  for (const [name, path] of scenarioPrograms()) {
    const { object, diagnostics } = compileFile(path)
    if (object === undefined) throw new Error(`${path}: ${diagnostics.map(({ message }) => message).join('; ')}`)
    writeFileSync(join(folder, `${name}.bpf.o`), writeObject(object))
  }
  const compiled = join(suites, 'objects')
  for (const name of readdirSync(compiled).filter((file) => file.endsWith('.o')))
    writeFileSync(join(folder, name), readFileSync(join(compiled, name)))
  const names = readdirSync(folder).filter((file) => file.endsWith('.o'))
  const digests = Object.fromEntries(
    names.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex'),
    ]),
  )
  writeFileSync(join(folder, 'digests.json'), JSON.stringify(digests))
  return [...names, 'digests.json'].map((name) => ({ from: join(folder, name), to: `job/artifacts/${name}` }))
}
