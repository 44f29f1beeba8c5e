import { isObjectName } from '@tscc/core'
import { type AttrField, type BpfCommand, bpfAttrSize, bpfCommands } from './commands.ts'
import type { Kernel } from './kernel.ts'

import { syscallErrors } from './syscall-errors.ts'

type FieldValue<Type> = Type extends 'ptr'
  ? Uint8Array
  : Type extends 'name'
    ? string
    : Type extends 'u64'
      ? bigint
      : number

/** The fields of one command by kernel name; what is left out is zero. */
export type AttrValues<Command extends BpfCommand> = {
  readonly [Field in keyof (typeof bpfCommands)[Command]['fields']]?:
    | FieldValue<(typeof bpfCommands)[Command]['fields'][Field] extends { readonly type: infer Type } ? Type : never>
    | undefined
}

/** A filled union bpf_attr: `size` is what the kernel is told, the rest of `bytes` takes outputs. */
export interface Attr {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly view: DataView
  readonly size: number
  /** The buffers whose addresses `bytes` holds; they must stay reachable as long as it is used. */
  readonly buffers: readonly Uint8Array[]
}

/** Whether the processor stores numbers little-endian, which is how bpf(2) reads them. */
export const nativeLittleEndian: boolean = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/**
 * Fill union bpf_attr for one command.
 *
 * `size` ends at the last field that is not zero (or at the command's minimum), so that a kernel which does not
 * know the newer fields has nothing to refuse.
 */
export function writeAttr<Command extends BpfCommand>(
  kernel: Kernel,
  command: Command,
  values: AttrValues<Command>,
): Attr {
  const row = bpfCommands[command]
  const fields: Readonly<Record<string, AttrField>> = row.fields
  const bytes = new Uint8Array(bpfAttrSize)
  const view = new DataView(bytes.buffer)
  const buffers: Uint8Array[] = []
  let size: number = row.minSize
  for (const name in values) {
    const field = fields[name]
    if (field === undefined) throw new RangeError(`${command}.${name}: no such field in the command table`)
    const value: unknown = values[name]
    if (value === undefined) continue
    const end = putField(kernel, view, command, name, field, value, buffers)
    if (end > size) size = end
  }
  return { bytes, view, size, buffers }
}

/** Write one field; the end of it, or 0 when it is zero. */
function putField(
  kernel: Kernel,
  view: DataView,
  command: string,
  name: string,
  { at, type }: AttrField,
  value: unknown,
  buffers: Uint8Array[],
): number {
  // Only errors need the path.
  const outOfRange = (min: number, max: number | bigint): Error =>
    syscallErrors.make('out-of-range', { field: `${command}.${name}`, value: String(value), min, max })
  switch (type) {
    case 'u32':
      if (typeof value !== 'number' || value >>> 0 !== value) throw outOfRange(0, 0xffff_ffff)
      view.setUint32(at, value, nativeLittleEndian)
      return value === 0 ? 0 : at + 4
    case 's32':
      if (typeof value !== 'number' || (value | 0) !== value) throw outOfRange(-0x8000_0000, 0x7fff_ffff)
      view.setInt32(at, value, nativeLittleEndian)
      return value === 0 ? 0 : at + 4
    case 'u64':
      if (typeof value !== 'bigint' || BigInt.asUintN(64, value) !== value) throw outOfRange(0, 0xffff_ffff_ffff_ffffn)
      view.setBigUint64(at, value, nativeLittleEndian)
      return value === 0n ? 0 : at + 8
    case 'ptr': {
      if (!(value instanceof Uint8Array)) throw new TypeError(`${command}.${name}: takes bytes`)
      buffers.push(value)
      view.setBigUint64(at, kernel.address(value), nativeLittleEndian)
      return at + 8
    }
    case 'name': {
      const text = String(value)
      if (!isObjectName(text)) throw syscallErrors.make('name', { field: `${command}.${name}`, name: text })
      for (let i = 0; i < text.length; i++) view.setUint8(at + i, text.charCodeAt(i))
      return text === '' ? 0 : at + 16
    }
    default:
      return type satisfies never
  }
}
