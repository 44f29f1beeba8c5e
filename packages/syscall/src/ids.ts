import { nativeLittleEndian } from './attr.ts'
import { bpfError, tryBpf } from './bpf-call.ts'
import { type BtfObject, ownBtf } from './btf-object.ts'
import { bpfCommands } from './commands.ts'
import { errnoNumber } from './errno.ts'
import { mapInfo, programInfo } from './info.ts'
import type { Kernel } from './kernel.ts'
import { type Link, ownLink } from './link.ts'
import { type BpfMap, ownMap } from './map.ts'
import { ownProgram, type Program } from './program.ts'

type NextCommand = 'BPF_PROG_GET_NEXT_ID' | 'BPF_MAP_GET_NEXT_ID' | 'BPF_BTF_GET_NEXT_ID' | 'BPF_LINK_GET_NEXT_ID'

const ENOENT = errnoNumber('ENOENT')
const nextIdAt = bpfCommands.BPF_PROG_GET_NEXT_ID.fields.next_id.at

/** Ids of every program in the kernel, ascending. Ids need CAP_SYS_ADMIN. */
export function programIds(kernel: Kernel): Generator<number> {
  return ids(kernel, 'BPF_PROG_GET_NEXT_ID')
}

/** Ids of every map in the kernel, ascending. */
export function mapIds(kernel: Kernel): Generator<number> {
  return ids(kernel, 'BPF_MAP_GET_NEXT_ID')
}

/** Ids of every BTF object in the kernel (vmlinux, modules, those that programs brought), ascending. */
export function btfIds(kernel: Kernel): Generator<number> {
  return ids(kernel, 'BPF_BTF_GET_NEXT_ID')
}

/** Ids of every link in the kernel, ascending (5.8). */
export function linkIds(kernel: Kernel): Generator<number> {
  return ids(kernel, 'BPF_LINK_GET_NEXT_ID')
}

function* ids(kernel: Kernel, command: NextCommand): Generator<number> {
  let id = 0
  for (;;) {
    const { result, attr } = tryBpf(kernel, command, { start_id: id })
    if (result === -ENOENT) return
    if (result < 0) throw bpfError(kernel, command, -result)
    id = attr.view.getUint32(nextIdAt, nativeLittleEndian)
    yield id
  }
}

/** A program by id; undefined when it is gone. */
export function openProgramById(kernel: Kernel, id: number): Program | undefined {
  const fd = found(kernel, 'BPF_PROG_GET_FD_BY_ID', tryBpf(kernel, 'BPF_PROG_GET_FD_BY_ID', { prog_id: id }).result)
  return fd === undefined ? undefined : ownProgramFd(kernel, fd)
}

/** A map by id, with its shape; undefined when it is gone. */
export function openMapById(kernel: Kernel, id: number): BpfMap | undefined {
  const fd = found(kernel, 'BPF_MAP_GET_FD_BY_ID', tryBpf(kernel, 'BPF_MAP_GET_FD_BY_ID', { map_id: id }).result)
  return fd === undefined ? undefined : ownMapFd(kernel, fd)
}

/** BTF by id; undefined when it is gone. */
export function openBtfById(kernel: Kernel, id: number): BtfObject | undefined {
  const fd = found(kernel, 'BPF_BTF_GET_FD_BY_ID', tryBpf(kernel, 'BPF_BTF_GET_FD_BY_ID', { btf_id: id }).result)
  return fd === undefined ? undefined : ownBtf(kernel, fd)
}

/** A link by id; undefined when it is gone. */
export function openLinkById(kernel: Kernel, id: number): Link | undefined {
  const fd = found(kernel, 'BPF_LINK_GET_FD_BY_ID', tryBpf(kernel, 'BPF_LINK_GET_FD_BY_ID', { link_id: id }).result)
  return fd === undefined ? undefined : ownLink(kernel, fd)
}

function found(
  kernel: Kernel,
  command: 'BPF_PROG_GET_FD_BY_ID' | 'BPF_MAP_GET_FD_BY_ID' | 'BPF_BTF_GET_FD_BY_ID' | 'BPF_LINK_GET_FD_BY_ID',
  result: number,
): number | undefined {
  if (result === -ENOENT) return undefined
  if (result < 0) throw bpfError(kernel, command, -result)
  return result
}

/** Own a program descriptor that came from elsewhere; type and name are asked of the kernel. */
export function ownProgramFd(kernel: Kernel, fd: number): Program {
  return closingOnError(kernel, fd, () => {
    const { type, name = '' } = programInfo(kernel, fd)
    return ownProgram(kernel, fd, { type, name })
  })
}

/** Own a map descriptor that came from elsewhere; its shape is asked of the kernel. */
export function ownMapFd(kernel: Kernel, fd: number): BpfMap {
  return closingOnError(kernel, fd, () => {
    const { type, key_size, value_size, max_entries, map_flags, name = '' } = mapInfo(kernel, fd)
    const sizes = { keySize: key_size, valueSize: value_size, maxEntries: max_entries }
    return ownMap(kernel, fd, { type, ...sizes, flags: map_flags, name })
  })
}

function closingOnError<Owner>(kernel: Kernel, fd: number, make: () => Owner): Owner {
  try {
    return make()
  } catch (error) {
    kernel.close(fd)
    throw error
  }
}
