import type { Kernel } from './kernel.ts'
import { syscallErrors } from './syscall-errors.ts'

/** An open descriptor and its owner: close it once or often, or let `using` do it. */
export interface Descriptor {
  /** The descriptor number; reading it after `close()` is `syscall/closed`, since the number may be another's by then. */
  readonly fd: number
  readonly closed: boolean
  close(): void
  [Symbol.dispose](): void
}

/** Own a descriptor; `what` names it in errors, `onClose` runs before the first close. */
export function ownDescriptor(kernel: Kernel, fd: number, what: string, onClose?: () => void): Descriptor {
  let closed = false
  const close = (): void => {
    if (closed) return
    closed = true
    onClose?.()
    kernel.close(fd)
  }
  return {
    get fd() {
      if (closed) throw syscallErrors.make('closed', { what })
      return fd
    },
    get closed() {
      return closed
    },
    close,
    [Symbol.dispose]: close,
  }
}

/** An owner with more properties, which are plain values. */
export function extendDescriptor<Extra extends object>(owner: Descriptor, extra: Extra): Descriptor & Extra {
  const { close } = owner
  return {
    ...extra,
    get fd() {
      return owner.fd
    },
    get closed() {
      return owner.closed
    },
    close,
    [Symbol.dispose]: close,
  }
}
