// Where cgroup v2 is; mounted where nobody did.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'

/** The root of the cgroups of version 2. */
export function cgroupRoot() {
  const mounted = /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/self/mounts', 'utf8'))?.[1]
  if (mounted !== undefined) return mounted
  mkdirSync('/tmp/cgroup2', { recursive: true })
  const { status, stderr } = spawnSync('mount', ['-t', 'cgroup2', 'none', '/tmp/cgroup2'], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  return '/tmp/cgroup2'
}
