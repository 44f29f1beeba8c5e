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
  /**
   * Put another struct_ops of the same name in place, atomically; sockets that use the old one keep it. What is prepared stays
   * its owner's. Refused (`struct-ops/stale-map`) where the link holds another map than that of `expected`, by default the
   * one that this registration put there.
   */
  replace(next: RegistrableStructOps | PreparedStructOps, options?: { readonly expected?: PreparedStructOps }): void
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
  const registration = own(kernel, { prepared, isOurs: true }, attachOrClose(kernel, prepared))
  try {
    if (options.pin !== undefined) registration.pin(options.pin)
    return registration
  } catch (error) {
    registration.close()
    throw error
  }
}

/** Register what is prepared, by a link of its own; the map stays its owner's, who may have it linked again later. */
export function registerPrepared(kernel: Kernel, prepared: PreparedStructOps): Registration {
  return own(kernel, { prepared, isOurs: false }, attachStructOps(kernel, prepared))
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
    if (failedWith(error, 'EINVAL') && next.by === 'map') throw structOpsErrors.make('not-for-links', { name }, error)
    if (failedWith(error, 'EINVAL') && name !== was.name)
      throw structOpsErrors.make('name-changed', { from: was.name, to: name }, error)
    if (failedWith(error, 'EPERM') && expectedFd !== undefined) throw structOpsErrors.make('stale-map', { name }, error)
    throw error
  }
}

/** What a registration holds: a map that it made, or one of somebody else's. */
interface Held {
  readonly prepared: PreparedStructOps
  readonly isOurs: boolean
}

function letGo({ prepared, isOurs }: Held): void {
  if (isOurs) prepared.map.close()
}

function own(kernel: Kernel, first: Held, link: Link | undefined): Registration {
  const { linked, by } = first.prepared
  const { name } = linked.spec
  const state = { held: first, closed: false, pinned: false }
  const open = (): PreparedStructOps => {
    if (state.closed) throw structOpsErrors.make('closed', { name })
    return state.held.prepared
  }
  const close = (): void => {
    if (state.closed) return
    state.closed = true
    // Without a link a closed map stays registered: it is the element's deletion that unregisters.
    if (link === undefined && !state.pinned) deleteRegistration(state.held.prepared.map)
    link?.close()
    letGo(state.held)
  }
  return {
    name,
    type: linked.layout.type,
    by,
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
    replace(next, { expected = open() } = {}) {
      open()
      if (link === undefined) throw structOpsErrors.make('replace-unsupported', { name })
      const held: Held =
        'map' in next
          ? { prepared: next, isOurs: false }
          : { prepared: prepareStructOps(kernel, next, 'link'), isOurs: true }
      try {
        swapStructOps(link, held.prepared, { name, expectedFd: expected.map.fd })
      } catch (error) {
        letGo(held)
        throw error
      }
      const old = state.held
      state.held = held
      letGo(old)
    },
    pin(path) {
      pinObject(kernel, link ?? open().map, path)
      state.pinned = true
    },
    close,
    [Symbol.dispose]: close,
  }
}
