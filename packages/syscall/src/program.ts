import type { AttrValues } from './attr.ts'
import { bpfError, tryBpf, tryBpfCreate } from './bpf-call.ts'
import { type BpfAttachType, type BpfProgramType, bpfAttachTypes, bpfProgramTypes } from './bpf-types.ts'
import { programCapabilities } from './capabilities.ts'
import { type Descriptor, extendDescriptor, ownDescriptor } from './descriptor.ts'
import { errnoName, errnoNumber } from './errno.ts'
import type { Kernel } from './kernel.ts'
import { callWithLog, defaultMaxLogSize } from './kernel-log.ts'
import { syscallErrors } from './syscall-errors.ts'
import { parseVerifierLog } from './verifier-log.ts'

/** A program to load: instructions as the kernel's bytes, already linked to this kernel. */
export interface ProgramSpec {
  readonly type: BpfProgramType | number
  /** Encoded instructions in the machine's byte order, 8 bytes a slot. */
  readonly instructions: Uint8Array
  /** Default `Dual MIT/GPL`. */
  readonly license?: string
  /** At most 15 of `A-Z a-z 0-9 _ .`; shown by `bpftool prog`. */
  readonly name?: string
  /** What errors call it, where that is more than the kernel's 15 characters; default its name. */
  readonly label?: string
  readonly expectedAttachType?: BpfAttachType | number
  /** BPF_F_* program flags, `BPF_F_SLEEPABLE` is 1 << 4. */
  readonly flags?: number
  /** BTF type that the program attaches to: the struct_ops type, the traced function. */
  readonly attachBtfId?: number
  /** Descriptor of the module BTF (or the program) that {@link attachBtfId} is in; vmlinux when left out. */
  readonly attachBtfObjectFd?: number
  /** The program's own BTF with its function and line records (bpf_func_info, bpf_line_info). */
  readonly btf?: ProgramBtf
  /** Descriptors that kfunc calls and BPF_PSEUDO_*_IDX refer to by index. */
  readonly fdArray?: readonly number[]
  /** Interface index for offload and for device-bound programs. */
  readonly interfaceIndex?: number
}

/** BTF of a program; records are packed, their instruction offsets count 8-byte slots. */
export interface ProgramBtf {
  readonly fd: number
  readonly funcInfo?: Uint8Array
  /** Bytes of one record, default 8. */
  readonly funcInfoRecordSize?: number
  readonly lineInfo?: Uint8Array
  /** Bytes of one record, default 16. */
  readonly lineInfoRecordSize?: number
}

/** How to load: what to log, and how long a log may be. */
export interface LoadProgramOptions {
  /** Ask for a log even of a success: 1 is the verifier's walk, 2 every branch, 4 statistics (they add up). Default 0. */
  readonly logLevel?: number
  /** Level of the second attempt, after a rejection. Default 1. */
  readonly failureLogLevel?: number
  /** Bytes that a log may take, default 16 MB less one (what kernels before 5.2 allow). */
  readonly maxLogSize?: number
}

/** What is known of a program that is loaded already. */
export interface ProgramIdentity {
  readonly type: number
  readonly name: string
  readonly log?: string
}

/** A loaded program. */
export interface Program extends Descriptor {
  readonly kind: 'program'
  readonly name: string
  readonly type: number
  /** The verifier's log; empty unless a log level was asked for. */
  readonly log: string
}

/**
 * BPF_PROG_LOAD: first without a log, and once more with one if that fails.
 *
 * A rejection is `syscall/verifier` with instruction, reason and source line; without a log it is `syscall/bpf`.
 */
export function loadProgram(kernel: Kernel, spec: ProgramSpec, options: LoadProgramOptions = {}): Program {
  const { logLevel = 0, failureLogLevel = 1, maxLogSize = defaultMaxLogSize } = options
  const values = programAttr(spec)
  const quiet = logLevel === 0 ? loadQuietly(kernel, values) : undefined
  if (quiet !== undefined && quiet >= 0)
    return ownProgram(kernel, quiet, { type: programType(spec), name: spec.name ?? '' })
  const attempt = (level: number): { readonly result: number; readonly log: string } =>
    callWithLog(
      kernel,
      'BPF_PROG_LOAD',
      (buffer) => ({ ...values, log_level: level, log_buf: buffer, log_size: buffer.length }),
      { trueSize: 'log_true_size', maxLogSize },
    )
  const first = attempt(logLevel || (quiet === TOO_LARGE ? STATISTICS : failureLogLevel))
  // Statistics alone do not say where a program was refused.
  const again = first.result < 0 && first.result !== TOO_LARGE && logLevel === STATISTICS
  const { result, log } = again ? attempt(failureLogLevel) : first
  if (result >= 0) return ownProgram(kernel, result, { type: programType(spec), name: spec.name ?? '', log })
  throw programError(kernel, spec, -result, log)
}

