import {
  type BpfMap,
  detachLink,
  type Kernel,
  linkInfo,
  lookupElement,
  openPinnedLink,
  openPinnedMap,
  pinExists,
  pinNames,
  removePin,
  updateElement,
} from '@tscc/syscall'
import { sockOpsErrors } from '../errors.ts'
import { FIGURES_BYTES } from './figures.ts'
import { ROW_BYTES, ROWS, SCOPES, SLOTS, type Table } from './table.ts'

/** Where the policy of this machine is pinned. */
export const POLICY_FOLDER = '/sys/fs/bpf/tscc/policy'

/** The program's maps by the names of their pins; `current` is the program's own variables. */
export const storeMaps = {
  rows: { map: 'rows', valueSize: ROW_BYTES, maxEntries: 2 * ROWS },
  spans: { map: 'spans', valueSize: 8, maxEntries: 2 * SCOPES },
  figures: { map: 'figures', valueSize: FIGURES_BYTES, maxEntries: 2 * SLOTS },
  placed: { map: 'placed', valueSize: 8, maxEntries: 0 },
  current: { map: '.bss', valueSize: 1, maxEntries: 1 },
} as const

export type StoreMapName = keyof typeof storeMaps

/** The maps of a policy that is pinned; whoever has one closes it. */
export type StoreMaps = Readonly<Record<StoreMapName, BpfMap>>

const names = Object.keys(storeMaps) as readonly StoreMapName[] // the keys of the table above

/** The maps that are pinned in a folder; undefined where one of them is missing. Those of another version are an error. */
export function openStoreMaps(kernel: Kernel, folder: string): StoreMaps | undefined {
  if (!names.every((name) => pinExists(`${folder}/${name}`))) return undefined
  const opened: Partial<Record<StoreMapName, BpfMap>> = {}
  try {
    for (const name of names) {
      const map = openPinnedMap(kernel, `${folder}/${name}`)
      opened[name] = map
      const { valueSize, maxEntries } = storeMaps[name]
      if (map.valueSize !== valueSize || map.maxEntries !== maxEntries)
        throw sockOpsErrors.make('policy-version', { folder, map: name })
    }
    return opened as StoreMaps // all of the names were opened
  } catch (error) {
    for (const map of Object.values(opened)) map.close()
    throw error
  }
}

/** Which half of the maps is in use. */
export const currentHalf = ({ current }: StoreMaps): 0 | 1 =>
  ((lookupElement(current, u32(0))?.[0] ?? 0) & 1) === 1 ? 1 : 0

/** From now on the programs use this half: one byte, so that there is nothing in between. */
export function useHalf({ current }: StoreMaps, half: 0 | 1): void {
  updateElement(current, u32(0), Uint8Array.of(half))
}

export function readTable({ rows, spans }: StoreMaps, half: 0 | 1): Table {
  const all = Array.from({ length: SCOPES }, (_, scope) => {
    const bytes = lookupElement(spans, u32(half * SCOPES + scope)) ?? new Uint8Array(8)
    const view = new DataView(bytes.buffer, bytes.byteOffset, 8)
    return { first: view.getUint32(0, true), count: view.getUint32(4, true) }
  })
  const end = Math.min(ROWS, Math.max(0, ...all.map(({ first, count }) => (count === 0 ? 0 : first + count))))
  return {
    rows: Array.from({ length: end }, (_, i) => lookupElement(rows, u32(half * ROWS + i)) ?? new Uint8Array(ROW_BYTES)),
    spans: all,
  }
}

/** Write the half that is not in use. */
export function writeTable({ rows, spans }: StoreMaps, half: 0 | 1, table: Table): void {
  for (const [i, row] of table.rows.entries()) updateElement(rows, u32(half * ROWS + i), row)
  for (const [scope, { first, count }] of table.spans.entries())
    updateElement(spans, u32(half * SCOPES + scope), Uint8Array.of(...u32(first), ...u32(count)))
}

/** Key or number as four bytes of a little-endian machine, which x64 and arm64 are. */
export function u32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value, true)
  return bytes
}

/** A scope's link: the program at a cgroup. */
export interface ScopeLink {
  readonly scope: number
  readonly path: string
  /** 0 once the kernel has noticed that the cgroup was removed. */
  readonly cgroup: bigint
  /** Which text the program was made of. */
  readonly version: string
}

/** The links that are pinned, by scope. */
export function scopeLinks(kernel: Kernel, folder: string): readonly ScopeLink[] {
  return pinNames(folder).flatMap((file): readonly ScopeLink[] => {
    const [, scope, version] = /^scope_(\d+)_(\w+)$/.exec(file) ?? []
    if (scope === undefined || version === undefined) return []
    using link = openPinnedLink(kernel, `${folder}/${file}`)
    const info = linkInfo(kernel, link.fd)
    const cgroup = info.kind === 'BPF_LINK_TYPE_CGROUP' ? info.cgroup_id : 0n
    return [{ scope: Number(scope), path: `${folder}/${file}`, cgroup, version }]
  })
}

export const scopePath = (folder: string, scope: number, version: string): string =>
  `${folder}/scope_${scope}_${version}`

/** Take a scope's program away from its cgroup, at once: what only loses its pin is detached some time later. */
export function dropScope(kernel: Kernel, { path }: ScopeLink): void {
  using link = openPinnedLink(kernel, path)
  detachLink(link)
  removePin(path)
}

/** Take every pin of a policy away: first what is attached, then the maps. */
export function removeStore(kernel: Kernel, folder: string): void {
  for (const scope of scopeLinks(kernel, folder)) dropScope(kernel, scope)
  for (const name of names) if (pinExists(`${folder}/${name}`)) removePin(`${folder}/${name}`)
}
