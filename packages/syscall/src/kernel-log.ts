import { type AttrValues, nativeLittleEndian } from './attr.ts'
import { tryBpf } from './bpf-call.ts'
import { type AttrField, type BpfCommand, bpfCommands } from './commands.ts'
import { errnoNumber } from './errno.ts'
import type { Kernel } from './kernel.ts'

/** The largest log that every kernel accepts: UINT_MAX >> 8 (kernel/bpf/verifier.c before 5.2). */
export const defaultMaxLogSize = 0xff_ffff

const firstLogSize = 64 * 1024

/** Run a command that writes a log, with a buffer that grows until the log fits or `maxLogSize` is reached. */
export function callWithLog<Command extends BpfCommand>(
  kernel: Kernel,
  command: Command,
  attrOf: (buffer: Uint8Array) => AttrValues<Command>,
  options: { readonly trueSize: string; readonly maxLogSize: number },
): { readonly result: number; readonly log: string } {
  const { maxLogSize } = options
  const fields: Readonly<Record<string, AttrField>> = bpfCommands[command].fields
  const trueSizeAt = fields[options.trueSize]?.at
  let size = Math.min(firstLogSize, maxLogSize)
  for (;;) {
    const buffer = new Uint8Array(size)
    const { result, attr } = tryBpf(kernel, command, attrOf(buffer))
    // Kernels from 6.4 report the full size; older ones only that the buffer was too small.
    const trueSize = trueSizeAt === undefined ? 0 : attr.view.getUint32(trueSizeAt, nativeLittleEndian)
    if (result !== -errnoNumber('ENOSPC') || size >= maxLogSize) return { result, log: logText(buffer) }
    size = Math.min(maxLogSize, Math.max(size * 4, trueSize + 1))
  }
}

function logText(buffer: Uint8Array): string {
  const end = buffer.indexOf(0)
  return new TextDecoder().decode(end === -1 ? buffer : buffer.subarray(0, end))
}
