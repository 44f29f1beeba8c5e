import {
  bpfCommands,
  fakeKernel,
  hostKernel,
  loadProgram,
  type ProgramSpec,
  syscallErrors,
  verifierAdvice,
} from '@tscc/syscall'
import { describe, expect, it } from 'vitest'
import { caught, returnZero, skipReal } from './real-kernel.ts'

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('loadProgram, attr and log', () => {
  const spec = { type: 'BPF_PROG_TYPE_SOCKET_FILTER', instructions: returnZero } as const

  it('first asks for no log', () => {
    const kernel = fakeKernel({ bpf: { BPF_PROG_LOAD: () => 5 } })
    const program = loadProgram(kernel, spec)
    expect([program.fd, program.kind, program.type, kernel.calls.length]).toEqual([5, 'program', 1, 1])
    program.close()
    program[Symbol.dispose]()
    expect(kernel.closedFds).toEqual([5])
    expect(caught(() => program.fd)).toMatchObject({ code: 'syscall/closed' })
  })

  it('asks for a log after a failure, growing it after ENOSPC', () => {
    const sizes: number[] = []
    const kernel = fakeKernel({
      bpf: {
        BPF_PROG_LOAD({ output, memory }) {
          const size = output.getUint32(28, true)
          sizes.push(size)
          if (size === 0) return -13
          const log = ascii(`0: (bf) r0 = r2\n${'x'.repeat(100_000)}\nR2 !read_ok\n`)
          memory(output.getBigUint64(32, true))?.set(log.subarray(0, size - 1))
          if (size > log.length) return -13
          output.setUint32(bpfCommands.BPF_PROG_LOAD.fields.log_true_size.at, 400_000, true)
          return -28
        },
      },
    })
    const error = caught(() => loadProgram(kernel, spec))
    expect(sizes).toEqual([0, 65_536, 400_001])
    expect(syscallErrors.is(error, 'syscall/verifier') && error.context).toMatchObject({
      instruction: 0,
      text: 'r0 = r2',
      reason: 'R2 !read_ok',
      name: 'EACCES',
    })
  })

  it('stops at the largest log', () => {
    let attempts = 0
    const kernel = fakeKernel({
      bpf: {
        BPF_PROG_LOAD: () => {
          attempts++
          return -28
        },
      },
    })
    expect(caught(() => loadProgram(kernel, spec, { maxLogSize: 100_000 }))).toMatchObject({ code: 'syscall/bpf' })
    expect(attempts).toBe(3)
  })

  it('tries again after EAGAIN', () => {
    let attempts = 0
    const kernel = fakeKernel({ bpf: { BPF_PROG_LOAD: () => (++attempts < 3 ? -11 : 7) } })
    expect(loadProgram(kernel, spec).fd).toBe(7)
  })

  it('lifts RLIMIT_MEMLOCK once, and only before 5.11', () => {
    for (const [release, expected] of [
      ['5.10.0-1', 1],
      ['5.11.0', 0],
      ['6.18.4', 0],
    ] as const) {
      let raised = 0
      const kernel = fakeKernel({
        files: { '/proc/sys/kernel/osrelease': `${release}\n` },
        raiseMemlock: () => {
          raised++
          return 0
        },
        bpf: { BPF_PROG_LOAD: () => (raised > 0 ? 9 : -1) },
      })
      if (expected === 1) expect(loadProgram(kernel, spec).fd).toBe(9)
      else expect(caught(() => loadProgram(kernel, spec))).toMatchObject({ context: { name: 'EPERM' } })
      expect(raised).toBe(expected)
    }
  })

  it('names the capability that is missing for this type of program', () => {
    const load = (capEff: string, type: ProgramSpec['type']): string => {
      const kernel = fakeKernel({
        files: { '/proc/self/status': `CapEff:\t${capEff}\n` },
        bpf: { BPF_PROG_LOAD: () => -1 },
      })
      return String(caught(() => loadProgram(kernel, { ...spec, type })))
    }
    const none = '0000000000000000'
    expect(load(none, 'BPF_PROG_TYPE_SOCKET_FILTER')).toMatch(/BPF_PROG_LOAD: EPERM .*lacks CAP_BPF;/)
    expect(load(none, 'BPF_PROG_TYPE_STRUCT_OPS')).toMatch(/lacks CAP_BPF and CAP_PERFMON;/)
    expect(load('0000008000000000', 'BPF_PROG_TYPE_STRUCT_OPS')).toMatch(/lacks CAP_PERFMON;/)
    expect(load('000000c000000000', 'BPF_PROG_TYPE_SOCK_OPS')).toMatch(/lacks CAP_NET_ADMIN;/)
    expect(load('0000000000200000', 'BPF_PROG_TYPE_STRUCT_OPS')).toMatch(/capabilities are held/)
  })

  it('refuses instructions that are not whole slots, and long names', () => {
    const kernel = fakeKernel()
    expect(caught(() => loadProgram(kernel, { ...spec, instructions: new Uint8Array(12) }))).toMatchObject({
      code: 'syscall/size',
      context: { found: 12, expected: 16 },
    })
    expect(caught(() => loadProgram(kernel, { ...spec, name: 'sixteen_letters_' }))).toMatchObject({
      code: 'syscall/name',
    })
    expect(kernel.calls).toEqual([])
  })
})

describe.skipIf(skipReal('program'))('loadProgram on the real kernel', () => {
  const kernel = hostKernel()
  const spec = { type: 'BPF_PROG_TYPE_SOCKET_FILTER', instructions: returnZero, name: 'tscc_t' } as const

  it('loads, with and without a log', () => {
    using quiet = loadProgram(kernel, spec)
    expect([quiet.log, quiet.fd > 2]).toEqual(['', true])
    using logged = loadProgram(kernel, spec, { logLevel: 2 })
    expect(logged.log).toMatch(/\(b7\) r0 = 0/)
  })

  it('reports what the verifier said', () => {
    const readsR2 = Uint8Array.of(0xbf, 0x20, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0)
    const error = caught(() => loadProgram(kernel, { ...spec, instructions: readsR2 }))
    expect(syscallErrors.is(error, 'syscall/verifier') && error.context).toMatchObject({
      program: 'tscc_t',
      instruction: 0,
      text: 'r0 = r2',
      reason: 'R2 !read_ok',
      name: 'EACCES',
      processed: 1,
    })
    expect(String(error)).toBe(
      'TsccError: tscc_t: the verifier rejected it at instruction 0 (r0 = r2): R2 !read_ok (EACCES)',
    )
  })

  it('says which helper the kernel lacks', () => {
    const callsHelper = Uint8Array.of(0x85, 0, 0, 0, 0x0f, 0x27, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0)
    const error = caught(() => loadProgram(kernel, { ...spec, instructions: callsHelper }))
    if (!syscallErrors.is(error, 'syscall/verifier')) throw error
    const { message } = verifierAdvice(error.context, { fieldAt: () => undefined })
    expect(message).toBe('this kernel has no helper 9999')
  })

  it('reports refused attributes without a log', () => {
    expect(caught(() => loadProgram(kernel, { ...spec, type: 999 }))).toMatchObject({
      code: 'syscall/bpf',
      context: { command: 'BPF_PROG_LOAD', name: 'EINVAL' },
    })
  })
})
