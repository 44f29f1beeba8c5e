// The artifacts of the matrix: objects made once, here, that every kernel gets the very bytes of.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { algorithms } from '@tscc/algos'
import { compileFile } from '@tscc/compiler/node'
import { writeObject } from '@tscc/object'
import { specToObject } from '@tscc/struct-ops/object'
import { artifactSpecs } from '../suites/specs.mjs'

const suites = join(import.meta.dirname, '../suites')
const examples = join(import.meta.dirname, '../../../examples/struct-ops')

/** Scenarios that the compiler itself refuses. */
const refused = ['incomplete', 'get-info']

/** Objects of programs in the language by name: tscc's algorithms, the programs of the suites and of the kernel's scenarios. */
async function languageObjects() {
  const made = new Map()
  for (const algorithm of algorithms)
    if (algorithm.kind === 'language') made.set(`l_${algorithm.name}`, await algorithm.object())
  const compiled = (folder, named) => {
    for (const file of readdirSync(folder)) {
      const name = /^(.*)\.bpf\.ts$/.exec(file)?.[1]
      if (name === undefined || refused.includes(name)) continue
      const { object, diagnostics } = compileFile(join(folder, file))
      if (object === undefined) throw new Error(`${file}: ${diagnostics.map(({ message }) => message).join('; ')}`)
      made.set(named(name), object)
    }
  }
  compiled(join(suites, 'objects'), (name) => `l_${name}`)
  compiled(join(import.meta.dirname, '../../scenarios'), (name) => name)
  made.set('cubic', made.get('l_cubic'))
  // Folder and file: qdisc_fifo
  for (const folder of exampleFolders())
    compiled(folder, (name) => `${basename(folder).replace(/-.*/, '')}_${name.replace(/\W/g, '_')}`)
  return made
}

/** Folders of examples/struct-ops. */
const exampleFolders = () =>
  readdirSync(examples, { withFileTypes: true })
    .filter((one) => one.isDirectory())
    .map(({ name }) => join(examples, name))

/**
 * Write the objects of `suites/specs.mjs`, those of the language and those of C compilers into a folder; gives files for a
 * job, their digests, and examples.
 */
export async function makeArtifacts(folder) {
  mkdirSync(folder, { recursive: true })
  for (const [name, spec] of Object.entries(artifactSpecs()))
    writeFileSync(join(folder, `${name}.bpf.o`), writeObject(specToObject(spec)))
  for (const [name, object] of await languageObjects())
    writeFileSync(join(folder, `${name}.bpf.o`), writeObject(object))
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
  // Examples that have a part in user space
  const whole = exampleFolders().filter((from) => readdirSync(from).some((name) => name.endsWith('.mjs')))
  return [
    ...[...names, 'digests.json'].map((name) => ({ from: join(folder, name), to: `job/artifacts/${name}` })),
    ...whole.map((from) => ({ from, to: `job/examples/${basename(from)}` })),
  ]
}
