import { onlyCompiled } from './bpf-errors.ts'
import type { s64, u64 } from './integers.ts'
import type { Opaque } from './kernel.ts'

/**
 * A TCP header option of a sock_ops program (Linux 5.10): kind, length and, for the kinds that are shared, a magic number
 * stand before the payload, which is a struct as it lies in memory.
 */
export interface HeaderOption<T> {
  /** Bytes on the wire: payload, and 2, 4 or 6 before it. */
  readonly length: number
  /**
   * The option of the packet of this event, or with BPF_LOAD_HDR_OPT_TCP_SYN of the SYN; null where there is none of this length.
   * The SYN is there while its SYN-ACK is written, and later where TCP_SAVE_SYN was set on the listener.
   */
  load(ctx: Opaque<'bpf_sock_ops'>, flags?: u64): T | null
  /** At BPF_SOCK_OPS_HDR_OPT_LEN_CB: room for it. 0, or a negative error number (ENOSPC). */
  reserve(ctx: Opaque<'bpf_sock_ops'>): s64
  /** At BPF_SOCK_OPS_WRITE_HDR_OPT_CB: write it into the room. 0, or a negative error number (EEXIST: it is there already). */
  store(ctx: Opaque<'bpf_sock_ops'>, value: T): s64
}

/**
 * Declare a header option: `const delay = headerOption<Delay>(0xda)`. Kinds 253 and 254 are for experiments (RFC 6994) and want a
 * `magic` of 16 or 32 bits. With them the payload has at most 36 or 34 bytes, else 38.
 */
export function headerOption<T extends object>(kind: number, options?: { readonly magic?: number }): HeaderOption<T>
export function headerOption(): never {
  return onlyCompiled('headerOption')
}