/** BPF_LOG_STATS */
const STATISTICS = 4

/** After a million instructions there is nowhere to point at, and their log would take seconds and all the room there is. */
const TOO_LARGE = -errnoNumber('E2BIG')

/** EAGAIN is a signal or a race with module loading inside the verifier: worth a few attempts. */
function loadQuietly(kernel: Kernel, values: AttrValues<'BPF_PROG_LOAD'>): number {
  let result = tryBpfCreate(kernel, 'BPF_PROG_LOAD', values).result
  for (let attempt = 0; attempt < 4 && result === -errnoNumber('EAGAIN'); attempt++)
    result = tryBpf(kernel, 'BPF_PROG_LOAD', values).result
  return result
}

function programAttr(spec: ProgramSpec): AttrValues<'BPF_PROG_LOAD'> {
  const { btf, instructions } = spec
  if (instructions.length === 0 || instructions.length % 8 !== 0)
    throw syscallErrors.make('size', {
      what: `program ${programLabel(spec)}: instructions`,
      found: instructions.length,
      expected: Math.max(8, Math.ceil(instructions.length / 8) * 8),
    })
  return {
    prog_type: programType(spec),
    insn_cnt: instructions.length / 8,
    insns: instructions,
    license: new TextEncoder().encode(`${spec.license ?? 'Dual MIT/GPL'}\0`),
    prog_flags: spec.flags,
    prog_name: spec.name,
    prog_ifindex: spec.interfaceIndex,
    expected_attach_type:
      typeof spec.expectedAttachType === 'string' ? bpfAttachTypes[spec.expectedAttachType] : spec.expectedAttachType,
    attach_btf_id: spec.attachBtfId,
    attach_prog_fd: spec.attachBtfObjectFd,
    ...(btf === undefined ? {} : btfAttr(btf)),
    fd_array:
      spec.fdArray === undefined || spec.fdArray.length === 0
        ? undefined
        : new Uint8Array(Int32Array.from(spec.fdArray).buffer),
  }
}

function btfAttr(btf: ProgramBtf): AttrValues<'BPF_PROG_LOAD'> {
  const { funcInfo, funcInfoRecordSize = 8, lineInfo, lineInfoRecordSize = 16 } = btf
  return {
    prog_btf_fd: btf.fd,
    ...(funcInfo === undefined || funcInfo.length === 0
      ? {}
      : {
          func_info: funcInfo,
          func_info_rec_size: funcInfoRecordSize,
          func_info_cnt: recordCount('func_info', funcInfo, funcInfoRecordSize),
        }),
    ...(lineInfo === undefined || lineInfo.length === 0
      ? {}
      : {
          line_info: lineInfo,
          line_info_rec_size: lineInfoRecordSize,
          line_info_cnt: recordCount('line_info', lineInfo, lineInfoRecordSize),
        }),
  }
}

function recordCount(what: string, records: Uint8Array, size: number): number {
  const count = records.length / size
  if (!Number.isInteger(count))
    throw syscallErrors.make('size', { what, found: records.length, expected: Math.ceil(count) * size })
  return count
}

function programType(spec: ProgramSpec): number {
  return typeof spec.type === 'string' ? bpfProgramTypes[spec.type] : spec.type
}

function programLabel(spec: ProgramSpec): string {
  const name = spec.label ?? spec.name
  return name === undefined || name === '' ? String(spec.type) : name
}

/** Own a program descriptor whose type and name are known. */
export function ownProgram(kernel: Kernel, fd: number, program: ProgramIdentity): Program {
  const { type, name, log = '' } = program
  const label = name === '' ? `of type ${type}` : name
  return extendDescriptor(ownDescriptor(kernel, fd, `program ${label}`), { kind: 'program' as const, name, type, log })
}

/** An empty log is no verdict of the verifier: the attributes were refused before it ran. */
function programError(kernel: Kernel, spec: ProgramSpec, errno: number, log: string): Error {
  const report = parseVerifierLog(log)
  if (report.reason === '' && report.instruction === undefined) {
    const lastLine = log.trimEnd().split('\n').at(-1)?.slice(0, 1024)
    return bpfError(kernel, 'BPF_PROG_LOAD', errno, { lastLine, needed: programCapabilities(programType(spec)) })
  }
  return syscallErrors.make('verifier', {
    ...report,
    command: 'BPF_PROG_LOAD',
    program: programLabel(spec),
    errno,
    name: errnoName(errno),
  })
}
