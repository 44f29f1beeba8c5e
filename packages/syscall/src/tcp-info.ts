import { nativeLittleEndian } from './attr.ts'
import { errnoName } from './errno.ts'
import type { Kernel } from './kernel.ts'
import { syscallErrors } from './syscall-errors.ts'
import { type TcpInfoField, tcpInfoFields, tcpInfoSize } from './tcp-info-fields.ts'

/** struct tcp_info as data: kernel names, 64-bit fields as bigint; fields that the kernel's struct ends before are undefined. */
export type TcpInfo = {
  readonly [Name in keyof typeof tcpInfoFields]: (typeof tcpInfoFields)[Name] extends { readonly since: string }
    ? Value<(typeof tcpInfoFields)[Name]> | undefined
    : Value<(typeof tcpInfoFields)[Name]>
}

type Value<Field> = Field extends { readonly type: 'u64' } ? bigint : number

const rows: readonly (readonly [string, TcpInfoField])[] = Object.entries(tcpInfoFields)
const widths = { u8: 1, u16: 2, u32: 4, u64: 8 } as const

/** Bytes that every kernel since 2.6 fills: up to tcpi_total_retrans. */
const minimum = 104

const IPPROTO_TCP = 6
const TCP_INFO = 11

/** Read struct tcp_info of any length from 104 bytes up (getsockopt TCP_INFO, INET_DIAG_INFO); longer ones of newer kernels are read as far as known. */
export function parseTcpInfo(bytes: Uint8Array): TcpInfo {
  if (bytes.length < minimum)
    throw syscallErrors.make('size', { what: 'tcp_info', found: bytes.length, expected: minimum })
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const info: Record<string, number | bigint | undefined> = {}
  for (const [name, field] of rows)
    info[name] = field.at + widths[field.type] <= bytes.length ? readField(view, field) : undefined
  return info as TcpInfo // one value per row, typed by the row
}

function readField(view: DataView, field: TcpInfoField): number | bigint {
  switch (field.type) {
    case 'u8': {
      const byte = view.getUint8(field.at)
      return field.bits === undefined ? byte : (byte >> field.bits[0]) & ((1 << field.bits[1]) - 1)
    }
    case 'u16':
      return view.getUint16(field.at, nativeLittleEndian)
    case 'u32':
      return view.getUint32(field.at, nativeLittleEndian)
    case 'u64':
      return view.getBigUint64(field.at, nativeLittleEndian)
    default:
      return field.type satisfies never
  }
}

/** getsockopt(TCP_INFO) of a TCP socket. */
export function tcpInfo(kernel: Kernel, fd: number): TcpInfo {
  const bytes = new Uint8Array(tcpInfoSize + 64)
  const length = kernel.getSocketOption(fd, IPPROTO_TCP, TCP_INFO, bytes)
  if (length < 0)
    throw syscallErrors.make('libc', { call: 'getsockopt(TCP_INFO)', errno: -length, name: errnoName(-length) })
  return parseTcpInfo(bytes.subarray(0, length))
}
