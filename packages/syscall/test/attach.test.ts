import { mkdirSync, readFileSync, rmdirSync } from 'node:fs'
import {
  attachCgroup,
  attachProgram,
  bpfAttachFlags,
  detachProgram,
  hostKernel,
  linkInfo,
  loadProgram,
  openCgroup,
  openRawTracepoint,
  programInfo,
  queryPrograms,
} from '@tscc/syscall'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { caught, returnZero } from './real-kernel.ts'

/** Where the machine has cgroup v2 mounted. */
function cgroup2(): string | undefined {
  return readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .find(([, , type]) => type === 'cgroup2')?.[1]
}

const returnOne = Uint8Array.of(0xb7, 0, 0, 0, 1, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0)

describe.skipIf(!needs('root', 'bpf_ids'))('attaching on this kernel', () => {
  const kernel = hostKernel()
  const folder = `${cgroup2()}/tscc-attach-${process.pid}`
  beforeAll(() => mkdirSync(folder))
  afterAll(() => rmdirSync(folder))
  const sockOps = () =>
    loadProgram(kernel, { type: 'BPF_PROG_TYPE_SOCK_OPS', instructions: returnOne, name: 'tscc_ops' })
  const place = (targetFd: number) => ({ targetFd, attachType: 'BPF_CGROUP_SOCK_OPS' as const })

  test('a cgroup link detaches when it is closed', () => {
    using program = sockOps()
    using cgroup = openCgroup(kernel, folder)
    const link = attachCgroup(kernel, program, folder, 'BPF_CGROUP_SOCK_OPS')
    const { id } = programInfo(kernel, program.fd)
    expect(linkInfo(kernel, link.fd).prog_id).toBe(id)
    expect(queryPrograms(kernel, place(cgroup.fd)).programIds).toEqual([id])
    link.close()
    expect(queryPrograms(kernel, place(cgroup.fd))).toEqual({ programIds: [], flags: 0 })
  })

  test('several programs at one place, one replaced, each detached by name', () => {
    using cgroup = openCgroup(kernel, folder)
    using first = sockOps()
    using second = sockOps()
    using third = sockOps()
    const idOf = (program: { readonly fd: number }) => programInfo(kernel, program.fd).id
    const flags = bpfAttachFlags.BPF_F_ALLOW_MULTI
    attachProgram(kernel, first, place(cgroup.fd), { flags })
    attachProgram(kernel, second, place(cgroup.fd), { flags })
    expect(queryPrograms(kernel, place(cgroup.fd))).toEqual({ programIds: [idOf(first), idOf(second)], flags })
    attachProgram(kernel, third, place(cgroup.fd), {
      flags: flags | bpfAttachFlags.BPF_F_REPLACE,
      replaceFd: first.fd,
    })
    expect(queryPrograms(kernel, place(cgroup.fd), { effective: true }).programIds).toEqual([idOf(third), idOf(second)])
    for (const program of [second, third]) detachProgram(kernel, place(cgroup.fd), program)
    expect(queryPrograms(kernel, place(cgroup.fd)).programIds).toEqual([])
    expect(caught(() => detachProgram(kernel, place(cgroup.fd), first))).toMatchObject({
      context: { command: 'BPF_PROG_DETACH', name: 'ENOENT' },
    })
  })

  test('more programs than the first guess holds', () => {
    using cgroup = openCgroup(kernel, folder)
    const programs = Array.from({ length: 20 }, sockOps)
    const flags = bpfAttachFlags.BPF_F_ALLOW_MULTI
    try {
      for (const program of programs) attachProgram(kernel, program, place(cgroup.fd), { flags })
      expect(queryPrograms(kernel, place(cgroup.fd)).programIds).toEqual(
        programs.map((program) => programInfo(kernel, program.fd).id),
      )
    } finally {
      for (const program of programs) detachProgram(kernel, place(cgroup.fd), program)
      for (const program of programs) program.close()
    }
  })

  test('a raw tracepoint by name, and one that does not exist', () => {
    using program = loadProgram(kernel, {
      type: 'BPF_PROG_TYPE_RAW_TRACEPOINT',
      instructions: returnZero,
      name: 'tscc_tp',
    })
    using open = openRawTracepoint(kernel, program, 'sched_switch')
    expect(open.fd).toBeGreaterThan(2)
    expect(caught(() => openRawTracepoint(kernel, program, 'no_such_tracepoint'))).toMatchObject({
      context: { name: 'ENOENT' },
    })
  })

  test('what is no cgroup is said', () => {
    expect(caught(() => openCgroup(kernel, `${folder}/absent`))).toMatchObject({ context: { name: 'ENOENT' } })
    using program = sockOps()
    expect(caught(() => attachCgroup(kernel, program, '/proc', 'BPF_CGROUP_SOCK_OPS'))).toMatchObject({
      context: { command: 'BPF_LINK_CREATE', name: 'EBADF' },
    })
  })
})
