import { algorithms } from '@tscc/algos'
import { parseBtf, structOpsTypes } from '@tscc/btf'
import { canRunLab } from '@tscc/lab'
import { linkStructOps } from '@tscc/struct-ops'
import { hostResolver, verifyStructOps } from '@tscc/struct-ops/kernel'
import {
  availableCongestionControls,
  type Feature,
  hostKernel,
  type Kernel,
  kernelRelease,
  probeFeatures,
  readVmlinuxBtf,
} from '@tscc/syscall'

/** One thing that a machine has or lacks. */
export interface Check {
  readonly name: string
  /** `lacking` keeps tscc from registering or measuring; `noted` is good to know; `untried` takes privileges to find out. */
  readonly status: 'ok' | 'lacking' | 'noted' | 'untried'
  readonly found: string
  readonly mend?: string
}

/** What a machine can do, as a whole and in parts. */
export interface Diagnosis {
  /** Link, disassemble, read types: works everywhere. */
  readonly offline: true
  /** Load and register algorithms. */
  readonly register: boolean
  /** Measure on real traffic. */
  readonly lab: boolean
  readonly checks: readonly Check[]
}

/** Look at this machine, by trying; nothing is changed or left behind. */
export async function diagnose(): Promise<Diagnosis> {
  const platform = platformCheck()
  if (platform.status === 'lacking') return { offline: true, register: false, lab: false, checks: [platform] }
  const kernel = hostKernel()
  const native = nativeCheck(kernel)
  if (native.status === 'lacking') return { offline: true, register: false, lab: false, checks: [platform, native] }
  const features = probeFeatures(kernel)
  const btf = btfChecks(kernel, features.vmlinuxBtf)
  const capabilities = [
    need('CAP_BPF', features.capBpf, 'run as root, or give this process the capability (setcap, ambient capabilities)'),
    need('CAP_PERFMON', features.capPerfmon, 'run as root, or give this process the capability'),
  ]
  const privileged = capabilities.every((check) => check.status === 'ok')
  const ifTried = (check: Check): Check =>
    privileged || check.status === 'ok'
      ? check
      : { name: check.name, status: 'untried', found: 'takes CAP_BPF and CAP_PERFMON to find out' }
  const bpf = [
    need('BPF JIT', features.jit, 'sysctl -w net.core.bpf_jit_enable=1 (struct_ops programs must be compiled)'),
    need(
      'struct_ops',
      features.programStructOps,
      'use a kernel from 5.6 on with CONFIG_BPF_JIT and CONFIG_DEBUG_INFO_BTF',
    ),
  ]
  const able = privileged && [...btf, ...capabilities, ...bpf].every((check) => check.status !== 'lacking')
  const trial = able ? trialCheck(kernel) : undefined
  const lab = await canRunLab()
  return {
    offline: true,
    register: able && trial?.status === 'ok',
    lab: lab.ok,
    checks: [
      platform,
      native,
      kernelCheck(kernel),
      ...btf,
      ...capabilities,
      ...bpf.map(ifTried),
      ...(trial === undefined ? [] : [trial]),
      ifTried(
        note('atomic replace', features.mapStructOpsLink, 'kernels before 6.4 cannot; tscc replace --allow-gap works'),
      ),
      ifTried(
        note(
          'kernel functions',
          features.kfuncCall,
          'kernels before 5.13 lack them; tscc puts its own code in their place',
        ),
      ),
      note('bpffs', features.bpffs, 'mount -t bpf bpf /sys/fs/bpf (or use tscc register --hold)'),
      note('cgroup2', features.cgroup2, 'mount -t cgroup2 none /sys/fs/cgroup'),
      algorithmsCheck(kernel),
      ...labChecks(lab),
    ],
  }
}

