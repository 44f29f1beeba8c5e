import { TCP_BTF_BASE64 } from './generated/tcp-btf.ts'

/**
 * The TCP part of a 6.18 kernel's BTF: enough to link and to look at a congestion control where there is no kernel
 * BTF at hand. Programs linked against it are for reading: its type ids are its own.
 */
export function tcpBtfFixture(): Uint8Array {
  const text = atob(TCP_BTF_BASE64)
  const bytes = new Uint8Array(text.length)
  // A loop: Uint8Array.from takes ten times as long.
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}
