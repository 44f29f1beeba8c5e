// @ts-check
// node main.js [MILLISECONDS]: counts the system calls of this machine by number, and tells of each at its first call.
// As root (or CAP_BPF and CAP_PERFMON). The program is written out by hand here; @tscc/insn would assemble it.
import { setTimeout as sleep } from 'node:timers/promises'
import {
  bpfMapFlags,
  createMap,
  hostKernel,
  loadProgram,
  mapValues,
  openRawTracepoint,
  ringBufferReader,
  syscallErrors,
} from '@tscc/syscall'

const SYSCALLS = 512

/** @type {(code: number, registers: number, offset: number, immediate: number) => Uint8Array} */
function insn(code, registers, offset, immediate) {
  const bytes = new DataView(new ArrayBuffer(8))
  bytes.setUint8(0, code)
  bytes.setUint8(1, registers) // source << 4 | destination
  bytes.setInt16(2, offset, true)
  bytes.setInt32(4, immediate, true)
  return new Uint8Array(bytes.buffer)
}

/** @type {(counters: { fd: number }, first: { fd: number }) => Uint8Array} */
function countCalls(counters, first) {
  return Uint8Array.from(
    [
      insn(0x79, 0x12, 8, 0), //         r2 = *(u64 *)(r1 + 8): the system call's number
      insn(0x63, 0x2a, -4, 0), //        *(u32 *)(r10 - 4) = r2
      insn(0x18, 0x11, 0, counters.fd), // r1 = the map of counters
      insn(0, 0, 0, 0),
      insn(0xbf, 0xa2, 0, 0), //         r2 = r10
      insn(0x07, 0x02, 0, -4), //        r2 += -4
      insn(0x85, 0, 0, 1), //            call bpf_map_lookup_elem
      insn(0x15, 0x00, 10, 0), //        if r0 == 0 goto out
      insn(0xb7, 0x01, 0, 1), //         r1 = 1
      insn(0xdb, 0x10, 0, 0x01), //      r1 = atomic_fetch_add((u64 *)(r0 + 0), r1)
      insn(0x55, 0x01, 7, 0), //         if r1 != 0 goto out
      insn(0x18, 0x11, 0, first.fd), //  r1 = the ring buffer
      insn(0, 0, 0, 0),
      insn(0xbf, 0xa2, 0, 0), //         r2 = r10
      insn(0x07, 0x02, 0, -4), //        r2 += -4
      insn(0xb7, 0x03, 0, 4), //         r3 = 4 bytes
      insn(0xb7, 0x04, 0, 0), //         r4 = 0: no flags
      insn(0x85, 0, 0, 130), //          call bpf_ringbuf_output
      insn(0xb7, 0x00, 0, 0), //         out: r0 = 0
      insn(0x95, 0, 0, 0), //            exit
    ].flatMap((bytes) => [...bytes]),
  )
}

const kernel = hostKernel()
try {
  const counters = createMap(kernel, {
    type: 'BPF_MAP_TYPE_ARRAY',
    name: 'counters',
    keySize: 4,
    valueSize: 8,
    maxEntries: SYSCALLS,
    flags: bpfMapFlags.BPF_F_MMAPABLE,
  })
  const first = createMap(kernel, {
    type: 'BPF_MAP_TYPE_RINGBUF',
    name: 'first',
    keySize: 0,
    valueSize: 0,
    maxEntries: 4096,
  })
  const values = mapValues(counters) // memory that the program writes and we read: no system call
  const events = ringBufferReader(first)
  const program = loadProgram(kernel, {
    type: 'BPF_PROG_TYPE_RAW_TRACEPOINT',
    name: 'count_calls',
    instructions: countCalls(counters, first),
  })
  const attached = openRawTracepoint(kernel, program, 'sys_enter')
  await sleep(Number(process.argv[2] ?? 500))
  attached.close()

  const seen = events.drain().map((event) => new DataView(event.buffer, event.byteOffset).getUint32(0, true))
  console.log(`first calls of ${seen.length} system calls, in order: ${seen.slice(0, 10).join(' ')}`)
  const counts = Array.from({ length: SYSCALLS }, (_, number) => {
    const value = values.element(number)
    return { number, count: new DataView(value.buffer, value.byteOffset).getBigUint64(0, true) }
  })
  const most = counts.filter(({ count }) => count > 0n).sort((a, b) => Number(b.count - a.count))
  for (const { number, count } of most.slice(0, 10)) console.log(`system call ${number}: ${count}`)
  console.log(`${most.length} different ones, ${most.reduce((sum, { count }) => sum + count, 0n)} calls`)
  for (const one of [values, events, program, first, counters]) one.close()
} catch (error) {
  if (!syscallErrors.is(error)) throw error
  console.error(error.message) // names the privilege that is missing
  process.exitCode = 1
}
