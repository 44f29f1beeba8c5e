import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  linkStructOps,
  minimalCongAvoidProgram,
  minimalSsthreshProgram,
  minimalUndoCwndProgram,
} from '@tscc/struct-ops'
import { hostResolver } from '@tscc/struct-ops/kernel'
import { hostKernel } from '@tscc/syscall'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { needs } from '../../../tools/needs.ts'

describe.skipIf(!needs('btf'))('what was resolved is kept for the next process on this boot', () => {
  const state = { folder: '' }
  beforeEach(() => {
    state.folder = mkdtempSync(join(tmpdir(), 'tscc-resolver-'))
    vi.stubEnv('XDG_CACHE_HOME', state.folder)
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    rmSync(state.folder, { recursive: true })
  })

  const spec = {
    type: 'tcp_congestion_ops',
    name: 'kept',
    callbacks: {
      ssthresh: minimalSsthreshProgram(),
      cong_avoid: minimalCongAvoidProgram(),
      undo_cwnd: minimalUndoCwndProgram(),
    },
  }
  /** A kernel of its own stands for a process of its own: resolvers are one for each kernel. */
  const link = (): { bytes: readonly number[]; misses: number } => {
    const resolver = hostResolver(hostKernel())
    const bytes = linkStructOps(spec, resolver).programs.flatMap((program) => [...program.bytes])
    resolver.save()
    return { bytes, misses: resolver.misses() }
  }
  const cached = (): string => {
    const [name = ''] = readdirSync(join(state.folder, 'tscc'))
    return join(state.folder, 'tscc', name)
  }

  test('a second one asks the BTF nothing, and gets the same bytes', () => {
    const first = link()
    expect(first.misses).toBeGreaterThan(0)
    expect(link()).toEqual({ bytes: first.bytes, misses: 0 })
    expect(cached()).toMatch(/btf-[0-9a-f]+-[0-9a-f-]+-\d+\.json$/)
  })

  test.each(['', '{', '[]', '{"version":0}', '{"version":3,"structOps":[]}'])('a cache of %j is none', (text) => {
    const first = link()
    writeFileSync(cached(), text)
    expect(link()).toEqual(first)
    expect(JSON.parse(readFileSync(cached(), 'utf8'))).toMatchObject({ version: 3 })
  })

  test('one kernel has one resolver in a process, unless the cache is not wanted', () => {
    const kernel = hostKernel()
    expect(hostResolver(kernel)).toBe(hostResolver(kernel))
    expect(hostResolver(kernel, { cache: false })).not.toBe(hostResolver(kernel))
  })
})
