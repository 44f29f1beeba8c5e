import {
  attachCgroup,
  availableCongestionControls,
  cgroupId,
  cgroupPath,
  cgroupPaths,
  cgroupRoot,
  hostKernel,
  type Kernel,
  lookupElement,
  openPinnedLink,
  pinExists,
  pinObject,
  removePinFolder,
  renamePin,
  syscallErrors,
  updateElement,
  updateLink,
  withPinFolderLock,
} from '@tscc/syscall'
import { sockOpsErrors } from '../errors.ts'
import { atCgroup } from '../load-program.ts'
import {
  type ArmFigures,
  type Comparison,
  compareArms,
  decodeFigures,
  freshFigures,
  withConnections,
} from './figures.ts'
import { type PolicyLoader, policyLoader, policyVersion } from './load-policy.ts'
import { openConnections } from './open-connections.ts'
import { checkRule, type PolicyRule, type CheckedRule as RuleParts } from './rule.ts'
import {
  currentHalf,
  dropScope,
  openStoreMaps,
  POLICY_FOLDER,
  readTable,
  removeStore,
  type StoreMapName,
  type StoreMaps,
  scopeLinks,
  scopePath,
  storeMaps,
  u32,
  useHalf,
  writeTable,
} from './store.ts'
import { type PlacedRule, type RulePlace, rulesOf, SCOPES, SLOTS, sameTable, tableOf } from './table.ts'

/** Where a policy is kept, and of which kernel. */
export interface PolicyOptions {
  readonly kernel?: Kernel
  /** A folder in a BPF file system. Default `/sys/fs/bpf/tscc/policy`: the machine's policy. */
  readonly folder?: string
}

/** A rule that is in force. */
export interface RuleState {
  readonly rule: Required<Pick<PolicyRule, 'name' | 'use' | 'to' | 'side' | 'percent'>> &
    Pick<PolicyRule, 'port' | 'cgroup'>
  /** Changes with what the rule means, and its figures then begin anew. */
  readonly id: number
  /** Has the kernel a congestion control of this name? Without one its connections keep the default. */
  readonly registered: boolean
  /** Is the program at its cgroup? Not once that has been removed. */
  readonly attached: boolean
  /** Connections that got it. */
  readonly chosen: ArmFigures
  /** Those that the rule is about but left as they were, being beyond its share. */
  readonly others: ArmFigures
  readonly comparison: Comparison
}

/** What applying did. */
export interface Applied {
  readonly added: readonly string[]
  readonly changed: readonly string[]
  readonly removed: readonly string[]
  readonly kept: readonly string[]
}

/**
 * The rules in force, in the order in which they are asked; those of a cgroup below before those of the ones above it.
 *
 * With `open`, figures are also of connections that are open in this network namespace, by socket diagnostics (CAP_NET_ADMIN).
 */
export function policyRules(options: PolicyOptions & { readonly open?: boolean } = {}): readonly RuleState[] {
  const { kernel = hostKernel(), folder = POLICY_FOLDER } = options
  const maps = openStoreMaps(kernel, folder)
  if (maps === undefined) return []
  try {
    const links = new Map(scopeLinks(kernel, folder).map(({ scope, cgroup }) => [scope, cgroup]))
    const paths = cgroupPaths([...links.values()])
    const root = cgroupRoot()
    const known = new Set(availableCongestionControls(kernel))
    const open = options.open === true ? openConnections(maps) : undefined
    const found = rulesOf(readTable(maps, currentHalf(maps)))
    const depth = ({ scope }: PlacedRule): number => (paths.get(links.get(scope) ?? 0n) ?? '').split('/').length
    return found
      .toSorted((a, b) => depth(b) - depth(a))
      .map((placed) => {
        const cgroup = links.get(placed.scope)
        const [chosen, others] = [0, 1].map((arm) =>
          withConnections(figuresOf(maps, placed, arm), open?.get(`${placed.id} ${arm}`) ?? []),
        )
        if (chosen === undefined || others === undefined) throw new Error('two arms have two figures')
        return {
          rule: ruleOf(placed, cgroup === undefined || paths.get(cgroup) === root ? undefined : paths.get(cgroup)),
          id: placed.id,
          registered: known.has(placed.use),
          attached: cgroup !== undefined && paths.has(cgroup),
          chosen,
          others,
          comparison: compareArms(chosen, others),
        }
      })
  } finally {
    closeMaps(maps)
  }
}

const figuresOf = ({ figures }: StoreMaps, { slot, id }: RulePlace, arm: number): ArmFigures =>
  decodeFigures(lookupElement(figures, u32(2 * slot + arm)) ?? new Uint8Array(0), id)

/** The rule, of a cgroup below the root. */
function ruleOf(placed: PlacedRule, cgroup: string | undefined): RuleState['rule'] {
  const { name, use, to, side, share, ports } = placed
  const [first, last] = ports
  const port = first === 0 && last === 65_535 ? undefined : first === last ? first : ports
  return {
    name,
    use,
    to,
    side,
    percent: share / 100,
    ...(port === undefined ? {} : { port }),
    ...(cgroup === undefined ? {} : { cgroup }),
  }
}

