import { isMapped, MAPPED_BITS, parseAddress } from './address.ts'
import { sockOpsErrors } from './errors.ts'

/** Addresses that begin alike. */
export interface Prefix {
  /** 16 bytes, IPv4 mapped into IPv6; zero behind the prefix. */
  readonly address: Uint8Array
  /** Of 128. */
  readonly bits: number
  readonly family: 'ipv4' | 'ipv6'
}

/** `10.0.0.0/8`, `2001:db8::/32`, or a single address. */
export function parsePrefix(text: string, field: string): Prefix {
  const slash = text.indexOf('/')
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash), field)
  const family = isMapped(address) ? 'ipv4' : 'ipv6'
  const most = family === 'ipv4' && !text.includes(':') ? 32 : 128
  const length = slash < 0 ? `${most}` : text.slice(slash + 1)
  const isLength = /^(?:0|[1-9]\d{0,2})$/.test(length) && Number(length) <= most
  if (!isLength) throw sockOpsErrors.make('prefix', { field, value: text, why: `its length is 0 to ${most}` })
  const bits = Number(length) + (most === 32 ? MAPPED_BITS : 0)
  const masked = address.map((byte, i) => byte & (maskBytes(bits)[i] ?? 0))
  if (masked.some((byte, i) => byte !== address[i]))
    throw sockOpsErrors.make('prefix', { field, value: text, why: 'there are bits behind its length' })
  return { address: masked, bits, family }
}

/** So many ones, then zeros: 16 bytes. */
export function maskBytes(bits: number): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, i) => 0xff & ~(0xff >> Math.min(8, Math.max(0, bits - 8 * i))))
}
