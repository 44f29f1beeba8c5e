// @ts-check
// node load.js: the same object in the running kernel, with @tscc/syscall. Takes CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN.
import { readFileSync } from 'node:fs'
import { parseBtf } from '@tscc/btf'
import { linkObject, readObject } from '@tscc/object'
import { hostKernel, loadPlan, programInfo, readVmlinuxBtf, syscallErrors } from '@tscc/syscall'

const kernel = hostKernel()
try {
  const object = readObject(readFileSync(new URL('windows.bpf.o', import.meta.url)))
  const loaded = loadPlan(kernel, linkObject(object, { btf: parseBtf(readVmlinuxBtf(kernel)) }))
  const program = loaded.program('windows')
  const { id, verified_insns } = programInfo(kernel, program.fd)
  console.log(`loaded ${program.name} as program ${id}: the verifier walked ${verified_insns ?? 'some'} instructions`)
  console.log(`${loaded.map('histogram').maxEntries} counters`)
  loaded.close()
} catch (error) {
  if (!syscallErrors.is(error)) throw error
  console.error(error.message) // which privilege is missing, or what the verifier says
  process.exitCode = 1
}