function platformCheck(): Check {
  const found = `${process.platform} on ${process.arch}, Node ${process.versions.node}`
  const works = process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64')
  if (works) return { name: 'platform', status: 'ok', found }
  return { name: 'platform', status: 'lacking', found, mend: 'use Linux on x64 or arm64 to register and measure' }
}

/** koffi is the way to every system call; nothing can be tried without it. */
function nativeCheck(kernel: Kernel): Check {
  const name = 'native module'
  try {
    kernel.address(new Uint8Array(1))
    return { name, status: 'ok', found: 'koffi loads' }
  } catch (error) {
    const mend = 'npm install --include=optional, on this platform (not copied from another)'
    return { name, status: 'lacking', found: messageOf(error), mend }
  }
}

function kernelCheck(kernel: Kernel): Check {
  const release = kernelRelease(kernel)
  if (release === undefined) return { name: 'kernel', status: 'noted', found: '/proc/sys/kernel/osrelease: unreadable' }
  const supported = release.major > 5 || (release.major === 5 && release.minor >= 10)
  if (supported) return { name: 'kernel', status: 'ok', found: release.release }
  return { name: 'kernel', status: 'lacking', found: release.release, mend: 'use Linux 5.10 or later' }
}

function btfChecks(kernel: Kernel, feature: Feature): readonly Check[] {
  const mend = 'use a kernel with CONFIG_DEBUG_INFO_BTF=y'
  if (!feature.supported) return [{ name: 'kernel BTF', status: 'lacking', found: feature.why, mend }]
  try {
    const bytes = readVmlinuxBtf(kernel)
    const types = structOpsTypes(parseBtf(bytes)).map((type) => type.name)
    const size = `${(bytes.length / 1e6).toFixed(1)} MB`
    const hasTcp = types.includes('tcp_congestion_ops')
    return [
      { name: 'kernel BTF', status: 'ok', found: size },
      {
        name: 'struct_ops types',
        status: hasTcp ? 'ok' : 'lacking',
        found: types.join(', ') || 'none',
        ...(hasTcp ? {} : { mend: 'use a kernel from 5.6 on with CONFIG_BPF_JIT=y' }),
      },
    ]
  } catch (error) {
    return [{ name: 'kernel BTF', status: 'lacking', found: messageOf(error), mend }]
  }
}

/** What needs no compiler, which takes its time. */
const inSteps = algorithms.filter((algorithm) => algorithm.kind === 'steps')

/** The proof: the verifier accepts algorithms of tscc; nothing is registered. */
function trialCheck(kernel: Kernel): Check {
  const name = 'verifier'
  try {
    const resolver = hostResolver(kernel)
    for (const algorithm of inSteps) verifyStructOps(kernel, linkStructOps(algorithm.spec(), resolver))
    resolver.save()
    return { name, status: 'ok', found: `accepts ${inSteps.map((algorithm) => algorithm.name).join(', ')}` }
  } catch (error) {
    return { name, status: 'lacking', found: messageOf(error), mend: 'tscc register reno --verbose shows its log' }
  }
}

function algorithmsCheck(kernel: Kernel): Check {
  const names = availableCongestionControls(kernel)
  return { name: 'congestion control', status: 'noted', found: names.join(', ') || 'unknown' }
}

function labChecks(lab: Awaited<ReturnType<typeof canRunLab>>): readonly Check[] {
  if (lab.ok) return [{ name: 'lab', status: 'ok', found: 'network namespaces and devices can be made' }]
  return lab.missing.map(
    ({ what, mend }) => ({ name: 'lab', status: 'lacking', found: `lacks ${what}`, mend }) as const,
  )
}

function need(name: string, feature: Feature, mend: string): Check {
  if (feature.supported) return { name, status: 'ok', found: feature.why }
  return { name, status: 'lacking', found: feature.why, mend }
}

function note(name: string, feature: Feature, mend: string): Check {
  if (feature.supported) return { name, status: 'ok', found: feature.why }
  return { name, status: 'noted', found: feature.why, mend }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
