import { type AttrValues, nativeLittleEndian } from './attr.ts'
import { callBpf } from './bpf-call.ts'
import { bpfCommands } from './commands.ts'
import type { Kernel } from './kernel.ts'

/** What a test run feeds a program; which parts are allowed depends on the program type. */
export interface TestRunInput {
  /** A packet, for types that take one (at least 14 bytes for an sk_buff). */
  readonly data?: Uint8Array
  /** The context struct as user space knows it; for SYSCALL programs the argument block. */
  readonly context?: Uint8Array
  /** Runs in a row, default 1. */
  readonly repeat?: number
  /** Bytes of packet to bring back, default 0. */
  readonly dataOutSize?: number
  /** Bytes of context to bring back, default 0: SYSCALL programs write into their input instead. */
  readonly contextOutSize?: number
  /** BPF_F_TEST_*. */
  readonly flags?: number
}

/** What came of a test run. */
export interface TestRunResult {
  /** The program's r0 of the last run, as u32. */
  readonly returnValue: number
  /** Mean nanoseconds of one run, measured by the kernel; 0 for types that do not measure. */
  readonly durationNs: number
  readonly data: Uint8Array
  /** The context afterwards. */
  readonly context: Uint8Array
}

const fields = bpfCommands.BPF_PROG_TEST_RUN.fields

/** BPF_PROG_TEST_RUN: run a loaded program once or `repeat` times; inputs are copied. */
export function testRun(kernel: Kernel, program: { readonly fd: number }, input: TestRunInput = {}): TestRunResult {
  const { data, repeat, dataOutSize = 0, contextOutSize = 0, flags } = input
  const contextIn = input.context?.slice()
  const dataOut = new Uint8Array(dataOutSize)
  const contextOut = new Uint8Array(contextOutSize)
  const values: AttrValues<'BPF_PROG_TEST_RUN'> = {
    prog_fd: program.fd,
    ...(data === undefined ? {} : { data_in: data, data_size_in: data.length }),
    ...(dataOutSize === 0 ? {} : { data_out: dataOut, data_size_out: dataOutSize }),
    ...(contextIn === undefined ? {} : { ctx_in: contextIn, ctx_size_in: contextIn.length }),
    ...(contextOutSize === 0 ? {} : { ctx_out: contextOut, ctx_size_out: contextOutSize }),
    repeat,
    flags,
  }
  const { view } = callBpf(kernel, 'BPF_PROG_TEST_RUN', values).attr
  const output = (field: 'retval' | 'duration' | 'data_size_out' | 'ctx_size_out'): number =>
    view.getUint32(fields[field].at, nativeLittleEndian)
  return {
    returnValue: output('retval'),
    durationNs: output('duration'),
    data: dataOut.subarray(0, output('data_size_out')),
    context:
      contextOutSize === 0 && contextIn !== undefined ? contextIn : contextOut.subarray(0, output('ctx_size_out')),
  }
}
