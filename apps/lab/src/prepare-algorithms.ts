import type { LabAlgorithm } from '@tscc/experiment'
import { linkStructOps, type Resolver, type StructOpsSpec } from '@tscc/struct-ops'
import {
  findStructOps,
  hostResolver,
  listStructOps,
  type RegistrableStructOps,
  type Registration,
  registerStructOps,
  unregisterStructOps,
} from '@tscc/struct-ops/kernel'
import { availableCongestionControls, type Kernel, setCongestionControl, syscallErrors } from '@tscc/syscall'
import { callLibc } from '@tscc/syscall/libc'
import { labErrors } from './lab-errors.ts'
import { type Leftover, noteLeftover, sweepLeftovers } from './sweep.ts'
import { temporaryName } from './temporary-name.ts'

/** An algorithm that an experiment is to use: one that the kernel has, or one to be registered for the time of it. */
export type AlgorithmRequest =
  | { readonly kind: 'kernel'; readonly label: string; readonly cc: string }
  | { readonly kind: 'spec'; readonly label: string; readonly spec: StructOpsSpec }
  | {
      readonly kind: 'loadable'
      readonly label: string
      /** Load it under a name of the lab's; the programs may be closed once it is registered. */
      open(kernel: Kernel, name: string): Promise<{ readonly ops: RegistrableStructOps; close(): void }>
    }

/** Algorithms that are ready to be measured, and the owner of what was registered for that. */
export interface PreparedAlgorithms {
  readonly algorithms: readonly LabAlgorithm[]
  /** Take away what was registered. */
  close(): void
  [Symbol.dispose](): void
}

/** TCP_CONG_NEEDS_ECN (include/net/tcp.h). */
const NEEDS_ECN = 2

/**
 * Register what is not in the kernel, under names of its own (`ts_reno_4k2zq`), and check that the rest is there.
 * A failure leaves nothing registered; what a killed process left is swept first.
 */
export async function prepareAlgorithms(
  kernel: Kernel,
  requests: readonly AlgorithmRequest[],
): Promise<PreparedAlgorithms> {
  if (requests.some((request) => request.kind !== 'kernel'))
    await sweepLeftovers((leftover) => remove(kernel, leftover))
  const resolver = hostResolver(kernel)
  const registered = (): readonly string[] => listStructOps(kernel, { resolver }).map((record) => record.name)
  const undo: (() => void)[] = []
  const close = (): void => {
    for (const step of undo.splice(0).reverse()) step()
  }
  try {
    const algorithms: LabAlgorithm[] = []
    for (const [index, request] of requests.entries()) {
      const label = uniqueLabel(requests, index)
      if (request.kind === 'kernel') {
        const { cc } = request
        if (!hasCongestionControl(kernel, cc)) throw labErrors.make('no-algorithm', { cc, name: 'ENOENT' })
        const origin = registered().includes(cc) ? 'registered' : 'native'
        algorithms.push({ label, cc, origin, ecn: cc === 'dctcp' })
        continue
      }
      const cc = temporaryName(request.label)
      const opened = await openRequest(kernel, resolver, request, cc)
      try {
        undo.push(noteLeftover({ kind: 'struct_ops', data: { name: cc } }).forget)
        const registration: Registration = registerStructOps(kernel, opened.ops)
        undo.push(() => registration.close())
        algorithms.push({ label, cc, origin: 'tscc', ecn: needsEcn(opened.ops) })
      } finally {
        opened.close()
      }
    }
    resolver.save()
    return { algorithms, close, [Symbol.dispose]: close }
  } catch (error) {
    close()
    throw error
  }
}

/** Could a socket use this congestion control? The kernel loads its module (`tcp_<name>`) where there is one. */
export function hasCongestionControl(kernel: Kernel, name: string): boolean {
  if (availableCongestionControls(kernel).includes(name)) return true
  const fd = callLibc('int socket(int domain, int type, int protocol)', AF_INET, SOCK, 0)
  try {
    setCongestionControl(kernel, fd, name)
    return true
  } catch (error) {
    if (syscallErrors.is(error)) return false
    throw error
  } finally {
    kernel.close(fd)
  }
}

const AF_INET = 2
/** SOCK_STREAM | SOCK_CLOEXEC */
const SOCK = 1 | 0o2000000

/** What a dead process registered: on kernels from 6.4 on it is gone with its link already. */
function remove(kernel: Kernel, leftover: Leftover): void {
  if (leftover.kind !== 'struct_ops') return
  const name = String(leftover.data.name)
  if (availableCongestionControls(kernel).includes(name)) unregisterStructOps(kernel, findStructOps(kernel, name))
}

/** The table tells algorithms apart by label, so a second `reno` becomes `reno (2)`. */
function uniqueLabel(requests: readonly AlgorithmRequest[], index: number): string {
  const label = requests[index]?.label ?? ''
  const before = requests.slice(0, index).filter((request) => request.label === label).length
  return before === 0 ? label : `${label} (${before + 1})`
}

async function openRequest(
  kernel: Kernel,
  resolver: Resolver,
  request: Exclude<AlgorithmRequest, { readonly kind: 'kernel' }>,
  name: string,
): Promise<{ readonly ops: RegistrableStructOps; close(): void }> {
  if (request.kind === 'loadable') return request.open(kernel, name)
  return { ops: linkStructOps({ ...request.spec, name }, resolver), close() {} }
}

/** As its value says, which is the machine's own. */
function needsEcn({ layout, value }: RegistrableStructOps): boolean {
  const flags = layout.members.find((member) => member.name === 'flags' && member.kind === 'integer')
  if (flags === undefined) return false
  const bytes = new DataView(value.buffer, value.byteOffset + layout.dataOffset + flags.offset, flags.size)
  return flags.size >= 4 && (bytes.getUint32(0, true) & NEEDS_ECN) !== 0
}
