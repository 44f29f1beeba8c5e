import { bpfError, tryBpfCreate } from './bpf-call.ts'
import { type Descriptor, extendDescriptor, ownDescriptor } from './descriptor.ts'
import { errnoName } from './errno.ts'
import type { Kernel } from './kernel.ts'
import { callWithLog, defaultMaxLogSize } from './kernel-log.ts'
import { syscallErrors } from './syscall-errors.ts'

/** BTF in the kernel. */
export interface BtfObject extends Descriptor {
  readonly kind: 'btf'
}

/** BPF_BTF_LOAD of raw BTF; a rejection is `syscall/btf` with the kernel's reason. */
export function loadBtf(kernel: Kernel, bytes: Uint8Array): BtfObject {
  const first = tryBpfCreate(kernel, 'BPF_BTF_LOAD', { btf: bytes, btf_size: bytes.length })
  if (first.result >= 0) return ownBtf(kernel, first.result)
  const { result, log } = callWithLog(
    kernel,
    'BPF_BTF_LOAD',
    (buffer) => ({
      btf: bytes,
      btf_size: bytes.length,
      btf_log_level: 1,
      btf_log_buf: buffer,
      btf_log_size: buffer.length,
    }),
    { trueSize: 'btf_log_true_size', maxLogSize: defaultMaxLogSize },
  )
  if (result >= 0) return ownBtf(kernel, result)
  const reason = lastLine(log)
  if (reason === '') throw bpfError(kernel, 'BPF_BTF_LOAD', -result)
  throw syscallErrors.make('btf', { command: 'BPF_BTF_LOAD', errno: -result, name: errnoName(-result), reason, log })
}

/** Own a descriptor of BTF that came from elsewhere (by id, from a pin). */
export function ownBtf(kernel: Kernel, fd: number): BtfObject {
  return extendDescriptor(ownDescriptor(kernel, fd, 'btf'), { kind: 'btf' as const })
}

function lastLine(log: string): string {
  return log.trimEnd().split('\n').at(-1)?.trim().slice(0, 1024) ?? ''
}