const closeMaps = (maps: StoreMaps): void => {
  for (const map of Object.values(maps)) map.close()
}

/**
 * Put rules in force in the place of all there were.
 *
 * New connections are decided by the old rules or by the new ones, and by nothing else at any time, also when this process
 * is killed in the middle. Rules that stay what they are keep their figures. Connections that are there already keep what they have.
 */
export function applyPolicy(rules: readonly PolicyRule[], options: PolicyOptions = {}): Applied {
  const { folder = POLICY_FOLDER } = options
  const checked = checkRules(rules)
  return withLock(folder, () => applyChecked(checked, options))
}

function checkRules(rules: readonly PolicyRule[]): readonly CheckedRule[] {
  const root = cgroupRoot()
  const checked = rules.map((rule, i) => {
    const one = checkRule(rule, `rules[${i}]`)
    return { ...one, cgroup: cgroupPath(one.cgroup ?? '', root) }
  })
  for (const [i, { name }] of checked.entries())
    if (checked.findIndex((one) => one.name === name) !== i)
      throw sockOpsErrors.make('rule-name', { field: `rules[${i}].name`, name, why: 'another rule has it' })
  return checked
}

const withLock = <T>(folder: string, run: () => T): T => withPinFolderLock(folder, LOCK_MS, run)
const LOCK_MS = 5000

function idOf(cgroup: string): bigint {
  try {
    return cgroupId(cgroup)
  } catch (error) {
    if (syscallErrors.is(error, 'syscall/libc')) throw sockOpsErrors.make('not-cgroup', { path: cgroup }, error)
    throw error
  }
}

/** With the lock held. */
function applyChecked(rules: readonly CheckedRule[], options: PolicyOptions): Applied {
  const { kernel = hostKernel(), folder = POLICY_FOLDER } = options
  const ids = new Map(rules.map(({ cgroup }) => [cgroup, idOf(cgroup)]))
  const load: Load = (scope, maps) => policyLoader(kernel).load(scope, maps)
  const maps = openStoreMaps(kernel, folder) ?? createStoreMaps(kernel, folder, load)
  try {
    return change({ kernel, folder, maps, load }, rules, ids)
  } finally {
    closeMaps(maps)
  }
}

/** Change the rules that are in force: what is given those gets what comes back. */
export function editPolicy(
  edit: (rules: readonly RuleState['rule'][]) => readonly PolicyRule[],
  options: PolicyOptions = {},
): Applied {
  const { folder = POLICY_FOLDER } = options
  return withLock(folder, () => {
    // What was of a cgroup that is no more means nothing, and goes.
    const now = policyRules(options).filter(({ attached }) => attached)
    return applyChecked(checkRules(edit(now.map(({ rule }) => rule))), options)
  })
}

/** Take all rules and all that is pinned away. */
export function clearPolicy(options: PolicyOptions = {}): void {
  const { kernel = hostKernel(), folder = POLICY_FOLDER } = options
  if (!pinExists(folder)) return
  withLock(folder, () => {
    removeStore(kernel, folder)
    removePinFolder(folder)
  })
}

type Load = (scope: number, maps?: StoreMaps) => ReturnType<PolicyLoader['load']>

interface Store {
  readonly kernel: Kernel
  readonly folder: string
  readonly maps: StoreMaps
  readonly load: Load
}

/** What an earlier run did not come to pin is pinned now; nothing is attached before all are there. */
function createStoreMaps(kernel: Kernel, folder: string, load: Load): StoreMaps {
  removeStore(kernel, folder)
  using loaded = load(0)
  for (const name of Object.keys(storeMaps) as readonly StoreMapName[]) // its own keys
    pinObject(kernel, loaded.map(storeMaps[name].map), `${folder}/${name}`)
  const maps = openStoreMaps(kernel, folder)
  if (maps === undefined) throw sockOpsErrors.make('policy-version', { folder, map: 'rows' })
  return maps
}

function change(store: Store, rules: readonly CheckedRule[], ids: ReadonlyMap<string, bigint>): Applied {
  const { kernel, folder, maps } = store
  const half = currentHalf(maps)
  const before = readTable(maps, half)
  const old = rulesOf(before)
  const links = scopeLinks(kernel, folder)
  const scopes = scopesFor(rules, ids, links, before.spans)
  const placed = placeRules(maps, rules, old, (rule) => scopes.get(ids.get(rule.cgroup) ?? 0n) ?? 0)
  const table = tableOf(placed)
  // Programs first, which find no rules of theirs in the table in use; then the other table; then it is used.
  for (const [path, id] of ids) attachScope(store, path, scopes.get(id) ?? 0, links)
  if (!sameTable(table, before)) {
    const other = half === 0 ? 1 : 0
    writeTable(maps, other, table)
    useHalf(maps, other)
  }
  const used = new Set(scopes.values())
  for (const link of links) if (!used.has(link.scope)) dropScope(kernel, link)
  return difference(old, placed)
}

