import { isTsccError } from '@tscc/core'
import { tryBpf, tryBpfCreate } from './bpf-call.ts'
import { bpfMapTypes, bpfProgramTypes } from './bpf-types.ts'
import { type Capability, effectiveCapabilities, missingCapabilities } from './capabilities.ts'
import type { BpfCommand } from './commands.ts'
import { errnoName, errnoNumber } from './errno.ts'
import { programInfo } from './info.ts'
import type { Kernel } from './kernel.ts'
import { callWithLog } from './kernel-log.ts'
import { bpfMapFlags } from './map.ts'

/** What a probe found: `since` is the first kernel that has it, `why` what was seen, as a short sentence. */
export interface Feature {
  readonly supported: boolean
  readonly since?: string
  readonly why: string
}

/** Every feature that `tscc doctor` reports, by name. */
export type Features = { readonly [Name in keyof typeof probes]: Feature }

const ENOTSUPP = -errnoNumber('ENOTSUPP')
const EINVAL = -errnoNumber('EINVAL')
const EBADF = -errnoNumber('EBADF')
const EPERM = -errnoNumber('EPERM')
const BPF_F_SLEEPABLE = 1 << 4

/** `r0 = 0; exit` and `call kfunc 1; r0 = 0; exit`, as this machine's instructions (registers share a byte that is 0 or 0x20 here). */
const returnZero = Uint8Array.of(0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0)
const callKfunc = Uint8Array.of(0x85, 0x20, 0, 0, 1, 0, 0, 0, ...returnZero)

/**
 * Find out what this kernel and this process can do, by trying: nothing is attached, and nothing is left behind.
 *
 * A probe that the kernel refuses for want of a capability is not supported, and `why` says so.
 */
export function probeFeatures(kernel: Kernel): Features {
  const found: Record<string, Feature> = {}
  for (const [name, probe] of Object.entries(probes)) found[name] = guarded(kernel, probe)
  return found as Features // one value per row
}

/** A probe that fails in a way it does not know is an answer too. */
function guarded(kernel: Kernel, probe: Probe): Feature {
  try {
    return probe(kernel)
  } catch (error) {
    if (!isTsccError(error)) throw error
    return { supported: false, why: error.message }
  }
}

type Probe = (kernel: Kernel) => Feature

const probes = {
  bpf: commandProbe('3.18', 'BPF_MAP_CREATE', (kernel) =>
    closing(kernel, tryBpfCreate(kernel, 'BPF_MAP_CREATE', arrayMap).result),
  ),
  capBpf: capabilityProbe('CAP_BPF'),
  capPerfmon: capabilityProbe('CAP_PERFMON'),
  capNetAdmin: capabilityProbe('CAP_NET_ADMIN'),
  capSysAdmin: capabilityProbe('CAP_SYS_ADMIN'),
  jit,
  vmlinuxBtf: (kernel) => fileProbe(kernel, '/sys/kernel/btf/vmlinux', '5.4'),
  vmlinuxBtfMmap: mmapProbe,
  programSocketFilter: programProbe('BPF_PROG_TYPE_SOCKET_FILTER', '3.19'),
  programSchedCls: programProbe('BPF_PROG_TYPE_SCHED_CLS', '4.1'),
  programSockOps: programProbe('BPF_PROG_TYPE_SOCK_OPS', '4.13'),
  programSyscall: programProbe('BPF_PROG_TYPE_SYSCALL', '5.14'),
  programStructOps: structOpsProgram,
  mapStructOps: structOpsMap(0, '5.6'),
  mapStructOpsLink: structOpsMap(bpfMapFlags.BPF_F_LINK, '6.4'),
  mapRingbuf: commandProbe('5.8', 'BPF_MAP_CREATE', (kernel) =>
    closing(
      kernel,
      tryBpf(kernel, 'BPF_MAP_CREATE', { map_type: bpfMapTypes.BPF_MAP_TYPE_RINGBUF, max_entries: 4096 }).result,
    ),
  ),
  mapMmap: commandProbe('5.5', 'BPF_MAP_CREATE', (kernel) =>
    closing(kernel, tryBpf(kernel, 'BPF_MAP_CREATE', { ...arrayMap, map_flags: bpfMapFlags.BPF_F_MMAPABLE }).result),
  ),
  mapBatch: knowsCommand(
    '5.6',
    'BPF_MAP_LOOKUP_BATCH',
    (kernel) => tryBpf(kernel, 'BPF_MAP_LOOKUP_BATCH', { map_fd: badFd }).result,
  ),
  link: knowsCommand(
    '5.7',
    'BPF_LINK_CREATE',
    (kernel) => tryBpf(kernel, 'BPF_LINK_CREATE', { prog_fd: badFd }).result,
  ),
  linkDetach: knowsCommand(
    '5.9',
    'BPF_LINK_DETACH',
    (kernel) => tryBpf(kernel, 'BPF_LINK_DETACH', { link_fd: badFd }).result,
  ),
  kfuncCall,
  enableStats: commandProbe('5.8', 'BPF_ENABLE_STATS', (kernel) =>
    closing(kernel, tryBpf(kernel, 'BPF_ENABLE_STATS', { type: 0 }).result),
  ),
  bpffs: mountProbe('bpf', '4.4', 'mount -t bpf bpf /sys/fs/bpf'),
  cgroup2: mountProbe('cgroup2', '4.5', 'mount -t cgroup2 none <dir>'),
} as const satisfies Readonly<Record<string, Probe>>

