import type { LinkedStructOps } from './link-struct-ops.ts'
import type { LinkedMap, LinkedProgram, LoadableObject } from './linked-object.ts'

/** Of the format: another version is none. */
const VERSION = 1

/** Bytes by where they lie behind the text. */
type Place = readonly [start: number, length: number]

interface PackedMap extends Omit<LinkedMap, 'data' | 'inner' | 'mapExtra'> {
  readonly data: Place
  readonly inner?: PackedMap
  readonly mapExtra?: string
}
interface PackedProgram extends Omit<LinkedProgram, 'code' | 'funcInfo' | 'lineInfo'> {
  readonly code: Place
  readonly funcInfo: Place
  readonly lineInfo: Place
}
interface Packed extends Omit<LoadableObject, 'btf' | 'maps' | 'programs' | 'structOps'> {
  readonly version: number
  readonly btf: readonly Place[]
  readonly maps: readonly PackedMap[]
  readonly programs: readonly PackedProgram[]
  readonly structOps: readonly (Omit<LinkedStructOps, 'value'> & { readonly value: Place })[]
}

/** A linked object as bytes, to be kept for the next process: `length u32 | JSON of that length | bytes it refers to`. */
export function packObject(object: LoadableObject): Uint8Array {
  const parts: Uint8Array[] = []
  let end = 0
  const put = (bytes: Uint8Array): Place => {
    parts.push(bytes)
    end += bytes.length
    return [end - bytes.length, bytes.length]
  }
  const packMap = ({ data, inner, mapExtra, ...rest }: LinkedMap): PackedMap => ({
    ...rest,
    data: put(data),
    ...(inner === undefined ? {} : { inner: packMap(inner) }),
    ...(mapExtra === undefined ? {} : { mapExtra: `${mapExtra}` }),
  })
  const packed: Packed = {
    version: VERSION,
    license: object.license,
    btf: object.btf.map(put),
    maps: object.maps.map(packMap),
    programs: object.programs.map(({ code, funcInfo, lineInfo, ...rest }) => ({
      ...rest,
      code: put(code),
      funcInfo: put(funcInfo),
      lineInfo: put(lineInfo),
    })),
    structOps: object.structOps.map(({ value, ...rest }) => ({ ...rest, value: put(value) })),
  }
  const text = new TextEncoder().encode(JSON.stringify(packed))
  const bytes = new Uint8Array(4 + text.length + end)
  new DataView(bytes.buffer).setUint32(0, text.length, true)
  bytes.set(text, 4)
  let at = 4 + text.length
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/**
 * What {@link packObject} made; undefined for anything else, such as another version. Only for bytes of one's own: what is
 * in them ends up in the kernel.
 */
export function unpackObject(input: Uint8Array): LoadableObject | undefined {
  // A Buffer's slice() would not copy.
  const bytes = new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
  try {
    const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true)
    const start = 4 + length
    if (start > bytes.length) return undefined
    const packed = JSON.parse(new TextDecoder().decode(bytes.subarray(4, start))) as Packed // checked by version
    if (packed.version !== VERSION) return undefined
    const get = ([at, size]: Place): Uint8Array => {
      if (!(at >= 0 && size >= 0 && start + at + size <= bytes.length)) throw new RangeError('cut')
      return bytes.subarray(start + at, start + at + size)
    }
    const unpackMap = ({ data, inner, mapExtra, ...rest }: PackedMap): LinkedMap => ({
      ...rest,
      data: get(data),
      ...(inner === undefined ? {} : { inner: unpackMap(inner) }),
      ...(mapExtra === undefined ? {} : { mapExtra: BigInt(mapExtra) }),
    })
    return {
      license: packed.license,
      btf: packed.btf.map(get),
      maps: packed.maps.map(unpackMap),
      programs: packed.programs.map(({ code, funcInfo, lineInfo, ...rest }) => ({
        ...rest,
        code: get(code),
        funcInfo: get(funcInfo),
        lineInfo: get(lineInfo),
      })),
      structOps: packed.structOps.map(({ value, ...rest }) => ({ ...rest, value: get(value) })),
    }
  } catch {
    return undefined
  }
}
