import { TCP_BTF_BASE64 } from './generated/tcp-btf.ts'

/**
 * The TCP part of a 6.18 kernel's BTF: enough to link and to look at a congestion control where there is no kernel
 * BTF at hand. Programs linked against it are for reading: its type ids are its own.
 */
export function tcpBtfFixture(): Uint8Array {
  return Uint8Array.from(atob(TCP_BTF_BASE64), (char) => char.charCodeAt(0))
}
