// Remakes the small BTF fixtures from a kernel's BTF: node tools/cut-btf.mjs [vmlinux-btf]
// (needs `pnpm build`; the committed ones were cut on a 6.18 kernel)
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { extractBtf, findTypes, membersOf, parseBtf, requireType, typeCount } from '../packages/btf/dist/index.js'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const source = process.argv[2] ?? '/sys/kernel/btf/vmlinux'

const structs = [
  'tcp_congestion_ops',
  'bpf_struct_ops_tcp_congestion_ops',
  'tcp_sock',
  'inet_connection_sock',
  'sock',
  'ack_sample',
  'rate_sample',
]
const enums = [
  'tcp_ca_state',
  'tcp_ca_event',
  'tcp_ca_ack_event_flags',
  'tcp_queue',
  'tcp_chrono',
  'inet_csk_ack_state_t',
]
const kfuncs = ['tcp_slow_start', 'tcp_cong_avoid_ai', 'tcp_reno_ssthresh', 'tcp_reno_cong_avoid', 'tcp_reno_undo_cwnd']

const btf = parseBtf(readFileSync(source))
const callbacks = membersOf(btf, requireType(btf, 'tcp_congestion_ops', 'struct')).map((member) => member.name)
// Each callback's stub in the kernel, whose parameters have the names that a bare function pointer lacks. Where there are
// two, the one with underscores is the stub.
const stubs = callbacks.map((name) => findTypes(btf, [`__bpf_tcp_ca_${name}`, `bpf_tcp_ca_${name}`]).find(isFound))
const roots = [...findTypes(btf, [...structs, ...enums, ...kfuncs]), ...stubs].filter(isFound)
const outputs = [
  ['packages/struct-ops/fixtures/tcp-6.18.btf', roots, 1],
  ['packages/btf/test/fixtures/tcp-6.18.btf', roots, 0],
]
for (const [path, roots, depth] of outputs) {
  const bytes = extractBtf(btf, roots, { depth })
  const out = resolve(root, path)
  mkdirSync(dirname(out), { recursive: true })
  writeFileSync(out, bytes)
  console.log(`${path}: ${bytes.length} bytes, ${typeCount(parseBtf(bytes))} types`)
}

function isFound(id) {
  return id !== undefined
}
