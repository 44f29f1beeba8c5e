import { onlyCompiled } from './bpf-errors.ts'
import type { Kernel, Opaque } from './kernel.ts'

/** A socket as any of the structs that it begins with. */
type TcpSocket = Opaque<'sock' | 'inet_sock' | 'inet_connection_sock' | 'tcp_sock'>

/** The socket as TCP has it; costs nothing. */
export function tcp_sk(sk: TcpSocket): Kernel<'tcp_sock'>
export function tcp_sk(): never {
  return onlyCompiled('tcp_sk')
}

/** The socket as a connection; costs nothing. */
export function inet_csk(sk: TcpSocket): Kernel<'inet_connection_sock'>
export function inet_csk(): never {
  return onlyCompiled('inet_csk')
}

/** The private state of the congestion control, zero at `init`: an interface of integers, arrays and structs, at most 104 bytes. */
export function inet_csk_ca<T extends object>(sk: TcpSocket): T
export function inet_csk_ca(): never {
  return onlyCompiled('inet_csk_ca')
}
