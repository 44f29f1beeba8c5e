import { type Btf, canCallKfuncs, enumValues, parseBtf, type TypeFinder } from '@tscc/btf'
import { type CandidateFinder, type CoreTarget, candidateFinder } from './core/candidates.ts'

/** The kernel to link to. Only `btf` is needed by most objects; the rest is asked for when an object wants it. */
export interface LinkTarget extends CoreTarget {
  /** Its configuration, as lines `CONFIG_HZ=250`; undefined where nobody knows it. */
  config?(): string | undefined
  /** `LINUX_VERSION_CODE`: `major << 16 | minor << 8 | patch`. */
  version?(): number
  /** Addresses of kernel symbols, as lines of /proc/kallsyms; undefined where they are hidden. */
  symbols?(): string | undefined
}

/** What `kernelFiles` of `@tscc/syscall` gives; or anything else that has a kernel's BTF. */
export interface TargetFiles {
  vmlinux(): Uint8Array
  modules?(): readonly { readonly name: string; readonly bytes: Uint8Array }[]
  config?(): string | undefined
  version?(): number
  symbols?(): string | undefined
}

/** A target out of files; `btf` where `vmlinux()` was read already. Keep it: what is looked up once is known then. */
export function linkTarget(files: TargetFiles, btf: Btf = parseBtf(files.vmlinux(), { pointerSize: 8 })): LinkTarget {
  const parsed: { modules?: ReturnType<NonNullable<LinkTarget['modules']>> } = {}
  return {
    btf,
    modules: () =>
      (parsed.modules ??= (files.modules?.() ?? []).map(({ name, bytes }) => ({
        name,
        btf: parseBtf(bytes, { base: btf }),
      }))),
    config: () => files.config?.(),
    symbols: () => files.symbols?.(),
    ...(files.version === undefined ? {} : { version: files.version }),
  }
}

/** What linking keeps of a target from one object to the next. */
export interface TargetState {
  readonly target: LinkTarget
  readonly finder: CandidateFinder
  /** The first type of a name and kind in vmlinux. */
  readonly find: TypeFinder
  /** May programs call kfuncs at all? (5.13) */
  callsKfuncs(): boolean
  /** May programs load the address of a kfunc, to see whether it is there? (6.4) */
  loadsKfuncs(): boolean
}

const states = new WeakMap<LinkTarget, TargetState>()

/** The state of a target; the same one as long as the target object lives. */
export function stateOf(target: LinkTarget): TargetState {
  const known = states.get(target)
  if (known !== undefined) return known
  const state = makeState(target)
  states.set(target, state)
  return state
}

function makeState(target: LinkTarget): TargetState {
  const { btf } = target
  const finder = candidateFinder(target)
  const find: TypeFinder = (name, kind) => {
    const found = finder.locate(name, kind)
    return found?.module === undefined ? found?.id : undefined
  }
  const answers = new Map<string, boolean>()
  const once = (key: string, ask: () => boolean): boolean => {
    const answer = answers.get(key) ?? ask()
    answers.set(key, answer)
    return answer
  }
  return {
    target,
    finder,
    find,
    callsKfuncs: () => once('calls', () => canCallKfuncs(btf, find)),
    loadsKfuncs: () => once('loads', () => hasProgramType(btf, find, 'BPF_PROG_TYPE_NETFILTER')),
  }
}

/** Names that {@link TargetState} asks for itself where an object has kfuncs. */
export const KFUNC_MARKERS: readonly string[] = ['bpf_func_id', 'bpf_prog_type']

/** Program types tell releases apart; BTF that was cut down has none of them and says nothing: then it is a new kernel. */
function hasProgramType(btf: Btf, find: TypeFinder, name: string): boolean {
  const types = find('bpf_prog_type', 'enum')
  return types === undefined || enumValues(btf, types).some((one) => one.name === name)
}
