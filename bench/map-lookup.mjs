// What a map lookup costs beside the bare koffi call, and what reading a mapped array costs: a JSON line of nanoseconds.

import { bpfMapFlags, createMap, hostKernel, lookupElement, mapValues, updateElement } from '@tscc/syscall'
import koffi from 'koffi'

const ROUNDS = 15
const LOOKUPS = 20_000

const kernel = hostKernel()
const hash = createMap(kernel, {
  type: 'BPF_MAP_TYPE_HASH',
  keySize: 4,
  valueSize: 8,
  maxEntries: 16,
  name: 'bench_hash',
})
const key = Uint8Array.of(1, 0, 0, 0)
const out = new Uint8Array(8)
updateElement(hash, key, Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0))

const BPF_MAP_LOOKUP_ELEM = 1
const nr = { x64: 321, arm64: 280 }[process.arch]
const syscall = koffi.load(null).func('int syscall(long number, int command, void *attr, uint32_t size)')
const attr = new BigUint64Array(4)
attr[0] = BigInt(hash.fd)
attr[1] = BigInt(koffi.address(key))
attr[2] = BigInt(koffi.address(out))
const attrAddress = koffi.address(attr)

const array = createMap(kernel, {
  type: 'BPF_MAP_TYPE_ARRAY',
  keySize: 4,
  valueSize: 8,
  maxEntries: 64,
  flags: bpfMapFlags.BPF_F_MMAPABLE,
  name: 'bench_array',
})
const { bytes } = mapValues(array)
const values = new BigUint64Array(bytes.buffer, bytes.byteOffset, 64)

const ns = (run) => {
  const started = process.hrtime.bigint()
  run()
  return Number(process.hrtime.bigint() - started) / LOOKUPS
}
const bare = () => {
  for (let i = 0; i < LOOKUPS; i++)
    if (syscall(nr, BPF_MAP_LOOKUP_ELEM, attrAddress, 32) !== 0) throw new Error('lookup')
}
const tscc = () => {
  for (let i = 0; i < LOOKUPS; i++) if (lookupElement(hash, key, out) === undefined) throw new Error('lookup')
}
const view = () => {
  let sum = 0n
  for (let i = 0; i < LOOKUPS; i++) sum += values[i & 63]
  if (sum !== 0n) throw new Error('view')
}

const rows = []
for (let round = 0; round < ROUNDS; round++) rows.push({ bare: ns(bare), tscc: ns(tscc), view: ns(view) })
console.log(JSON.stringify(rows))
