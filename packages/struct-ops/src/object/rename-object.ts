import { membersOf, parseBtf, sizeOf } from '@tscc/btf'
import type { BpfObject } from '@tscc/object'
import { structOpsErrors } from '../errors.ts'

/**
 * An object whose struct_ops values have another name, in their member `name`; throws `struct-ops/bad-name` where that is
 * too long or the type has no name.
 */
export function renameObject(object: BpfObject, name: string): BpfObject {
  const btf = object.btf === undefined ? undefined : parseBtf(object.btf, { pointerSize: 8 })
  const bytes = new TextEncoder().encode(name)
  return {
    ...object,
    structOps: object.structOps.map((value) => {
      const member = btf === undefined ? undefined : membersOf(btf, value.typeId).find((one) => one.name === 'name')
      if (btf === undefined || member === undefined)
        throw structOpsErrors.make('bad-name', { name, why: `${value.type} has no member for it` })
      const size = sizeOf(btf, member.typeId)
      if (bytes.length === 0 || bytes.length >= size)
        throw structOpsErrors.make('bad-name', { name, why: `has ${bytes.length} bytes, must be 1 to ${size - 1}` })
      const data = value.data.slice()
      const start = member.bitOffset / 8
      data.fill(0, start, start + size)
      data.set(bytes, start)
      return { ...value, data }
    }),
  }
}
