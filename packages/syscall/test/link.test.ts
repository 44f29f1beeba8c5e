import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  createLink,
  detachLink,
  hostKernel,
  linkIds,
  linkInfo,
  loadProgram,
  openLinkById,
  programInfo,
  syscallErrors,
  updateLink,
} from '@tscc/syscall'
import { describe, expect, it } from 'vitest'
import { caught, returnZero, skipReal } from './real-kernel.ts'

const cgroup2 = existsSync('/proc/self/mounts')
  ? readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' '))
      .find((fields) => fields[2] === 'cgroup2')?.[1]
  : undefined
if (cgroup2 === undefined) console.warn('link: skipped on the real kernel: no cgroup2 is mounted')

describe.skipIf(skipReal('link') || cgroup2 === undefined)('links on the real kernel', () => {
  const kernel = hostKernel()
  const load = (name: string): ReturnType<typeof loadProgram> =>
    loadProgram(kernel, { type: 'BPF_PROG_TYPE_SOCK_OPS', instructions: returnZero, name })

  it('attach to a cgroup, update, find by id, detach', () => {
    const path = join(cgroup2 ?? '', `tscc-link-${process.pid}`)
    mkdirSync(path)
    const target = openSync(path, 'r')
    try {
      using first = load('tscc_one')
      using second = load('tscc_two')
      const ids = [first, second].map((program) => programInfo(kernel, program.fd).id)
      using link = createLink(kernel, { fd: first.fd, attachType: 'BPF_CGROUP_SOCK_OPS', target })
      const info = linkInfo(kernel, link.fd)
      expect(info).toMatchObject({ kind: 'BPF_LINK_TYPE_CGROUP', prog_id: ids[0], attach_type: 3 })
      expect([...linkIds(kernel)]).toContain(info.id)
      const wrong = caught(() => updateLink(link, second.fd, { expectedFd: second.fd }))
      expect(syscallErrors.is(wrong, 'syscall/bpf') && wrong.context).toMatchObject({
        command: 'BPF_LINK_UPDATE',
        name: 'EPERM',
      })
      updateLink(link, second.fd, { expectedFd: first.fd })
      using again = openLinkById(kernel, info.id)
      expect(again && linkInfo(kernel, again.fd).prog_id).toBe(ids[1])
      detachLink(link)
      expect(linkInfo(kernel, link.fd)).toMatchObject({ cgroup_id: 0n })
    } finally {
      closeSync(target)
      rmdirSync(path)
    }
  })
})
