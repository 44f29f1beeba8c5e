import {
  type AttachAnchor,
  type AttachOrder,
  attachCgroup,
  attachProgram,
  bpfAttachFlags,
  type Descriptor,
  detachProgram,
  type Kernel,
  type Link,
  linkInfo,
  openCgroup,
  type Program,
  pinObject,
  programInfo,
  queryPrograms,
  syscallErrors,
  updateLink,
} from '@tscc/syscall'

interface Options {
  readonly cgroup: string
  readonly by?: 'link' | 'program'
  readonly sharing?: keyof typeof SHARING
  readonly order?: 'first' | 'last' | { readonly before: object } | { readonly after: object }
}

const SHARING = {
  multi: bpfAttachFlags.BPF_F_ALLOW_MULTI,
  override: bpfAttachFlags.BPF_F_ALLOW_OVERRIDE,
  alone: 0,
} as const

const SOCK_OPS = 'BPF_CGROUP_SOCK_OPS'

/** The programs behind handles: whatever module they come from, one can take another's place. */
const programs = new WeakMap<object, () => Program>()
/** What is attached, for others to go before or behind. */
const anchors = new WeakMap<object, () => AttachAnchor>()

/** A sock_ops program of a module for user space, with the members that `@tscc/bpf` declares; `open` loads the module. */
export function liveSockOps(kernel: Kernel, name: string, open: () => Program): object {
  const handle = {
    name,
    attach: (options: Options) =>
      options.by === 'program' ? byProgram(kernel, name, open, options) : byLink(kernel, name, open, options),
  }
  programs.set(handle, open)
  return handle
}

function behind(handle: object): Program {
  const open = programs.get(handle)
  if (open === undefined) throw new TypeError('expected a sock_ops program of a *.bpf.ts file')
  return open()
}

function orderOf({ order }: Options): { readonly order?: AttachOrder } {
  if (order === undefined) return {}
  if (typeof order === 'string') return { order }
  return { order: 'before' in order ? { before: anchorOf(order.before) } : { after: anchorOf(order.after) } }
}

function anchorOf(attached: object): AttachAnchor {
  const anchor = anchors.get(attached)
  if (anchor === undefined) throw new TypeError('expected a sock_ops program that is attached')
  return anchor()
}

function byLink(kernel: Kernel, name: string, open: () => Program, options: Options): object {
  const { cgroup } = options
  const link: Link = attachCgroup(kernel, open(), cgroup, SOCK_OPS, orderOf(options))
  const state = { closed: false }
  const close = (): void => {
    if (state.closed) return
    state.closed = true
    link.close()
  }
  const handle = {
    name,
    cgroup,
    by: 'link' as const,
    get programId() {
      return linkInfo(kernel, link.fd).prog_id
    },
    // The kernel detaches links when their cgroup is removed; they then tell of cgroup 0.
    get active() {
      if (state.closed) return false
      const info = linkInfo(kernel, link.fd)
      return info.kind === 'BPF_LINK_TYPE_CGROUP' && info.cgroup_id !== 0n
    },
    replace: (next: object) => updateLink(link, behind(next).fd),
    pin: (path: string) => pinObject(kernel, link, path),
    close,
    [Symbol.dispose]: close,
  }
  anchors.set(handle, () => ({ link: linkInfo(kernel, link.fd).id }))
  return handle
}

function byProgram(kernel: Kernel, name: string, open: () => Program, options: Options): object {
  const { cgroup, sharing = 'multi' } = options
  const flags = SHARING[sharing]
  const directory: Descriptor = openCgroup(kernel, cgroup)
  const place = { targetFd: directory.fd, attachType: SOCK_OPS } as const
  const state: { program?: Program } = { program: open() }
  const ids = (): readonly number[] => {
    try {
      return queryPrograms(kernel, place).programIds
    } catch (error) {
      // Of a removed cgroup the kernel says so; what was attached has gone with it.
      if (syscallErrors.is(error, 'syscall/bpf') && error.context.name === 'ENOENT') return []
      throw error
    }
  }
  const attached = (): Program => {
    if (state.program === undefined) throw new TypeError(`${name}: used after close`)
    return state.program
  }
  const idOf = (program: Program): number => programInfo(kernel, program.fd).id
  const isThere = (): boolean => state.program !== undefined && ids().includes(idOf(state.program))
  const close = (): void => {
    const { program } = state
    if (program === undefined) return
    try {
      if (isThere()) detachProgram(kernel, place, program)
    } finally {
      delete state.program
      directory.close()
    }
  }
  try {
    attachProgram(kernel, attached(), place, { flags, ...orderOf(options) })
  } catch (error) {
    directory.close()
    throw error
  }
  const handle = {
    name,
    cgroup,
    by: 'program' as const,
    get programId() {
      return idOf(attached())
    },
    get active() {
      return isThere()
    },
    replace(next: object): void {
      const program = behind(next)
      const isMulti = sharing === 'multi'
      attachProgram(kernel, program, place, {
        flags: flags | (isMulti ? bpfAttachFlags.BPF_F_REPLACE : 0),
        ...(isMulti ? { replaceFd: attached().fd } : {}),
      })
      state.program = program
    },
    pin(): never {
      throw new TypeError(`${name}: only a link can be pinned; what is attached by program stays by itself`)
    },
    close,
    [Symbol.dispose]: close,
  }
  anchors.set(handle, () => ({ program: idOf(attached()) }))
  return handle
}
