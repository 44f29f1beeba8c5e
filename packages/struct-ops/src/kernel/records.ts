import { nameOf, type StructOpsLayout } from '@tscc/btf'
import { nearestNames } from '@tscc/core'
import {
  type BpfMap,
  bpfMapFlags,
  bpfMapTypes,
  detachLink,
  type Kernel,
  linkIds,
  linkInfo,
  lookupElement,
  mapIds,
  mapInfo,
  openLinkById,
  openMapById,
  type PinnedObject,
  pinnedObject,
  pinnedObjects,
  removePin,
} from '@tscc/syscall'
import { structOpsErrors } from '../errors.ts'
import { type HostResolver, hostResolver } from './host-resolver.ts'
import { deleteRegistration, KEY, programsOf, type RegisterBy } from './value-map.ts'

/** Where `tscc register` pins: one file a registration, named after it. */
export const DEFAULT_PIN_FOLDER = '/sys/fs/bpf/tscc'

/** `enum bpf_struct_ops_state` (kernel/bpf/bpf_struct_ops.c). */
const STATES = ['init', 'inuse', 'tobefree', 'ready'] as const

/** A struct_ops that the kernel holds, whoever registered it through BPF. */
export interface StructOpsRecord {
  /** Id of its map: unique, where names are not. */
  readonly id: number
  readonly name: string
  readonly type: string
  /** `inuse` without a link: registered; `ready` with one: linked or waiting for a link; `tobefree`: on its way out. */
  readonly state: (typeof STATES)[number] | 'unknown'
  readonly by: RegisterBy
  /** Links that hold it: more than none means registered. */
  readonly linkIds: readonly number[]
  /** Program ids by callback. */
  readonly programs: Readonly<Record<string, number>>
  /** Files of the pin folder that keep it. */
  readonly pins: readonly string[]
}

/** How to look: by which resolver, and where pins may be. */
export interface RecordOptions {
  readonly resolver?: HostResolver
  readonly pinFolder?: string
}

/** Every struct_ops map in the kernel with what is known of it. Needs CAP_SYS_ADMIN, as all id lookups do. */
export function listStructOps(kernel: Kernel, options: RecordOptions = {}): readonly StructOpsRecord[] {
  const resolver = options.resolver ?? hostResolver(kernel)
  const pins = pinnedObjects(kernel, options.pinFolder ?? DEFAULT_PIN_FOLDER)
  const links = linksByMap(kernel)
  const records: StructOpsRecord[] = []
  for (const id of mapIds(kernel)) {
    using map = openMapById(kernel, id)
    if (map?.type === bpfMapTypes.BPF_MAP_TYPE_STRUCT_OPS)
      records.push(recordOf(kernel, resolver, { id, map, linkIds: links.get(id) ?? [], pins }))
  }
  return records
}

interface Found {
  readonly id: number
  readonly map: BpfMap
  readonly linkIds: readonly number[]
  readonly pins: readonly PinnedObject[]
}

function recordOf(kernel: Kernel, resolver: HostResolver, found: Found): StructOpsRecord {
  const { id, map, linkIds } = found
  const info = mapInfo(kernel, map.fd)
  const valueTypeId = info.btf_vmlinux_value_type_id ?? 0
  const type = nameOf(resolver.btf(), valueTypeId).replace(/^bpf_struct_ops_/, '')
  const layout = resolver.structOps(type)
  const value = lookupElement(map, KEY) ?? new Uint8Array(layout.valueSize)
  // Both forms of the header begin with refcnt and state.
  const state = new DataView(value.buffer, value.byteOffset).getUint32(4, true)
  const holds = (pin: PinnedObject): boolean =>
    (pin.kind === 'map' && pin.id === id) || (pin.kind === 'link' && linkIds.includes(pin.id))
  return {
    id,
    name: nameIn(value, layout) || map.name,
    type,
    state: STATES[state] ?? 'unknown',
    by: (map.flags & bpfMapFlags.BPF_F_LINK) === 0 ? 'map' : 'link',
    linkIds,
    programs: Object.fromEntries(programsOf(map, layout).map((program) => [program.callback, program.id])),
    pins: found.pins.filter(holds).map((pin) => pin.path),
  }
}

function nameIn(value: Uint8Array, layout: StructOpsLayout): string {
  const member = layout.members.find((m) => m.kind === 'string')
  if (member === undefined) return ''
  const start = layout.dataOffset + member.offset
  const bytes = value.subarray(start, start + member.size)
  const end = bytes.indexOf(0)
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end))
}

/** Ids of struct_ops links, by the map that each holds. */
function linksByMap(kernel: Kernel): ReadonlyMap<number, readonly number[]> {
  const found = new Map<number, number[]>()
  for (const id of linkIds(kernel)) {
    using link = openLinkById(kernel, id)
    if (link === undefined) continue
    const info = linkInfo(kernel, link.fd)
    if (info.kind !== 'BPF_LINK_TYPE_STRUCT_OPS') continue
    const ids = found.get(info.map_id) ?? []
    ids.push(id)
    found.set(info.map_id, ids)
  }
  return found
}

/** Is it registered now, or only a map that waits or lingers? */
export function isRegistered(record: StructOpsRecord): boolean {
  return record.linkIds.length > 0 || (record.by === 'map' && record.state === 'inuse')
}

/** One record by map id or by name; registered ones are preferred. `struct-ops/not-registered` with the nearest names. */
export function findStructOps(kernel: Kernel, idOrName: number | string, options: RecordOptions = {}): StructOpsRecord {
  const records = listStructOps(kernel, options)
  const matches = records.filter((record) => record.id === Number(idOrName) || record.name === idOrName)
  const found = matches.find(isRegistered) ?? matches[0]
  if (found !== undefined) return found
  const nearest = nearestNames(
    `${idOrName}`,
    records.map((record) => record.name),
  )
  throw structOpsErrors.make('not-registered', { name: `${idOrName}`, nearest })
}

/** The record of what is pinned at a path, a link or (before 6.4) the map itself: `tscc register --pin` opened again. */
export function openPinnedStructOps(kernel: Kernel, path: string, options: RecordOptions = {}): StructOpsRecord {
  const pinned = pinnedObject(kernel, path)
  const id = pinned?.kind === 'link' ? mapOfLink(kernel, pinned.id) : pinned?.id
  if (id === undefined) throw structOpsErrors.make('not-registered', { name: path, nearest: [] })
  const record = findStructOps(kernel, id, options)
  return record.pins.includes(path) ? record : { ...record, pins: [...record.pins, path] }
}

function mapOfLink(kernel: Kernel, linkId: number): number | undefined {
  using link = openLinkById(kernel, linkId)
  const info = link === undefined ? undefined : linkInfo(kernel, link.fd)
  return info?.kind === 'BPF_LINK_TYPE_STRUCT_OPS' ? info.map_id : undefined
}

/**
 * Take a registration away, whoever made it: its links are detached, its element is deleted, its pins removed.
 * Sockets that use the algorithm keep it until they close.
 */
export function unregisterStructOps(kernel: Kernel, record: StructOpsRecord): void {
  for (const id of record.linkIds) {
    using link = openLinkById(kernel, id)
    if (link !== undefined) detachLink(link)
  }
  if (record.by === 'map') {
    using map = openMapById(kernel, record.id)
    if (map !== undefined) deleteRegistration(map)
  }
  for (const path of record.pins) removePin(path)
}
