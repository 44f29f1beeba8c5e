import type { AttachedSockOps, SockOps, SockOpsAttachOptions } from '@tscc/bpf'
import { attach } from './load-program.ts'

/** What a program is attached to, as long as its owner is open. */
export interface Attachments {
  attach(options: SockOpsAttachOptions): AttachedSockOps
  /** Detach all that is not pinned, then give up what they were attached with. */
  close(): void
}

/** Attach a program, and keep track of where. */
export function attachments(program: SockOps, owner: { close(): void }): Attachments {
  const attached = new Set<AttachedSockOps>()
  return {
    attach(where) {
      const one = attach(program, where)
      attached.add(one)
      return one
    },
    close() {
      for (const one of attached) one.close()
      owner.close()
    },
  }
}
