import { type Kernel, mapInfo, openLinkById, openMapById } from '@tscc/syscall'
import { structOpsErrors } from '../errors.ts'
import type { RegistrableStructOps } from './load-programs.ts'
import { type StructOpsRecord, unregisterStructOps } from './records.ts'
import { registerStructOps, swapStructOps } from './register.ts'
import { prepareStructOps } from './value-map.ts'

/**
 * Put a struct_ops in the place of a registered one, keeping its link and its pins. Atomic: there is no moment without
 * it. Where there is no link (kernels before 6.4) that cannot be; `allowGap` then takes the old one away first.
 * Returns the id of the new map.
 */
export function replaceStructOps(
  kernel: Kernel,
  record: StructOpsRecord,
  linked: RegistrableStructOps,
  options: { readonly allowGap?: boolean } = {},
): number {
  const [linkId] = record.linkIds
  if (linkId !== undefined) return swapByLink(kernel, record, linked, linkId)
  if (options.allowGap !== true) throw structOpsErrors.make('replace-unsupported', { name: record.name })
  unregisterStructOps(kernel, record)
  const [pin] = record.pins
  const registration = registerStructOps(kernel, linked, { by: 'map', ...(pin === undefined ? {} : { pin }) })
  // Not closed: without a link it is the open registration that stays.
  return registration.mapId
}

function swapByLink(kernel: Kernel, record: StructOpsRecord, linked: RegistrableStructOps, linkId: number): number {
  using link = openLinkById(kernel, linkId)
  using old = openMapById(kernel, record.id)
  if (link === undefined || old === undefined)
    throw structOpsErrors.make('not-registered', { name: record.name, nearest: [] })
  const next = prepareStructOps(kernel, linked, 'link')
  using map = next.map
  swapStructOps(link, next, { name: record.name, expectedFd: old.fd })
  return mapInfo(kernel, map.fd).id
}
