// This kernel's BTF through our parser: types are found, layouts are told, modules build on it.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import {
  declareC,
  extractBtf,
  findType,
  kfuncs,
  membersOf,
  parseBtf,
  resolveField,
  structOpsTypes,
  typeCount,
  typeOf,
} from '@tscc/btf'
import { hostKernel, loadBtf, readVmlinuxBtf } from '@tscc/syscall'
import { check, skipped } from './check.mjs'

const kernel = hostKernel()
const bytes = readVmlinuxBtf(kernel)
const btf = parseBtf(bytes)

await check('vmlinux BTF is read whole', { feature: 'btf' }, () => {
  assert.equal(bytes.length, readFileSync('/sys/kernel/btf/vmlinux').length)
  const types = typeCount(btf)
  assert.ok(types > 50_000, `only ${types} types`)
  return { bytes: bytes.length, types }
})

await check('every type of vmlinux is parsed', { feature: 'btf' }, () => {
  const kinds = {}
  for (let id = 1; id <= typeCount(btf); id++) {
    const { kind } = typeOf(btf, id)
    kinds[kind] = (kinds[kind] ?? 0) + 1
  }
  assert.ok(kinds.struct > 5000, `only ${kinds.struct} structs`)
  return kinds
})

await check('struct_ops types', { feature: 'structOps' }, () => {
  const names = structOpsTypes(btf).map((type) => type.name)
  assert.ok(names.includes('tcp_congestion_ops'))
  return { names: names.join(' ') }
})

await check('bpf_dummy_ops', { feature: 'dummyOps' }, () => {
  assert.ok(structOpsTypes(btf).some((type) => type.name === 'bpf_dummy_ops'))
})

await check('layout of tcp_sock', { feature: 'btf' }, () => {
  const at = (field) => resolveField(btf, 'tcp_sock', field).offset
  const [limited, state] = ['is_cwnd_limited', 'icsk_ca_state'].map(
    (field) => resolveField(btf, 'tcp_sock', field).bitfield,
  )
  assert.equal(limited?.bitSize, 1)
  assert.equal(state?.bitSize, 5)
  assert.equal(resolveField(btf, 'inet_connection_sock', 'icsk_ca_priv').size, 104)
  return { snd_cwnd: at('snd_cwnd'), snd_ssthresh: at('snd_ssthresh'), srtt_us: at('srtt_us') }
})

await check('callbacks of tcp_congestion_ops', { feature: 'btf' }, () => {
  const names = membersOf(btf, findType(btf, 'tcp_congestion_ops', 'struct')).map((member) => member.name)
  for (const name of ['ssthresh', 'cong_avoid', 'cong_control', 'undo_cwnd', 'name', 'owner'])
    assert.ok(names.includes(name), name)
})

await check('cwnd_event_tx_start', { feature: 'cwndEventTxStart' }, () => {
  const names = membersOf(btf, findType(btf, 'tcp_congestion_ops', 'struct')).map((member) => member.name)
  assert.ok(names.includes('cwnd_event_tx_start'))
})

await check('a cut of it is BTF that this kernel loads', { feature: 'btf' }, () => {
  const cut = extractBtf(btf, ['tcp_congestion_ops', 'tcp_sock'], { depth: 1 })
  loadBtf(kernel, cut).close()
  return { bytes: cut.length, kfuncs: kfuncs(btf).length }
})

await check('C declarations of it', { feature: 'btf' }, () => {
  assert.match(declareC(btf, { roots: ['ack_sample'] }), /struct ack_sample \{/)
})

await check('split BTF of a module', { feature: 'moduleBtf' }, () => {
  try {
    execFileSync('modprobe', ['tcp_vegas'])
  } catch {
    if (!existsSync('/sys/kernel/btf/tcp_vegas'))
      return skipped('the archive has the image of this kernel without its modules')
  }
  const names = readdirSync('/sys/kernel/btf').filter((name) => name !== 'vmlinux')
  for (const name of names) {
    const split = parseBtf(readFileSync(`/sys/kernel/btf/${name}`), { base: btf })
    assert.ok(typeCount(split) > typeCount(btf), name)
  }
  const vegas = parseBtf(readFileSync('/sys/kernel/btf/tcp_vegas'), { base: btf })
  assert.ok(findType(vegas, 'vegas', 'struct') !== undefined, 'struct vegas')
  return { modules: names.join(' ') }
})
