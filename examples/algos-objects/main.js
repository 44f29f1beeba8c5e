// @ts-check
// node main.js [FOLDER]: every algorithm as an object file: bpftool struct_ops register cubic.bpf.o
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { algorithms } from '@tscc/algos'
import { writeObject } from '@tscc/object'

const [folder = 'objects'] = process.argv.slice(2)
mkdirSync(folder, { recursive: true })
for (const algorithm of algorithms) {
  if (algorithm.kind !== 'language') continue
  const bytes = writeObject(await algorithm.object())
  writeFileSync(join(folder, `${algorithm.name}.bpf.o`), bytes)
  console.log(`${algorithm.name}.bpf.o: ${algorithm.about} (${algorithm.source})`)
}
