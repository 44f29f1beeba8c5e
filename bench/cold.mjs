// One cold measurement in a fresh process: a JSON line of milliseconds.
//   node cold.mjs btf            open vmlinux BTF, find ten types by name
//   node cold.mjs register      BTF to registered, without any cache
//   node cold.mjs cached        the same with what an earlier process resolved, then again in this process; `bare`
//                               is what the bpf(2) calls of a registration take by themselves

import { reno } from '@tscc/algos'
import { findTypes, parseBtf } from '@tscc/btf'
import { linkStructOps } from '@tscc/struct-ops'
import { hostResolver, registerStructOps } from '@tscc/struct-ops/kernel'
import { hostKernel, readVmlinuxBtf } from '@tscc/syscall'
import { ms, timed } from './timed-kernel.mjs'

const NAMES = [
  'tcp_congestion_ops',
  'bpf_struct_ops_tcp_congestion_ops',
  'tcp_sock',
  'inet_connection_sock',
  'sock',
  'ack_sample',
  'rate_sample',
  'sk_buff',
  'task_struct',
  'tcp_info',
]

const peakKb = () => process.resourceUsage().maxRSS

const started = ms()
const kernel = hostKernel()
// koffi loads its library on the first call: that is start-up, as the dynamic linker's work is for C
kernel.close(-1)
const startup = ms() - started

const registerOnce = (name, cache, on = kernel) => {
  const t0 = ms()
  const resolver = hostResolver(on, { cache })
  const registration = registerStructOps(on, linkStructOps(reno(name), resolver))
  const took = ms() - t0
  resolver.save()
  registration.close()
  return took
}

const name = `bench_${process.pid}`
switch (process.argv[2]) {
  case 'btf': {
    const t0 = ms()
    const btf = parseBtf(readVmlinuxBtf(kernel))
    const t1 = ms()
    const ids = findTypes(
      btf,
      NAMES.map((wanted) => ({ name: wanted, kind: 'struct' })),
    )
    const t2 = ms()
    if (ids.some((id) => id === undefined)) throw new Error(`not found: ${NAMES[ids.indexOf(undefined)]}`)
    console.log(JSON.stringify({ open: t1 - t0, find: t2 - t1, startup, peakKb: peakKb() }))
    break
  }
  case 'register':
    console.log(JSON.stringify({ register: registerOnce(name, false), startup, peakKb: peakKb() }))
    break
  case 'cached': {
    const watched = timed(kernel)
    const first = registerOnce(name, true, watched.kernel)
    watched.inside.ms = 0
    const second = registerOnce(name, true, watched.kernel)
    console.log(JSON.stringify({ first, second, bare: watched.inside.ms, startup, peakKb: peakKb() }))
    break
  }
  default:
    throw new Error('usage: node cold.mjs btf | register | cached')
}
