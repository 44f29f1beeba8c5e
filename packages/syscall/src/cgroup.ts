import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fsCall } from './fs-call.ts'

/** Where cgroup v2 is mounted; `/sys/fs/cgroup` where that cannot be told. */
export function cgroupRoot(): string {
  try {
    return /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/self/mounts', 'utf8'))?.[1] ?? DEFAULT_ROOT
  } catch {
    return DEFAULT_ROOT
  }
}

const DEFAULT_ROOT = '/sys/fs/cgroup'

/** A cgroup's path: an absolute one as it is, else from cgroup v2's root on. */
export const cgroupPath = (name: string, root = cgroupRoot()): string =>
  name.startsWith('/') ? name : join(root, name)

/** The id of a cgroup, as `bpf_sk_cgroup_id()`, link info and socket diagnostics tell it: the inode number of its directory. */
export const cgroupId = (path: string): bigint => fsCall(`stat ${path}`, () => statSync(path, { bigint: true }).ino)

/** Paths of cgroups by id; those that are gone are not in it. */
export function cgroupPaths(ids: Iterable<bigint>): ReadonlyMap<bigint, string> {
  const wanted = new Set(ids)
  const found = new Map<bigint, string>()
  const visit = (path: string): void => {
    if (wanted.size === 0) return
    try {
      const id = statSync(path, { bigint: true }).ino
      if (wanted.delete(id)) found.set(id, path)
      for (const entry of readdirSync(path, { withFileTypes: true }))
        if (entry.isDirectory()) visit(join(path, entry.name))
    } catch {
      // It was removed meanwhile.
    }
  }
  visit(cgroupRoot())
  return found
}
