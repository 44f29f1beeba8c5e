import { callBpf } from './bpf-call.ts'
import type { Descriptor } from './descriptor.ts'
import { ownMapFd, ownProgramFd } from './ids.ts'
import type { Kernel } from './kernel.ts'
import { type Link, ownLink } from './link.ts'
import type { BpfMap } from './map.ts'
import type { Program } from './program.ts'
import { syscallErrors } from './syscall-errors.ts'

/** BPF_OBJ_PIN: give a program, map or link a name in a BPF file system, where it outlives its descriptors. Remove it with unlink(2). */
export function pinObject(kernel: Kernel, object: Descriptor, path: string): void {
  callBpf(kernel, 'BPF_OBJ_PIN', { pathname: cPath(path), bpf_fd: object.fd })
}

/** BPF_OBJ_GET of a pinned program. */
export function openPinnedProgram(kernel: Kernel, path: string): Program {
  return ownProgramFd(kernel, openPinned(kernel, path, 'prog'))
}

/** BPF_OBJ_GET of a pinned map. */
export function openPinnedMap(kernel: Kernel, path: string): BpfMap {
  return ownMapFd(kernel, openPinned(kernel, path, 'map'))
}

/** BPF_OBJ_GET of a pinned link. */
export function openPinnedLink(kernel: Kernel, path: string): Link {
  return ownLink(kernel, openPinned(kernel, path, 'link'))
}

/** BPF_OBJ_GET takes any kind of object; `/proc/self/fdinfo` tells which it was. */
function openPinned(kernel: Kernel, path: string, kind: 'prog' | 'map' | 'link'): number {
  const fd = callBpf(kernel, 'BPF_OBJ_GET', { pathname: cPath(path) }).result
  const info = kernel.readFile(`/proc/self/fdinfo/${fd}`)
  const found = info === undefined ? kind : /^(prog|map|link)_type:/m.exec(new TextDecoder().decode(info))?.[1]
  if (found === kind) return fd
  kernel.close(fd)
  throw syscallErrors.make('pin-kind', { path, expected: kind, found: found ?? 'another object' })
}

function cPath(path: string): Uint8Array {
  if (path.includes('\0')) throw syscallErrors.make('path', { path })
  return new TextEncoder().encode(`${path}\0`)
}
