// @ts-check
// node main.js [OBJECT] [BTF]: what is in an object file of clang's, and what becomes of it on a kernel. Nothing is loaded,
// so BTF may be any kernel's; that of the running one is the default.
import { readFileSync } from 'node:fs'
import { parseBtf } from '@tscc/btf'
import { explainLink, linkObject, objectErrors, readObject, withVariables } from '@tscc/object'

const [path = new URL('windows.bpf.o', import.meta.url), types = '/sys/kernel/btf/vmlinux'] = process.argv.slice(2)
try {
  const object = readObject(readFileSync(path))
  for (const { name, section, code } of object.functions)
    console.log(`program ${name} (${section}): ${code.length / 8} instructions`)
  for (const { name, kind, keySize, valueSize, maxEntries } of object.maps)
    console.log(`map ${name} (${kind}): ${maxEntries} x ${keySize} -> ${valueSize} bytes`)

  // Constants are set before linking, as a loader would
  const linked = linkObject(withVariables(object, { slowest_us: 200_000 }), { btf: parseBtf(readFileSync(types)) })
  for (const { function: name, at, subject, from, to } of explainLink(linked))
    if (from !== undefined) console.log(`${name}+${at}: ${subject}: ${from} becomes ${to}`)
} catch (error) {
  if (!objectErrors.is(error)) throw error
  console.error(error.message)
  process.exitCode = 1
}
