import { nativeLittleEndian } from './attr.ts'
import { callBpf } from './bpf-call.ts'
import { type BpfLinkType, bpfLinkTypes } from './bpf-types.ts'
import { bpfCommands } from './commands.ts'
import {
  btfInfoFields,
  btfInfoSize,
  type InfoField,
  linkInfoFields,
  linkInfoSize,
  linkTypeInfoFields,
  mapInfoFields,
  mapInfoSize,
  programInfoFields,
  programInfoPointers,
  programInfoSize,
} from './info-fields.ts'
import type { Kernel } from './kernel.ts'
import { syscallErrors } from './syscall-errors.ts'

type FieldValue<Field> = Field extends { readonly type: 'u64' }
  ? bigint
  : Field extends { readonly type: 'name' | 'tag' }
    ? string
    : number

/** An info struct as data: fields keep their kernel names, 64-bit ones are bigint, those of newer kernels may be undefined. */
export type Info<Fields> = {
  readonly [Name in keyof Fields]: Fields[Name] extends { readonly since: string }
    ? FieldValue<Fields[Name]> | undefined
    : FieldValue<Fields[Name]>
}

/** struct bpf_prog_info; `run_time_ns` and `run_cnt` count while statistics are enabled. */
export type ProgramInfo = Info<typeof programInfoFields>
/** struct bpf_map_info. */
export type MapInfo = Info<typeof mapInfoFields>
/** struct bpf_btf_info; `name` is `vmlinux` or a module's, empty for BTF from user space. */
export type BtfInfo = Info<typeof btfInfoFields> & { readonly name: string }
/** struct bpf_link_info; `kind` narrows to what the link type adds, `other` is any type without a row here. */
export type LinkInfo = Info<typeof linkInfoFields> &
  (
    | {
        [Kind in keyof typeof linkTypeInfoFields]: { readonly kind: Kind } & Info<(typeof linkTypeInfoFields)[Kind]>
      }[keyof typeof linkTypeInfoFields]
    | { readonly kind: 'other' }
  )

/** BPF_OBJ_GET_INFO_BY_FD of a program. */
export function programInfo(kernel: Kernel, fd: number): ProgramInfo {
  return readInfo(programInfoFields, ...getInfo(kernel, fd, new Uint8Array(programInfoSize)))
}

/** BPF_OBJ_GET_INFO_BY_FD of a map. */
export function mapInfo(kernel: Kernel, fd: number): MapInfo {
  return readInfo(mapInfoFields, ...getInfo(kernel, fd, new Uint8Array(mapInfoSize)))
}

/** BPF_OBJ_GET_INFO_BY_FD of BTF. */
export function btfInfo(kernel: Kernel, fd: number): BtfInfo {
  const name = new Uint8Array(64)
  const info = new Uint8Array(btfInfoSize)
  const view = new DataView(info.buffer)
  view.setBigUint64(16, kernel.address(name), nativeLittleEndian)
  view.setUint32(24, name.length, nativeLittleEndian)
  const fields = readInfo(btfInfoFields, ...getInfo(kernel, fd, info))
  return { ...fields, name: cString(name) }
}

/** The raw BTF behind a descriptor. */
export function btfBytes(kernel: Kernel, fd: number): Uint8Array {
  const { btf_size } = btfInfo(kernel, fd)
  const bytes = new Uint8Array(btf_size)
  const info = new Uint8Array(btfInfoSize)
  const view = new DataView(info.buffer)
  view.setBigUint64(0, kernel.address(bytes), nativeLittleEndian)
  view.setUint32(8, bytes.length, nativeLittleEndian)
  getInfo(kernel, fd, info)
  return bytes
}

/** BPF_OBJ_GET_INFO_BY_FD of a link. */
export function linkInfo(kernel: Kernel, fd: number): LinkInfo {
  const [bytes, length] = getInfo(kernel, fd, new Uint8Array(linkInfoSize))
  const common = readInfo(linkInfoFields, bytes, length)
  const kind = linkTypeNames.get(common.type)
  if (kind === undefined || !(kind in linkTypeInfoFields)) return { ...common, kind: 'other' }
  const fields: Readonly<Record<string, InfoField>> = linkTypeInfoFields[kind as keyof typeof linkTypeInfoFields] // checked by `in`
  return { ...common, kind, ...readInfo(fields, bytes, length) } as LinkInfo // the row of `kind` was read
}

