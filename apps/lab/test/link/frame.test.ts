import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type FrameFacts, inspectFrame, markCe } from '../../src/link/frame.ts'

function ipv4(ecn: number, payload: number, rest: readonly number[] = []): Uint8Array {
  const bytes = new Uint8Array(14 + 20 + 20 + payload)
  const view = new DataView(bytes.buffer)
  view.setUint16(12, 0x0800)
  bytes[14] = 0x45
  bytes[15] = 0xb8 | ecn
  view.setUint16(16, 40 + payload)
  bytes.set([0x12, 0x34, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2], 18)
  bytes.set(rest.slice(0, 4), 26)
  bytes[46] = 0x50
  view.setUint16(24, 0)
  view.setUint16(24, ~headerSum(bytes) & 0xffff)
  return bytes
}

function ipv6(ecn: number, payload: number): Uint8Array {
  const bytes = new Uint8Array(14 + 40 + 20 + payload)
  const view = new DataView(bytes.buffer)
  view.setUint16(12, 0x86dd)
  bytes[14] = 0x60
  bytes[15] = ecn << 4
  view.setUint16(18, 20 + payload)
  bytes[20] = 6
  bytes[66] = 0x50
  return bytes
}

/** One's complement sum of the IPv4 header: 0xffff when its checksum is right. */
function headerSum(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer)
  let sum = 0
  for (let at = 14; at < 34; at += 2) sum += view.getUint16(at)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16)
  return sum
}

function facts(bytes: Uint8Array): FrameFacts {
  const found: FrameFacts = { ip: false, data: false, ecnCapable: false }
  inspectFrame(bytes, 0, bytes.length, found)
  return found
}

test.each([ipv4, ipv6])('%o: ECN field and payload', (frame) => {
  expect(facts(frame(0, 100))).toEqual({ ip: true, data: true, ecnCapable: false })
  expect(facts(frame(1, 0))).toEqual({ ip: true, data: false, ecnCapable: true })
  expect(facts(frame(2, 1))).toEqual({ ip: true, data: true, ecnCapable: true })
})

test('padding of a short frame is not payload', () => {
  const padded = new Uint8Array(60 + 14)
  padded.set(ipv4(0, 0))
  expect(facts(padded).data).toBe(false)
})

test('a mark keeps the rest of the header and a right checksum (RFC 1624)', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 4 }), (address) => {
      const bytes = ipv4(2, 10, address)
      expect(headerSum(bytes)).toBe(0xffff)
      markCe(bytes, 0)
      expect((bytes[15] ?? 0) & 3).toBe(3)
      expect((bytes[15] ?? 0) & 0xfc).toBe(0xb8)
      expect(headerSum(bytes)).toBe(0xffff)
    }),
  )
  const six = ipv6(1, 10)
  markCe(six, 0)
  expect((six[15] ?? 0) >> 4).toBe(3)
})

test('any bytes can be looked at and marked', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      facts(bytes)
      markCe(bytes, 0)
    }),
  )
  expect(facts(new Uint8Array(10))).toEqual({ ip: false, data: false, ecnCapable: false })
})
