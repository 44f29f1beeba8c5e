/** Does an integer of so many bits hold a value? */
export const fitsBits = (value: bigint, bits: number, signed: boolean): boolean =>
  (signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)) === value

/** The integer that bytes are, without a sign. */
export function getInteger(bytes: Uint8Array, littleEndian: boolean): bigint {
  let value = 0n
  for (let i = 0; i < bytes.length; i++)
    value |= BigInt(bytes[i] ?? 0) << BigInt(8 * (littleEndian ? i : bytes.length - 1 - i))
  return value
}

/** Write an integer over all of these bytes; what is above is cut. Few bytes: each step shifts the whole value. */
export function putInteger(bytes: Uint8Array, littleEndian: boolean, value: bigint): void {
  for (let i = 0; i < bytes.length; i++)
    bytes[littleEndian ? i : bytes.length - 1 - i] = Number(BigInt.asUintN(8, value >> BigInt(8 * i)))
}
