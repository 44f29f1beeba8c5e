// @ts-check
// node main.js [WORD]: kernel functions that programs may call (BPF helpers), with number, signature and since when.
import { helperTable } from '@tscc/bpf/helpers'

const word = process.argv[2] ?? ''
const found = helperTable.filter(({ name, doc }) => `${name} ${doc}`.toLowerCase().includes(word.toLowerCase()))
for (const { id, name, params, returns, since, programs, doc } of found) {
  const signature = `${name}(${params.map((param) => param.name).join(', ')}): ${returns}`
  const version = since === undefined ? '' : `, since ${since}`
  console.log(`${String(id).padStart(3)} ${signature}${version} [${programs.join(', ')}]`)
  console.log(`    ${doc}`)
}
console.log(`${found.length} of ${helperTable.length} helpers`)
