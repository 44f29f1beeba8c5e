import { errnoName } from './errno.ts'
import type { Kernel } from './kernel.ts'
import { syscallErrors } from './syscall-errors.ts'

const IPPROTO_TCP = 6
const TCP_CONGESTION = 13
/** TCP_CA_NAME_MAX, with the terminating zero. */
const nameSize = 16

/** May a congestion control be called so? 1 to 15 printable characters. */
export const isCongestionControlName = (name: string): boolean => /^[!-~]{1,15}$/.test(name)

/** setsockopt(TCP_CONGESTION): use a registered congestion control on one socket; ENOENT when no such name is registered. */
export function setCongestionControl(kernel: Kernel, fd: number, name: string): void {
  if (!isCongestionControlName(name)) throw syscallErrors.make('cc-name', { name })
  const result = kernel.setSocketOption(fd, IPPROTO_TCP, TCP_CONGESTION, new TextEncoder().encode(name))
  if (result < 0) throw socketError('setsockopt(TCP_CONGESTION)', -result)
}

/** getsockopt(TCP_CONGESTION): the name of the congestion control of one socket. */
export function congestionControl(kernel: Kernel, fd: number): string {
  const bytes = new Uint8Array(nameSize)
  const length = kernel.getSocketOption(fd, IPPROTO_TCP, TCP_CONGESTION, bytes)
  if (length < 0) throw socketError('getsockopt(TCP_CONGESTION)', -length)
  const end = bytes.indexOf(0)
  return new TextDecoder().decode(bytes.subarray(0, end === -1 ? length : Math.min(end, length)))
}

/** Names that are registered now, BPF ones too (net.ipv4.tcp_available_congestion_control of this network namespace). */
export function availableCongestionControls(kernel: Kernel): readonly string[] {
  return names(kernel, '/proc/sys/net/ipv4/tcp_available_congestion_control')
}

/** Names that a process without CAP_NET_ADMIN may choose (net.ipv4.tcp_allowed_congestion_control). */
export function allowedCongestionControls(kernel: Kernel): readonly string[] {
  return names(kernel, '/proc/sys/net/ipv4/tcp_allowed_congestion_control')
}

/** The name that new sockets get (net.ipv4.tcp_congestion_control); undefined where procfs cannot be read. */
export function defaultCongestionControl(kernel: Kernel): string | undefined {
  return names(kernel, '/proc/sys/net/ipv4/tcp_congestion_control')[0]
}

function names(kernel: Kernel, path: string): readonly string[] {
  const bytes = kernel.readFile(path)
  if (bytes === undefined) return []
  return new TextDecoder()
    .decode(bytes)
    .split(/\s+/)
    .filter((name) => name !== '')
}

function socketError(call: string, errno: number): Error {
  return syscallErrors.make('libc', { call, errno, name: errnoName(errno) })
}