const linkTypeNames: ReadonlyMap<number, BpfLinkType> = new Map(
  Object.entries(bpfLinkTypes).map(([name, number]) => [number, name as BpfLinkType]), // the keys of the table
)

/** Ids of the maps that a program uses. */
export function programMapIds(kernel: Kernel, fd: number): readonly number[] {
  const count = programInfo(kernel, fd).nr_map_ids ?? 0
  if (count === 0) return []
  const ids = new Uint32Array(count)
  fillProgramArray(kernel, fd, 'map_ids', 52, new Uint8Array(ids.buffer), count)
  return [...ids]
}

/**
 * A loaded program's instructions: `xlated` after the verifier's rewriting, or `jited` machine code.
 *
 * Empty without CAP_SYS_ADMIN or under kernel.kptr_restrict.
 */
export function programCode(kernel: Kernel, fd: number, form: 'xlated' | 'jited' = 'xlated'): Uint8Array {
  const info = programInfo(kernel, fd)
  const length = form === 'xlated' ? info.xlated_prog_len : info.jited_prog_len
  const code = new Uint8Array(length)
  if (length > 0)
    fillProgramArray(kernel, fd, `${form}_prog_insns`, programInfoFields[`${form}_prog_len`].at, code, length)
  return code
}

function fillProgramArray(
  kernel: Kernel,
  fd: number,
  pointer: keyof typeof programInfoPointers,
  countAt: number,
  out: Uint8Array,
  count: number,
): void {
  const info = new Uint8Array(programInfoSize)
  const view = new DataView(info.buffer)
  view.setBigUint64(programInfoPointers[pointer], kernel.address(out), nativeLittleEndian)
  view.setUint32(countAt, count, nativeLittleEndian)
  getInfo(kernel, fd, info)
  // The address was only in `info`: this use keeps the array alive up to here.
  if (out.length < count) throw syscallErrors.make('size', { what: pointer, found: out.length, expected: count })
}

function getInfo(kernel: Kernel, fd: number, info: Uint8Array): readonly [Uint8Array, number] {
  const { attr } = callBpf(kernel, 'BPF_OBJ_GET_INFO_BY_FD', { bpf_fd: fd, info_len: info.length, info })
  return [info, attr.view.getUint32(bpfCommands.BPF_OBJ_GET_INFO_BY_FD.fields.info_len.at, nativeLittleEndian)]
}

const widths = { u8: 1, u16: 2, u32: 4, u64: 8, name: 16, tag: 8 } as const

function readInfo<Fields extends Readonly<Record<string, InfoField>>>(
  fields: Fields,
  bytes: Uint8Array,
  length: number,
): Info<Fields> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const values: Record<string, number | bigint | string | undefined> = {}
  for (const [name, field] of Object.entries(fields)) {
    const there = field.at + widths[field.type] <= length || field.since === undefined
    values[name] = there ? readField(view, bytes, field) : undefined
  }
  return values as Info<Fields> // one value per row, typed by the row
}

function readField(view: DataView, bytes: Uint8Array, field: InfoField): number | bigint | string {
  switch (field.type) {
    case 'u8':
      return view.getUint8(field.at)
    case 'u16':
      return view.getUint16(field.at, nativeLittleEndian)
    case 'u32':
      return view.getUint32(field.at, nativeLittleEndian)
    case 'u64':
      return view.getBigUint64(field.at, nativeLittleEndian)
    case 'name':
      return cString(bytes.subarray(field.at, field.at + 16))
    case 'tag':
      return Array.from(bytes.subarray(field.at, field.at + 8), (b) => b.toString(16).padStart(2, '0')).join('')
    default:
      return field.type satisfies never
  }
}

function cString(bytes: Uint8Array): string {
  const end = bytes.indexOf(0)
  return new TextDecoder().decode(end === -1 ? bytes : bytes.subarray(0, end))
}
