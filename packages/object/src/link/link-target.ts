import { type Btf, type BtfKind, canCallKfuncs, enumValues, parseBtf, type TypeFinder, typeFinder } from '@tscc/btf'
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

/** Where a type of the kernel was found; `module` is absent for vmlinux. */
export interface KernelType {
  readonly btf: Btf
  readonly id: number
  readonly module?: string
}

/** What linking keeps of a target from one object to the next. */
export interface TargetState {
  readonly target: LinkTarget
  readonly finder: CandidateFinder
  readonly find: TypeFinder
  /** Of a name and kind, in vmlinux, else in the modules. */
  locate(name: string, kind: BtfKind): KernelType | undefined
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
  const find = typeFinder(btf)
  let modules: readonly { readonly name: string; readonly btf: Btf; readonly find: TypeFinder }[] | undefined
  const opened = new Map<string, boolean>()
  const once = (key: string, ask: () => boolean): boolean => {
    const answer = opened.get(key) ?? ask()
    opened.set(key, answer)
    return answer
  }
  return {
    target,
    finder: candidateFinder(target),
    find,
    locate(name, kind) {
      const id = find(name, kind)
      if (id !== undefined) return { btf, id }
      modules ??= (target.modules?.() ?? []).map((module) => ({ ...module, find: typeFinder(module.btf) }))
      for (const module of modules) {
        const inModule = module.find(name, kind)
        if (inModule !== undefined) return { btf: module.btf, id: inModule, module: module.name }
      }
      return undefined
    },
    callsKfuncs: () => once('calls', () => canCallKfuncs(btf, find)),
    loadsKfuncs: () => once('loads', () => hasProgramType(btf, find, 'BPF_PROG_TYPE_NETFILTER')),
  }
}

/** Program types tell releases apart; BTF that was cut down has none of them and says nothing: then it is a new kernel. */
function hasProgramType(btf: Btf, find: TypeFinder, name: string): boolean {
  const types = find('bpf_prog_type', 'enum')
  return types === undefined || enumValues(btf, types).some((one) => one.name === name)
}
