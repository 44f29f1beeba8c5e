import { buildBtf, type StructOpsLayout } from '@tscc/btf'
import {
  type BpfMap,
  bpfMapFlags,
  callBpf,
  createMap,
  deleteElement,
  type Kernel,
  loadBtf,
  lookupElement,
  openModuleBtf,
} from '@tscc/syscall'
import { missingCallbacks } from '../building-blocks/callbacks.ts'
import { structOpsErrors } from '../errors.ts'
import { failedWith, type LoadedPrograms, loadPrograms, type RegistrableStructOps } from './load-programs.ts'

/** The one key of a struct_ops map. */
export const KEY = new Uint8Array(4)

/** How a struct_ops registers: by a link of its own (6.4), or at the moment of the map's update. */
export type RegisterBy = 'link' | 'map'

/** A map with its value written. With `by: 'map'` it is registered already; with `by: 'link'` it waits for a link. */
export interface PreparedStructOps {
  readonly by: RegisterBy
  readonly map: BpfMap
  readonly linked: RegistrableStructOps
}

/** Load the programs, create the map, write its value; a failure leaves nothing behind. */
export function prepareStructOps(
  kernel: Kernel,
  linked: RegistrableStructOps,
  by: RegisterBy | 'auto' = 'auto',
): PreparedStructOps {
  using loaded = loadPrograms(kernel, linked)
  const created = createEither(kernel, linked, by)
  try {
    writeValue(created.map, linked, loaded)
    return { ...created, linked }
  } catch (error) {
    created.map.close()
    throw error
  }
}

function createEither(
  kernel: Kernel,
  linked: RegistrableStructOps,
  wanted: RegisterBy | 'auto',
): { readonly by: RegisterBy; readonly map: BpfMap } {
  if (wanted !== 'auto') return { by: wanted, map: createStructOpsMap(kernel, linked, wanted) }
  try {
    return { by: 'link', map: createStructOpsMap(kernel, linked, 'link') }
  } catch (error) {
    // The answer of a kernel that does not know the flag
    if (!failedWith(error, 'EINVAL')) throw error
    return { by: 'map', map: createStructOpsMap(kernel, linked, 'map') }
  }
}

/** The value type comes from vmlinux, and still the kernel wants a BTF descriptor: the smallest there is. */
const SMALLEST_BTF = buildBtf([
  { kind: 'int', name: 'int', size: 4, bits: 32, bitOffset: 0, signed: true, char: false, bool: false },
])

function createStructOpsMap(kernel: Kernel, linked: RegistrableStructOps, by: RegisterBy): BpfMap {
  using btf = loadBtf(kernel, SMALLEST_BTF)
  using module = linked.module === undefined ? undefined : openModuleBtf(kernel, linked.module)
  return createMap(kernel, {
    type: 'BPF_MAP_TYPE_STRUCT_OPS',
    keySize: 4,
    valueSize: linked.layout.valueSize,
    maxEntries: 1,
    flags:
      (by === 'link' ? bpfMapFlags.BPF_F_LINK : 0) | (module === undefined ? 0 : bpfMapFlags.BPF_F_VTYPE_BTF_OBJ_FD),
    // As much of it as names of maps have room for
    name: linked.spec.name.slice(0, 15),
    btf: { fd: btf.fd },
    vmlinuxValueTypeId: linked.layout.valueTypeId,
    ...(module === undefined ? {} : { valueTypeBtfObjectFd: module.fd }),
  })
}

function writeValue(map: BpfMap, linked: RegistrableStructOps, loaded: LoadedPrograms): void {
  const value = linked.value.slice()
  const slots = new DataView(value.buffer)
  for (const { linked: program, program: descriptor } of loaded.programs)
    slots.setUint32(program.valueOffset, descriptor.fd, LITTLE_ENDIAN)
  try {
    callBpf(map.kernel, 'BPF_MAP_UPDATE_ELEM', { map_fd: map.fd, key: KEY, value })
  } catch (error) {
    throw explainRefusal(error, linked)
  }
}

const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1

/** Delete the element of a map that registered without a link: unregisters. Sockets in use hold the map a while longer. */
export function deleteRegistration(map: BpfMap): void {
  try {
    deleteElement(map, KEY)
  } catch (error) {
    // The name is gone already; what is in progress is the end of the last socket that uses it.
    if (!failedWith(error, 'EINPROGRESS')) throw error
  }
}

/** Ids of the programs in a written map: reading, the kernel shows ids where descriptors were written. */
export function programsOf(map: BpfMap, layout: StructOpsLayout): readonly { callback: string; id: number }[] {
  const value = lookupElement(map, KEY)
  if (value === undefined) return []
  const slots = new DataView(value.buffer, value.byteOffset, value.byteLength)
  return layout.members
    .filter((member) => member.kind === 'callback')
    .map((member) => ({ callback: member.name, id: slots.getUint32(layout.dataOffset + member.offset, LITTLE_ENDIAN) }))
    .filter(({ id }) => id !== 0)
}

/** Why the kernel refused a value or a link, as far as an errno tells. */
export function explainRefusal(error: unknown, linked: RegistrableStructOps): unknown {
  const { type } = linked.layout
  const { name } = linked.spec
  if (failedWith(error, 'EEXIST')) return structOpsErrors.make('exists', { name }, error)
  if (!failedWith(error, 'EINVAL')) return error
  if (type === 'tcp_congestion_ops') {
    const missing = missingCallbacks(linked.programs.map((program) => program.callback))
    if (missing.length > 0) return structOpsErrors.make('incomplete', { type, name, missing }, error)
  }
  const absent = linked.layout.members
    .filter((m) => m.kind === 'callback' && !linked.programs.some((program) => program.callback === m.name))
    .map((m) => m.name)
  const why = `EINVAL; a data member may be wrong, or a mandatory callback missing (absent: ${absent.join(', ')})`
  return structOpsErrors.make('refused-value', { type, name, why }, error)
}
