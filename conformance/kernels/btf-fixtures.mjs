// Remakes the BTF fixtures from the archive's kernels, without booting any: node conformance/kernels/btf-fixtures.mjs
// (needs `npm run build`). Each has the closure of the TCP structs and what linking asks a kernel for; one is of a module.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  buildBtf,
  extractBtf,
  findTypes,
  mapTypeIds,
  membersOf,
  nameOf,
  parseBtf,
  referencesOf,
  requireType,
  typeCount,
  typeOf,
} from '../../packages/btf/dist/index.js'
import { root } from '../../tools/bootstrap.mjs'
import { archiveOf, fetchKernel, prepareKernel } from './lib/debian-kernels.mjs'
import { elfSection } from './lib/kernel-image.mjs'
import { readModuleOf } from './lib/modules.mjs'
import { defaultKernels, parseWanted, pickKernel } from './lib/wanted-kernels.mjs'

const folder = join(root, 'packages/object/fixtures/btf')

/** s390x has big-endian BTF, and in an order of its own. */
const kernels = [...defaultKernels, 's390x/6.12']

/** The kernel and module whose split BTF is kept. */
const split = { kernel: '6.12', module: 'tcp_dctcp' }

const structs = [
  'tcp_congestion_ops',
  'bpf_struct_ops_tcp_congestion_ops',
  'tcp_sock',
  'inet_connection_sock',
  'sock',
  'ack_sample',
  'rate_sample',
]
/** bpf_func_id tells what programs of that kernel may call at all. */
const enums = [
  'tcp_ca_state',
  'tcp_ca_event',
  'tcp_ca_ack_event_flags',
  'tcp_queue',
  'tcp_chrono',
  'inet_csk_ack_state_t',
  'bpf_func_id',
]
const kfuncs = ['tcp_slow_start', 'tcp_cong_avoid_ai', 'tcp_reno_ssthresh', 'tcp_reno_cong_avoid', 'tcp_reno_undo_cwnd']

/** What a fixture is cut for: these, and each callback's stub, whose parameters have names. */
function rootsOf(btf) {
  const callbacks = membersOf(btf, requireType(btf, 'tcp_congestion_ops', 'struct')).map((member) => member.name)
  const isFound = (id) => id !== undefined
  const stubs = callbacks.map((name) => findTypes(btf, [`__bpf_tcp_ca_${name}`, `bpf_tcp_ca_${name}`]).find(isFound))
  return [...findTypes(btf, [...structs, ...enums, ...kfuncs]), ...stubs].filter(isFound)
}

/**
 * The part of a base that a split BTF needs, and the split BTF on it. Structs behind a pointer become forward declarations;
 * what the split BTF has by value stays whole.
 */
export function cutSplit(base, whole) {
  const baseCount = typeCount(base)
  const ids = Array.from({ length: typeCount(whole) - baseCount }, (_, i) => baseCount + 1 + i)
  const kept = new Map()
  const visit = (id, behindPointer) => {
    const type = typeOf(base, id)
    const isComposite = type.kind === 'struct' || type.kind === 'union'
    const whole = !(isComposite && behindPointer && type.name !== '')
    if (id === 0 || kept.get(id) === true || (kept.has(id) && !whole)) return
    kept.set(id, whole)
    if (whole) for (const next of referencesOf(type)) visit(next, behindPointer || type.kind === 'ptr')
  }
  for (const id of ids) for (const next of referencesOf(typeOf(whole, id))) if (next <= baseCount) visit(next, false)
  const order = [...kept.keys()].sort((a, b) => a - b)
  const newId = new Map(order.map((id, i) => [id, i + 1]))
  const renumber = (id) => newId.get(id) ?? id - baseCount + order.length
  const baseTypes = order.map((id) => {
    const type = typeOf(base, id)
    return kept.get(id) ? mapTypeIds(type, renumber) : { kind: 'fwd', name: nameOf(base, id), of: type.kind }
  })
  const baseBytes = buildBtf(baseTypes)
  const splitTypes = ids.map((id) => mapTypeIds(typeOf(whole, id), renumber))
  return { base: baseBytes, split: buildBtf(splitTypes, { base: parseBtf(baseBytes) }) }
}

/** `6.12:oldest` of amd64 is 6.12-oldest, `newest` is the series of what it turned out to be. */
function labelOf({ version, which, machine }, { release }) {
  const series = version === 'newest' ? /^\d+\.\d+/.exec(release)?.[0] : version
  return [series, ...(which === 'oldest' ? ['oldest'] : []), ...(machine === 'amd64' ? [] : [machine])].join('-')
}

async function main() {
  mkdirSync(folder, { recursive: true })
  for (const name of readdirSync(folder)) if (name.endsWith('.btf')) rmSync(join(folder, name))
  const archives = new Map()
  const rows = []
  const write = (file, bytes, about) => {
    writeFileSync(join(folder, file), bytes)
    rows.push({ file, bytes: bytes.length, ...about })
    console.log(`${file}: ${bytes.length} bytes, of ${about.release}`)
  }
  for (const text of kernels) {
    const wanted = parseWanted(text)
    if (!archives.has(wanted.machine)) archives.set(wanted.machine, archiveOf(wanted.machine, { say: console.error }))
    const archive = archives.get(wanted.machine)
    const kernel = pickKernel(wanted, archive.kernels)
    if (kernel === undefined) {
      console.error(`${text}: not in the archive`)
      continue
    }
    const file = `tcp-${labelOf(wanted, kernel)}.btf`
    if (rows.some((row) => row.file === file)) continue
    const prepared = await prepareKernel(archive, kernel)
    const btf = parseBtf(readFileSync(prepared.btf))
    const about = { release: kernel.release, version: kernel.version }
    write(file, extractBtf(btf, rootsOf(btf), { depth: 0 }), about)
    if (text === split.kernel) {
      const cut = cutSplit(btf, moduleBtf(archive, kernel, btf))
      write(`${split.module}-base.btf`, cut.base, about)
      write(`${split.module}.btf`, cut.split, { ...about, base: `${split.module}-base.btf` })
    }
  }
  writeFileSync(join(folder, 'fixtures.json'), `${JSON.stringify(rows, null, 2)}\n`)
  console.log(`${rows.reduce((sum, row) => sum + row.bytes, 0)} bytes in all`)
}

/** The split BTF of a module of the package. */
function moduleBtf(archive, kernel, base) {
  const tree = mkdtempSync(join(tmpdir(), 'tscc-tree-'))
  try {
    fetchKernel(archive, kernel, tree)
    const file = readModuleOf(tree, kernel.release, split.module)
    const bytes = file === undefined ? undefined : elfSection(file, '.BTF')
    if (bytes === undefined) throw new Error(`${kernel.release}: no BTF of ${split.module}`)
    return parseBtf(Uint8Array.from(bytes), { base })
  } finally {
    rmSync(tree, { recursive: true })
  }
}

if (process.argv[1] === import.meta.filename) await main()
