import { createLink, type Kernel, type Link, linkInfo, mapInfo, pinObject, updateLink } from '@tscc/syscall'
import { structOpsErrors } from '../errors.ts'
import { failedWith, type RegistrableStructOps } from './load-programs.ts'
import {
  deleteRegistration,
  explainRefusal,
  type PreparedStructOps,
  prepareStructOps,
  programsOf,
  type RegisterBy,
} from './value-map.ts'

/** A registered struct_ops and its owner: `close()` takes the registration away, unless it is pinned. */
export interface Registration {
  readonly name: string
  readonly type: string
  readonly by: RegisterBy
  /** Id of the map, which is what `list` and `unregister` work by. */
  readonly mapId: number
  /** Undefined on kernels before 6.4, which register by map update. */
  readonly linkId: number | undefined
  readonly programs: readonly { readonly callback: string; readonly id: number }[]
  readonly dropped: RegistrableStructOps['dropped']
  /** Put another struct_ops of the same name in place, atomically; sockets that use the old one keep it. */
  replace(linked: RegistrableStructOps): void
  /** Keep the registration beyond this process, at a path in a bpffs. */
  pin(path: string): void
  close(): void
  [Symbol.dispose](): void
}

/**
 * Load, create the map, write its value, attach: by a link where the kernel has links for struct_ops (6.4), else by
 * the update itself. A failure leaves nothing behind.
 */
export function registerStructOps(
  kernel: Kernel,
  linked: RegistrableStructOps,
  options: { readonly by?: RegisterBy | 'auto'; readonly pin?: string } = {},
): Registration {
  const prepared = prepareStructOps(kernel, linked, options.by)
  const registration = own(kernel, prepared, attachOrClose(kernel, prepared))
  try {
    if (options.pin !== undefined) registration.pin(options.pin)
    return registration
  } catch (error) {
    registration.close()
    throw error
  }
}

function attachOrClose(kernel: Kernel, prepared: PreparedStructOps): Link | undefined {
  try {
    return prepared.by === 'link' ? attachStructOps(kernel, prepared) : undefined
  } catch (error) {
    prepared.map.close()
    throw error
  }
}

/** BPF_LINK_CREATE on a prepared map: registers it. A map may be linked again after its link is gone. */
export function attachStructOps(kernel: Kernel, prepared: PreparedStructOps): Link {
  try {
    return createLink(kernel, { fd: prepared.map.fd, attachType: 'BPF_STRUCT_OPS' })
  } catch (error) {
    throw explainRefusal(error, prepared.linked)
  }
}

/**
 * BPF_LINK_UPDATE: `next` in the place of what the link holds, in one step. With `expected`, only if that is what it
 * holds (`struct-ops/stale-map`). Whenever the kernel refuses, the old one stays.
 */
export function swapStructOps(
  link: Link,
  next: PreparedStructOps,
  was: { readonly name: string; readonly expectedFd?: number },
): void {
  const { expectedFd } = was
  try {
    updateLink(link, next.map.fd, expectedFd === undefined ? {} : { expectedFd })
  } catch (error) {
    const { name } = next.linked.spec
    if (failedWith(error, 'EINVAL') && name !== was.name)
      throw structOpsErrors.make('name-changed', { from: was.name, to: name }, error)
    if (failedWith(error, 'EPERM') && expectedFd !== undefined) throw structOpsErrors.make('stale-map', { name }, error)
    throw error
  }
}

function own(kernel: Kernel, first: PreparedStructOps, link: Link | undefined): Registration {
  const { name } = first.linked.spec
  const state = { held: first, closed: false, pinned: false }
  const open = (): PreparedStructOps => {
    if (state.closed) throw structOpsErrors.make('closed', { name })
    return state.held
  }
  const close = (): void => {
    if (state.closed) return
    state.closed = true
    // Without a link a closed map stays registered: it is the element's deletion that unregisters.
    if (link === undefined && !state.pinned) deleteRegistration(state.held.map)
    link?.close()
    state.held.map.close()
  }
  return {
    name,
    type: first.linked.layout.type,
    by: first.by,
    get mapId() {
      return mapInfo(kernel, open().map.fd).id
    },
    get linkId() {
      open()
      return link === undefined ? undefined : linkInfo(kernel, link.fd).id
    },
    get programs() {
      return programsOf(open().map, open().linked.layout)
    },
    get dropped() {
      return open().linked.dropped
    },
    replace(linked) {
      const old = open()
      if (link === undefined) throw structOpsErrors.make('replace-unsupported', { name })
      const next = prepareStructOps(kernel, linked, 'link')
      try {
        swapStructOps(link, next, { name, expectedFd: old.map.fd })
      } catch (error) {
        next.map.close()
        throw error
      }
      state.held = next
      old.map.close()
    },
    pin(path) {
      pinObject(kernel, link ?? open().map, path)
      state.pinned = true
    },
    close,
    [Symbol.dispose]: close,
  }
}
