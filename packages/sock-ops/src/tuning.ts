import type { AttachedSockOps, SockOps, SockOpsAttachOptions } from '@tscc/bpf'
import { type Kernel, syscallErrors } from '@tscc/syscall'
import { addressText, wordsAddress } from './address.ts'
import { attachments } from './attachments.ts'
import { sockOpsErrors } from './errors.ts'
import { loadProgram } from './load-program.ts'
import { tickMicroseconds } from './tick.ts'
import {
  type CompiledRule,
  compileRules,
  keyText,
  type RuleKey,
  type RuleValue,
  type TuningRule,
} from './tuning-rules.ts'

/** How often it came to what, since loading. */
export interface TuningCounts {
  /** Connections that a rule was for. */
  readonly tuned: number
  /** A rule names a congestion control that is not registered. */
  readonly ccMissing: number
  /** The kernel refused another option. */
  readonly refused: number
  /** Connections that something was learned of. */
  readonly learned: number
}

/** What connections with a subnet came to. */
export interface LearnedSubnet {
  /** Its first address. */
  readonly subnet: string
  /** Segments, before it is forgotten again. */
  readonly window: number
  readonly connections: number
}

/** Connections as rules say. */
export interface Tuning {
  /** Follow the rules in a cgroup; those of cgroups below go first. */
  attach(options: SockOpsAttachOptions): AttachedSockOps
  /**
   * Other rules in the place of these, for connections from now on. New ones are written before old ones go, so that no
   * connection meets neither; `sock-ops/full` leaves the old ones.
   */
  setRules(rules: readonly TuningRule[]): void
  readonly counts: TuningCounts
  learned(): readonly LearnedSubnet[]
  /** What is attached goes, unless pinned. */
  close(): void
  [Symbol.dispose](): void
}

interface Exports {
  readonly tuning: SockOps
  readonly rules: {
    set(key: RuleKey, value: RuleValue): void
    delete(key: RuleKey): number
  }
  readonly ported: { value: number }
  readonly learned: {
    entries(): Iterable<
      readonly [
        { readonly address: readonly number[] },
        { readonly window: number; readonly connections: number; readonly at: number },
      ]
    >
  }
  readonly counts: {
    readonly value: {
      readonly tuned: number
      readonly cc_missing: number
      readonly refused: number
      readonly learned: number
    }
  }
}

/** Prefixes that the rules of one tuning can have together. */
export const MAX_TUNING_PREFIXES = 4096

/** Load the tuning program with rules. */
export function createTuning(options: { readonly rules: readonly TuningRule[]; readonly kernel?: Kernel }): Tuning {
  const tick = tickMicroseconds()
  const first = compileRules(options.rules, tick)
  const live = loadProgram('tuning', options.kernel)
  const exports = live.exports as unknown as Exports // as the file declares them
  const { attach, close } = attachments(exports.tuning, live)
  const state = { rules: new Map<string, CompiledRule>() }
  const setRules = (wanted: readonly CompiledRule[]): void => {
    const next = new Map(wanted.map((rule) => [keyText(rule.key), rule]))
    const fresh = wanted.filter(({ key }) => !state.rules.has(keyText(key)))
    if (state.rules.size + fresh.length > MAX_TUNING_PREFIXES)
      throw sockOpsErrors.make('full', { map: 'rules', limit: MAX_TUNING_PREFIXES })
    const ported = wanted.filter(({ key }) => key.port !== 0).length
    // Ports are looked for before there are any, and until there are none.
    if (ported > 0) exports.ported.value = ported
    const added: RuleKey[] = []
    try {
      for (const { key, value } of fresh) {
        exports.rules.set(key, value)
        added.push(key)
      }
    } catch (error) {
      for (const key of added) exports.rules.delete(key)
      if (syscallErrors.is(error, 'syscall/bpf') && error.context.name === 'ENOSPC')
        throw sockOpsErrors.make('full', { map: 'rules', limit: MAX_TUNING_PREFIXES }, error)
      throw error
    }
    for (const { key, value } of wanted) if (state.rules.has(keyText(key))) exports.rules.set(key, value)
    for (const [text, { key }] of state.rules) if (!next.has(text)) exports.rules.delete(key)
    exports.ported.value = ported
    state.rules = next
  }
  try {
    setRules(first)
  } catch (error) {
    close()
    throw error
  }
  return {
    attach,
    setRules: (rules) => setRules(compileRules(rules, tick)),
    get counts() {
      const { tuned, cc_missing, refused, learned } = exports.counts.value
      return { tuned, ccMissing: cc_missing, refused, learned }
    },
    learned: () =>
      [...exports.learned.entries()].map(([{ address }, { window, connections }]) => ({
        subnet: addressText(wordsAddress(address)),
        window: window / 16,
        connections,
      })),
    close,
    [Symbol.dispose]: close,
  }
}
