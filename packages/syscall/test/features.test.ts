import {
  effectiveCapabilities,
  fakeKernel,
  hostKernel,
  kernelRelease,
  missingCapabilities,
  olderThan,
  parseCapabilities,
  probeFeatures,
} from '@tscc/syscall'
import { describe, expect, it } from 'vitest'
import { skipReal } from './real-kernel.ts'

describe('capabilities', () => {
  it('come from CapEff', () => {
    expect(parseCapabilities('Name:\tnode\nCapPrm:\t000001ffffffffff\nCapEff:\t000000c000201000\n')).toBe(0xc000201000n)
    expect(parseCapabilities('CapEff: -1')).toBeUndefined()
    const kernel = fakeKernel({ files: { '/proc/self/status': 'CapEff:\t000000c000201000\n' } })
    expect(effectiveCapabilities(kernel)).toEqual(new Set(['CAP_NET_ADMIN', 'CAP_SYS_ADMIN', 'CAP_PERFMON', 'CAP_BPF']))
    expect(effectiveCapabilities(fakeKernel())).toBeUndefined()
  })

  it('CAP_SYS_ADMIN stands for CAP_BPF and CAP_PERFMON only', () => {
    const admin = new Set(['CAP_SYS_ADMIN'] as const)
    expect(missingCapabilities(admin, ['CAP_BPF', 'CAP_PERFMON', 'CAP_NET_ADMIN'])).toEqual(['CAP_NET_ADMIN'])
  })
})

describe('probeFeatures', () => {
  it('a kernel without bpf supports nothing and every row says why', () => {
    for (const [name, feature] of Object.entries(probeFeatures(fakeKernel()))) {
      expect([name, feature.supported]).toEqual([name, false])
      expect(feature.why).not.toBe('')
    }
  })

  it('tells 5.10 from 6.4 by the flag it refuses', () => {
    const of = (known: number): boolean =>
      probeFeatures(
        fakeKernel({
          bpf: { BPF_MAP_CREATE: ({ output }) => ((output.getUint32(16, true) & ~known) === 0 ? -524 : -22) },
        }),
      ).mapStructOpsLink.supported
    expect([of(0), of(1 << 13)]).toEqual([false, true])
  })

  it('tells a missing capability from a missing feature', () => {
    const features = probeFeatures(fakeKernel({ bpf: { BPF_ENABLE_STATS: () => -1, BPF_LINK_CREATE: () => -22 } }))
    expect(features.enableStats.why).toMatch(/capability/)
    expect(features.link.why).toMatch(/does not know/)
  })

  it('closes what it made', () => {
    let next = 100
    const kernel = fakeKernel({
      bpf: { BPF_MAP_CREATE: () => next++, BPF_PROG_LOAD: () => next++, BPF_ENABLE_STATS: () => next++ },
    })
    probeFeatures(kernel)
    expect([...kernel.closedFds].sort()).toEqual(Array.from({ length: next - 100 }, (_, i) => 100 + i))
  })
})

describe.skipIf(skipReal('features'))('probeFeatures on the real kernel', () => {
  it('finds everything that a kernel of this age has', () => {
    const kernel = hostKernel()
    const release = kernelRelease(kernel)
    for (const [name, feature] of Object.entries(probeFeatures(kernel))) {
      if (['bpffs', 'cgroup2', 'jit', 'vmlinuxBtf', 'vmlinuxBtfMmap'].includes(name) || name.startsWith('cap')) continue
      if (feature.since !== undefined && !olderThan(release, feature.since))
        expect([name, feature.why, feature.supported]).toEqual([name, feature.why, true])
    }
  })
})
