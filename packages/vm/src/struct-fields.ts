import { type Btf, type FieldLocation, resolveField } from '@tscc/btf'

/** A number in a region, read and written as programs see it. */
export interface NumberField {
  get(): number
  /** Bits beyond the field's are cut off. */
  set(value: number): void
}

/** A 64-bit number in a region. */
export interface WideField {
  get(): bigint
  set(value: bigint): void
}

/** Fields of one struct, laid out by BTF in a region. */
export interface StructFields {
  /**
   * A field of at most 32 bits, or a longer one whose values are exact as numbers (a pointer, nanoseconds). Paths are those of
   * `resolveField`: `snd_cwnd`, `icsk_ca_state`, `icsk_ca_priv[2]`. Throws its `btf/…` errors.
   */
  number(path: string): NumberField
  wide(path: string): WideField
  /** Where a field lies. */
  location(path: string): FieldLocation
}

const TWO_32 = 2 ** 32

/** Find fields of `struct` (id or name) in a view of its bytes; each field found is cheap to read and write. */
export function structFields(btf: Btf, struct: number | string, view: DataView): StructFields {
  const location = (path: string): FieldLocation => resolveField(btf, struct, path)
  return {
    location,
    number(path) {
      const found = location(path)
      return found.bitfield === undefined ? plainField(view, found) : bitField(view, found)
    },
    wide(path) {
      const { offset, size, signed } = location(path)
      if (size !== 8) {
        const field = plainField(view, { offset, size, signed })
        return { get: () => BigInt(field.get()), set: (value) => field.set(Number(BigInt.asIntN(32, value))) }
      }
      return {
        get: () => (signed ? view.getBigInt64(offset, true) : view.getBigUint64(offset, true)),
        set: (value) => view.setBigInt64(offset, value, true),
      }
    },
  }
}

function plainField(
  view: DataView,
  { offset, size, signed }: Pick<FieldLocation, 'offset' | 'size' | 'signed'>,
): NumberField {
  switch (size) {
    case 1:
      return {
        get: () => (signed ? view.getInt8(offset) : view.getUint8(offset)),
        set: (value) => view.setInt8(offset, value),
      }
    case 2:
      return {
        get: () => (signed ? view.getInt16(offset, true) : view.getUint16(offset, true)),
        set: (value) => view.setInt16(offset, value, true),
      }
    case 4:
      return {
        get: () => (signed ? view.getInt32(offset, true) : view.getUint32(offset, true)),
        set: (value) => view.setInt32(offset, value, true),
      }
    default:
      return {
        get: () =>
          (signed ? view.getInt32(offset + 4, true) : view.getUint32(offset + 4, true)) * TWO_32 +
          view.getUint32(offset, true),
        set(value) {
          view.setInt32(offset, value, true)
          view.setInt32(offset + 4, Math.floor(value / TWO_32), true)
        },
      }
  }
}

/** Bitfields lie in words of at most 8 bytes. */
function bitField(view: DataView, { offset, size, signed, bitfield }: FieldLocation): NumberField {
  const { shift, bitSize } = bitfield ?? { shift: 0, bitSize: 0 }
  const mask = (1n << BigInt(bitSize)) - 1n
  const word = (): bigint => {
    let value = 0n
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(view.getUint8(offset + i))
    return value
  }
  return {
    get() {
      const value = (word() >> BigInt(shift)) & mask
      return Number(signed ? BigInt.asIntN(bitSize, value) : value)
    },
    set(value) {
      const bits = (BigInt(Math.trunc(value)) & mask) << BigInt(shift)
      const next = (word() & ~(mask << BigInt(shift))) | bits
      for (let i = 0; i < size; i++) view.setUint8(offset + i, Number((next >> BigInt(8 * i)) & 0xffn))
    },
  }
}