/** The scope of each cgroup: that of the link that is there, else one that nothing uses. */
function scopesFor(
  rules: readonly CheckedRule[],
  ids: ReadonlyMap<string, bigint>,
  links: ReturnType<typeof scopeLinks>,
  spans: readonly { readonly count: number }[],
): ReadonlyMap<bigint, number> {
  const scopes = new Map<bigint, number>()
  const taken = new Set(links.map(({ scope }) => scope))
  for (const [i, { count }] of spans.entries()) if (count > 0) taken.add(i)
  for (const { cgroup } of rules) {
    const id = ids.get(cgroup)
    if (id === undefined || scopes.has(id)) continue
    const known = links.find((link) => link.cgroup === id)
    const free = Array.from({ length: SCOPES }, (_, i) => i).find((i) => !taken.has(i))
    const scope = known?.scope ?? free
    if (scope === undefined) throw sockOpsErrors.make('full', { map: 'cgroups of the policy', limit: SCOPES })
    scopes.set(id, scope)
    taken.add(scope)
  }
  return scopes
}

/** The program at a cgroup: attached and pinned, or brought to this version of itself. */
function attachScope(
  { kernel, folder, maps, load }: Store,
  path: string,
  scope: number,
  links: ReturnType<typeof scopeLinks>,
): void {
  const known = links.find((one) => one.scope === scope)
  const version = policyVersion()
  if (known?.version === version) return
  using loaded = load(scope, maps)
  const program = loaded.program('policy')
  if (known === undefined) {
    using link = atCgroup(path, () => attachCgroup(kernel, program, path, 'BPF_CGROUP_SOCK_OPS'))
    pinObject(kernel, link, scopePath(folder, scope, version))
  } else {
    using link = openPinnedLink(kernel, known.path)
    updateLink(link, program.fd)
    renamePin(known.path, scopePath(folder, scope, version))
  }
}

/** A rule whose cgroup is a path. */
interface CheckedRule extends RuleParts {
  readonly cgroup: string
}

type Placed = { readonly rule: CheckedRule; readonly place: RulePlace }

/** Ids and slots: those of old where a rule means what it meant, else new ones with figures of zero. */
function placeRules(
  maps: StoreMaps,
  rules: readonly CheckedRule[],
  old: readonly PlacedRule[],
  scopeOf: (rule: CheckedRule) => number,
): readonly Placed[] {
  const taken = new Set(old.map(({ slot }) => slot))
  let next = 1 + Math.max(0, ...old.map(({ id }) => id), ...slotRules(maps))
  return rules.map((rule) => {
    const scope = scopeOf(rule)
    const place = { id: next, slot: 0, scope }
    const before = old.find(({ name }) => name === rule.name)
    if (before !== undefined && meaning({ rule, place }) === meaningOf(before))
      return { rule, place: { ...place, id: before.id, slot: before.slot } }
    const slot = Array.from({ length: SLOTS }, (_, i) => i).find((i) => !taken.has(i))
    if (slot === undefined) throw sockOpsErrors.make('full', { map: 'rules of the policy', limit: SLOTS })
    taken.add(slot)
    next += 1
    for (const arm of [0, 1])
      updateElement(maps.figures, u32(2 * slot + arm), freshFigures(place.id, maps.figures.bufferSize))
    return { rule, place: { ...place, slot } }
  })
}

/** Ids that figures are of; later rules have greater ones. */
const slotRules = ({ figures }: StoreMaps): readonly number[] =>
  Array.from({ length: SLOTS }, (_, slot) => {
    const bytes = lookupElement(figures, u32(2 * slot))
    return bytes === undefined ? 0 : new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true)
  })

/** All that a rule's figures are about; a share may grow and shrink. */
function meaning({ rule, place }: Placed): string {
  const [decoded] = rulesOf(tableOf([{ rule, place }]))
  return decoded === undefined ? '' : meaningOf(decoded)
}

const meaningOf = ({ scope, use, to, ports, side }: PlacedRule): string => JSON.stringify([scope, use, to, ports, side])

function difference(old: readonly PlacedRule[], placed: readonly Placed[]): Applied {
  const names = placed.map(({ rule }) => rule.name)
  const by = (kind: 'added' | 'changed' | 'kept'): readonly string[] =>
    placed.flatMap(({ rule, place }) => {
      const before = old.find(({ name }) => name === rule.name)
      const found =
        before === undefined ? 'added' : before.id === place.id && before.share === rule.share ? 'kept' : 'changed'
      return found === kind ? [rule.name] : []
    })
  return {
    added: by('added'),
    changed: by('changed'),
    kept: by('kept'),
    removed: old.flatMap(({ name }) => (names.includes(name) ? [] : [name])),
  }
}
