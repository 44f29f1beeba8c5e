import { byteReader, byteWriter } from '@tscc/core'

/*
 * One netlink message (linux/netlink.h), all fields in the host's byte order:
 *
 *   0        4      6       8          12     16
 *   | length | type | flags | sequence | port | body … | attribute | attribute …
 *
 * and one attribute: length u16 (with its header, without padding), type u16, value, zeros up to a multiple of 4.
 */

/** An attribute's type and its value; nested attributes are made by {@link nested}. */
export interface NetlinkAttribute {
  readonly type: number
  readonly value: Uint8Array
}

/** A request: message type, flags, the fixed struct that its type asks for, and attributes. */
export interface NetlinkRequest {
  /** What the request does, for errors: `veth ra`. */
  readonly name: string
  readonly type: number
  readonly flags: number
  readonly body: Uint8Array
  readonly attributes: readonly NetlinkAttribute[]
}

/** A message of the kernel's answer. */
export interface NetlinkMessage {
  readonly type: number
  readonly flags: number
  readonly sequence: number
  /** All behind the 16 bytes of the header. */
  readonly payload: Uint8Array
}

/** Bytes as they are. */
export function bytesAttribute(type: number, value: Uint8Array): NetlinkAttribute {
  return { type, value }
}

/** An unsigned 32-bit value. */
export function u32Attribute(type: number, value: number): NetlinkAttribute {
  const w = byteWriter({ path: `attribute ${type}`, capacity: 4 })
  w.u32(value, 'value')
  return { type, value: w.finish() }
}

/** A 64-bit value. */
export function u64Attribute(type: number, value: bigint): NetlinkAttribute {
  const w = byteWriter({ path: `attribute ${type}`, capacity: 8 })
  w.u64(value, 'value')
  return { type, value: w.finish() }
}

/** A string with its terminating zero. */
export function stringAttribute(type: number, text: string): NetlinkAttribute {
  const w = byteWriter({ path: `attribute ${type}` })
  w.cstring(text)
  return { type, value: w.finish() }
}

/** Attributes within an attribute, behind an optional fixed struct (veth's peer and netem's options have one). */
export function nested(
  type: number,
  attributes: readonly NetlinkAttribute[],
  fixed: Uint8Array = new Uint8Array(0),
): NetlinkAttribute {
  const w = byteWriter({ path: `attribute ${type}` })
  w.put(fixed)
  w.align(4)
  w.put(encodeAttributes(attributes))
  return { type, value: w.finish() }
}

/** Attributes one behind the other, each aligned to 4 bytes. */
export function encodeAttributes(attributes: readonly NetlinkAttribute[]): Uint8Array {
  const w = byteWriter({ path: 'attributes' })
  for (const { type, value } of attributes) {
    w.u16(value.length + 4, 'length')
    w.u16(type, 'type')
    w.put(value)
    w.align(4)
  }
  return w.finish()
}

/** The bytes of a request with a sequence number. */
export function encodeRequest(request: NetlinkRequest, sequence: number): Uint8Array {
  const w = byteWriter({ path: request.name })
  w.u32(0, 'length')
  w.u16(request.type, 'type')
  w.u16(request.flags, 'flags')
  w.u32(sequence, 'sequence')
  w.u32(0, 'port')
  w.put(request.body)
  w.align(4)
  w.put(encodeAttributes(request.attributes))
  w.patchU32(0, w.length, 'length')
  return w.finish()
}

/** The messages of one datagram from the kernel; a length that does not fit is `core/truncated`. */
export function parseMessages(bytes: Uint8Array): readonly NetlinkMessage[] {
  const messages: NetlinkMessage[] = []
  const r = byteReader(bytes, { path: 'netlink' })
  while (r.left > 0) {
    const length = r.u32('length')
    const type = r.u16('type')
    const flags = r.u16('flags')
    const sequence = r.u32('sequence')
    r.u32('port')
    messages.push({ type, flags, sequence, payload: r.take(length - 16, 'payload') })
    r.take(Math.min(r.left, -length & 3), 'padding')
  }
  return messages
}

/** Attributes in their order; the two flag bits of a type are taken off. */
export function listAttributes(bytes: Uint8Array): readonly NetlinkAttribute[] {
  const attributes: NetlinkAttribute[] = []
  const r = byteReader(bytes, { path: 'attributes' })
  while (r.left >= 4) {
    const length = r.u16('length')
    const type = r.u16('type') & 0x3fff
    attributes.push({ type, value: r.take(length - 4, 'value') })
    r.take(Math.min(r.left, -length & 3), 'padding')
  }
  return attributes
}

/** Attributes by type; the last one wins. */
export const parseAttributes = (bytes: Uint8Array): ReadonlyMap<number, Uint8Array> =>
  new Map(listAttributes(bytes).map(({ type, value }) => [type, value]))
