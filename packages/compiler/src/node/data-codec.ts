import { type DataType, sizeOfData } from '../types.ts'

/**
 * A value of the language in JavaScript: every integer as a number (of 64 bits exact up to 2^53, as the types have it), bool
 * as boolean, records as objects, arrays as arrays.
 */
export type LiveValue = number | boolean | readonly LiveValue[] | { readonly [member: string]: LiveValue }

const littleEndian = true

/** Bytes as a value of a type. */
export function decodeData(type: DataType, bytes: Uint8Array): LiveValue {
  switch (type.kind) {
    case 'bool':
      return bytes[0] !== 0
    case 'int': {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      switch (type.bits) {
        case 8:
          return type.signed ? view.getInt8(0) : view.getUint8(0)
        case 16:
          return type.signed ? view.getInt16(0, littleEndian) : view.getUint16(0, littleEndian)
        case 32:
          return type.signed ? view.getInt32(0, littleEndian) : view.getUint32(0, littleEndian)
        case 64:
          return Number(type.signed ? view.getBigInt64(0, littleEndian) : view.getBigUint64(0, littleEndian))
      }
      return 0
    }
    case 'array': {
      const size = sizeOfData(type.element)
      return Array.from({ length: type.length }, (_, i) =>
        decodeData(type.element, bytes.subarray(i * size, (i + 1) * size)),
      )
    }
    case 'record':
      return Object.fromEntries(
        [...type.layout.fields].map(([name, field]) => [
          name,
          decodeData(field.type, bytes.subarray(field.offset, field.offset + sizeOfData(field.type))),
        ]),
      )
  }
}

/** A value as bytes; throws a RangeError that says where it does not fit. */
export function encodeData(type: DataType, value: unknown, where = 'value'): Uint8Array {
  const bytes = new Uint8Array(sizeOfData(type))
  put(type, value, bytes, where)
  return bytes
}

function put(type: DataType, value: unknown, bytes: Uint8Array, where: string): void {
  switch (type.kind) {
    case 'bool':
      if (typeof value !== 'boolean') throw new RangeError(`${where}: expected true or false, found ${text(value)}`)
      bytes[0] = value ? 1 : 0
      return
    case 'int': {
      if ((typeof value !== 'number' || !Number.isInteger(value)) && typeof value !== 'bigint')
        throw new RangeError(`${where}: expected a whole number, found ${text(value)}`)
      const wide = BigInt(value)
      const cut = type.signed ? BigInt.asIntN(type.bits, wide) : BigInt.asUintN(type.bits, wide)
      if (cut !== wide) throw new RangeError(`${where}: ${wide} does not fit ${type.signed ? 's' : 'u'}${type.bits}`)
      for (let i = 0; i < bytes.length; i++) bytes[i] = Number(BigInt.asUintN(8, wide >> BigInt(8 * i)))
      return
    }
    case 'array': {
      if (!Array.isArray(value) || value.length > type.length)
        throw new RangeError(`${where}: expected an array of at most ${type.length}, found ${text(value)}`)
      const size = sizeOfData(type.element)
      for (const [i, one] of value.entries())
        put(type.element, one, bytes.subarray(i * size, (i + 1) * size), `${where}[${i}]`)
      return
    }
    case 'record': {
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        throw new RangeError(`${where}: expected a ${type.layout.name}, found ${text(value)}`)
      for (const [name, one] of Object.entries(value)) {
        const field = type.layout.fields.get(name)
        if (field === undefined) throw new RangeError(`${where}: ${type.layout.name} has no ${name}`)
        put(field.type, one, bytes.subarray(field.offset, field.offset + sizeOfData(field.type)), `${where}.${name}`)
      }
    }
  }
}

const text = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value))