/** A descriptor that no process has. */
const badFd = 0x7fff_ffff

const arrayMap = { map_type: bpfMapTypes.BPF_MAP_TYPE_ARRAY, key_size: 4, value_size: 8, max_entries: 1 } as const

function closing(kernel: Kernel, result: number): number {
  if (result >= 0) kernel.close(result)
  return result
}

function verdict(supported: boolean, since: string, why: string): Feature {
  return { supported, since, why }
}

/** A harmless use of a command: supported when it succeeds. */
function commandProbe(since: string, command: BpfCommand, run: (kernel: Kernel) => number): Probe {
  return (kernel) => {
    const result = run(kernel)
    return verdict(result >= 0, since, result >= 0 ? `${command} works` : `${command}: ${refusal(result)}`)
  }
}

/** A command on a descriptor that does not exist: EBADF shows that the kernel looked for it. */
function knowsCommand(since: string, command: BpfCommand, run: (kernel: Kernel) => number): Probe {
  return (kernel) => {
    const result = run(kernel)
    return verdict(result === EBADF, since, result === EBADF ? `${command} is known` : `${command}: ${refusal(result)}`)
  }
}

function refusal(result: number): string {
  if (result === EPERM) return 'EPERM, a capability is missing'
  return result === EINVAL ? 'EINVAL, this kernel does not know it' : errnoName(-result)
}

function capabilityProbe(name: Capability): Probe {
  return (kernel) => {
    const held = effectiveCapabilities(kernel)
    const since = name === 'CAP_BPF' || name === 'CAP_PERFMON' ? '5.8' : '2.2'
    if (held === undefined) return verdict(false, since, '/proc/self/status cannot be read')
    const supported = missingCapabilities(held, [name]).length === 0
    if (!supported) return verdict(false, since, `this process lacks ${name}`)
    return verdict(true, since, held.has(name) ? `${name} is held` : 'CAP_SYS_ADMIN stands for it')
  }
}

function loadProbe(kernel: Kernel, type: keyof typeof bpfProgramTypes, attachBtfId = 0): number {
  const license = new TextEncoder().encode('GPL\0')
  return tryBpfCreate(kernel, 'BPF_PROG_LOAD', {
    prog_type: bpfProgramTypes[type],
    insn_cnt: 2,
    insns: returnZero,
    license,
    prog_flags: type === 'BPF_PROG_TYPE_SYSCALL' ? BPF_F_SLEEPABLE : 0,
    attach_btf_id: attachBtfId,
  }).result
}

function programProbe(type: keyof typeof bpfProgramTypes, since: string): Probe {
  return commandProbe(since, 'BPF_PROG_LOAD', (kernel) => closing(kernel, loadProbe(kernel, type)))
}

/** BTF id 1 is no struct_ops type: a kernel that knows the program type says ENOTSUPP, another EINVAL. */
function structOpsProgram(kernel: Kernel): Feature {
  const result = closing(kernel, loadProbe(kernel, 'BPF_PROG_TYPE_STRUCT_OPS', 1))
  const why = result === ENOTSUPP ? 'the program type is known' : `BPF_PROG_LOAD: ${refusal(result)}`
  return verdict(result === ENOTSUPP, '5.6', why)
}

