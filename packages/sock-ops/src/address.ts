import { formatAddress } from '@tscc/syscall/netlink'
import { sockOpsErrors } from './errors.ts'

/** Bits of `::ffff:0:0/96`, under which IPv4 addresses stand among those of IPv6. */
export const MAPPED_BITS = 96

const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff] as const

/** An address as 16 bytes in network order, IPv4 mapped into IPv6 (RFC 4291, section 2.5.5.2). */
export function parseAddress(text: string, field = 'address'): Uint8Array {
  const bytes = ipv4(text) ?? ipv6(text)
  if (bytes === undefined) throw sockOpsErrors.make('address', { field, value: text })
  return bytes
}

/** An address from its 16 bytes: the text form of RFC 5952, IPv4 where it is mapped. */
export const addressText = (bytes: Uint8Array): string => formatAddress(isMapped(bytes) ? bytes.subarray(12) : bytes)

/** Is it an IPv4 address? */
export const isMapped = (bytes: Uint8Array): boolean => MAPPED.every((byte, i) => bytes[i] === byte)

function ipv4(text: string): Uint8Array | undefined {
  const quad = dotted(text)
  return quad === undefined ? undefined : Uint8Array.of(...MAPPED, ...quad)
}

function dotted(text: string): readonly number[] | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part))) return undefined
  const numbers = parts.map(Number)
  return numbers.every((number) => number <= 255) ? numbers : undefined
}

function ipv6(text: string): Uint8Array | undefined {
  if (text.length > 45) return undefined
  const last = text.slice(text.lastIndexOf(':') + 1)
  const quad = last.includes('.') ? dotted(last) : undefined
  if (last.includes('.') && quad === undefined) return undefined
  const hex = (high = 0, low = 0): string => ((high << 8) | low).toString(16)
  const plain =
    quad === undefined
      ? text
      : `${text.slice(0, text.length - last.length)}${hex(quad[0], quad[1])}:${hex(quad[2], quad[3])}`
  const halves = plain.split('::')
  if (halves.length > 2) return undefined
  const [front, back] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const given = [...(front ?? []), ...(back ?? [])]
  if (!given.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined
  const missing = 8 - given.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...(front ?? []), ...Array.from({ length: missing }, () => '0'), ...(back ?? [])]
  return Uint8Array.from(
    groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]),
  )
}

/** An address as the programs have it: four words in memory order. */
export function addressWords(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16)
  return [0, 4, 8, 12].map((at) => view.getUint32(at, true))
}

/** The 16 bytes of four such words. */
export function wordsAddress(words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(16)
  const view = new DataView(bytes.buffer)
  for (const [i, word] of words.slice(0, 4).entries()) view.setUint32(4 * i, word, true)
  return bytes
}

/** A port as `ctx.remote_port` has it. */
export const contextPort = (port: number): number => (((port & 0xff) << 24) | ((port >> 8) << 16)) >>> 0
