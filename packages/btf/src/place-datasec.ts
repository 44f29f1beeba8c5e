import { type Btf, recordOf } from './btf.ts'
import { COMMON_WORDS } from './kinds.ts'
import { typeOfKind } from './type-of.ts'

/** A DATASEC with what compilers leave to the linker: its size, and where its variables lie. */
export interface DatasecPlaces {
  readonly id: number
  readonly size: number
  readonly vars: readonly { readonly typeId: number; readonly offset: number; readonly size: number }[]
}

/** The raw bytes with some DATASECs filled in, which must have as many variables as before; strings and ids stay as they are. */
export function placeDatasecs(btf: Btf, places: readonly DatasecPlaces[]): Uint8Array {
  const bytes = new Uint8Array(btf.bytes)
  const view = new DataView(bytes.buffer)
  const { types } = btf.state.header
  for (const { id, size, vars } of places) {
    const { vars: before } = typeOfKind(btf, id, 'datasec')
    if (before.length !== vars.length)
      throw new RangeError(`type ${id}: has ${before.length} variables, not ${vars.length}`)
    const { word } = recordOf(btf, id)
    const put = (at: number, value: number): void => view.setUint32(types.at + 4 * (word + at), value, btf.littleEndian)
    put(2, size)
    for (const [i, entry] of vars.entries()) {
      const at = COMMON_WORDS + 3 * i
      put(at, entry.typeId)
      put(at + 1, entry.offset)
      put(at + 2, entry.size)
    }
  }
  return bytes
}