/** The same for maps; a kernel without BPF_F_LINK refuses the flag with EINVAL before it looks at the type. */
function structOpsMap(flags: number, since: string): Probe {
  return (kernel) => {
    const result = closing(
      kernel,
      tryBpf(kernel, 'BPF_MAP_CREATE', {
        map_type: bpfMapTypes.BPF_MAP_TYPE_STRUCT_OPS,
        key_size: 4,
        value_size: 64,
        max_entries: 1,
        map_flags: flags,
        btf_vmlinux_value_type_id: 1,
      }).result,
    )
    const name = flags === 0 ? 'BPF_MAP_TYPE_STRUCT_OPS' : 'BPF_F_LINK'
    return verdict(result === ENOTSUPP, since, result === ENOTSUPP ? `${name} is known` : `${name}: ${refusal(result)}`)
  }
}

/** Without kfuncs a call with src_reg 2 is `BPF_CALL uses reserved fields`; with them the id is looked up and found wanting. */
function kfuncCall(kernel: Kernel): Feature {
  const { result, log } = callWithLog(
    kernel,
    'BPF_PROG_LOAD',
    (buffer) => ({
      prog_type: bpfProgramTypes.BPF_PROG_TYPE_SOCKET_FILTER,
      insn_cnt: 3,
      insns: callKfunc,
      license: new TextEncoder().encode('GPL\0'),
      log_level: 1,
      log_buf: buffer,
      log_size: buffer.length,
    }),
    { trueSize: 'log_true_size', maxLogSize: 64 * 1024 },
  )
  closing(kernel, result)
  const said = log.split('\n')[0]?.trim().slice(0, 200) ?? ''
  if (said === '') return verdict(false, '5.13', `BPF_PROG_LOAD: ${refusal(result)}`)
  const unsupported = /reserved fields|JIT is required|JIT does not support/.test(log)
  return verdict(!unsupported, '5.13', unsupported ? said : 'the verifier resolves kernel function ids')
}

function jit(kernel: Kernel): Feature {
  const fd = loadProbe(kernel, 'BPF_PROG_TYPE_SOCKET_FILTER')
  if (fd < 0) return { supported: false, why: `no program could be loaded: ${refusal(fd)}` }
  try {
    const { jited_prog_len } = programInfo(kernel, fd)
    return jited_prog_len > 0
      ? { supported: true, why: 'a program was compiled to machine code' }
      : { supported: false, why: 'a program stayed bytecode; set net.core.bpf_jit_enable to 1' }
  } finally {
    kernel.close(fd)
  }
}

function fileProbe(kernel: Kernel, path: string, since: string): Feature {
  const fd = kernel.openRead(path)
  if (fd < 0) return verdict(false, since, `${path}: ${errnoName(-fd)}`)
  kernel.close(fd)
  return verdict(true, since, `${path} is there`)
}

function mmapProbe(kernel: Kernel): Feature {
  const path = '/sys/kernel/btf/vmlinux'
  const fd = kernel.openRead(path)
  if (fd < 0) return verdict(false, '6.16', `${path}: ${errnoName(-fd)}`)
  try {
    kernel.mapMemory(fd, { length: kernel.fileSize(fd) }).close()
    return verdict(true, '6.16', `${path} can be mapped`)
  } catch (error) {
    return verdict(false, '6.16', error instanceof Error ? error.message : String(error))
  } finally {
    kernel.close(fd)
  }
}

/** A line of /proc/self/mounts is `source target type options 0 0`. */
function mountProbe(type: string, since: string, mend: string): Probe {
  return (kernel) => {
    const mounts = kernel.readFile('/proc/self/mounts')
    const lines = mounts === undefined ? [] : new TextDecoder().decode(mounts).split('\n')
    const line = lines.map((text) => text.split(' ')).find((fields) => fields[2] === type)
    if (line === undefined) return verdict(false, since, `no file system of type ${type} is mounted; ${mend}`)
    return verdict(true, since, `mounted at ${line[1] ?? '?'}`)
  }
}
