import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { release } from 'node:os'

/** Something that a test needs of its machine. */
export type Need = keyof typeof needTable

interface NeedRow {
  /** Why it is absent, or undefined where it is there. */
  readonly missing: () => string | undefined
  /** The machine should have it: its absence then is a failure and no skip. */
  readonly due: () => boolean
}

const kernel = (): readonly [number, number] => {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(release()) ?? []
  return [Number(major), Number(minor)]
}
const atLeast = (major: number, minor: number): boolean => {
  const [haveMajor, haveMinor] = kernel()
  return process.platform === 'linux' && (haveMajor > major || (haveMajor === major && haveMinor >= minor))
}
const capable = (...bits: readonly number[]): boolean => {
  if (process.platform !== 'linux') return false
  const effective = BigInt(`0x${/^CapEff:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'}`)
  return bits.every((bit) => (effective >> BigInt(bit)) & 1n)
}
/** CI with everything installed says so; an absent tool is then a failure. */
const toolsAreDue = (): boolean => process.env.TSCC_REQUIRE_TOOLS === '1'

const tool = (name: string, ...probe: readonly string[]): NeedRow => ({
  missing: () => {
    try {
      execFileSync(name, probe, { stdio: 'ignore' })
      return undefined
    } catch {
      return `${name} is not installed`
    }
  },
  due: toolsAreDue,
})

const CAP_NET_ADMIN = 12
const CAP_SYS_ADMIN = 21
const CAP_PERFMON = 38
const CAP_BPF = 39

const bpfCapable = (): boolean => capable(CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN, CAP_NET_ADMIN)
const BTF = '/sys/kernel/btf/vmlinux'

/** Each need with its probe, and with the machines that must pass it. */
const needTable = {
  linux: {
    missing: () => (process.platform === 'linux' ? undefined : 'this is not Linux'),
    due: () => process.platform === 'linux',
  },
  privileges: {
    missing: () =>
      bpfCapable() ? undefined : 'needs CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN and CAP_SYS_ADMIN (run as root)',
    due: () => process.platform === 'linux' && process.getuid?.() === 0 && process.env.TSCC_REQUIRE_TOOLS === '1',
  },
  btf: {
    missing: () => (existsSync(BTF) ? undefined : `${BTF} does not exist (kernel without CONFIG_DEBUG_INFO_BTF)`),
    due: toolsAreDue,
  },
  struct_ops: {
    missing: () =>
      !bpfCapable()
        ? needTable.privileges.missing()
        : !existsSync(BTF)
          ? needTable.btf.missing()
          : atLeast(5, 6)
            ? undefined
            : 'struct_ops came with Linux 5.6',
    due: () => bpfCapable() && existsSync(BTF) && atLeast(5, 6),
  },
  struct_ops_link: {
    missing: () => (atLeast(6, 4) ? needTable.struct_ops.missing() : 'struct_ops links came with Linux 6.4'),
    due: () => bpfCapable() && existsSync(BTF) && atLeast(6, 4),
  },
  netns: {
    missing: () =>
      capable(CAP_NET_ADMIN, CAP_SYS_ADMIN)
        ? undefined
        : 'network namespaces need CAP_NET_ADMIN and CAP_SYS_ADMIN (run as root)',
    due: () => capable(CAP_NET_ADMIN, CAP_SYS_ADMIN),
  },
  clang: tool('clang', '--version'),
  gcc: tool('gcc', '--version'),
  bpftool: tool('bpftool', 'version'),
  'llvm-objdump': tool('llvm-objdump', '--version'),
} as const satisfies Readonly<Record<string, NeedRow>>

/**
 * Is everything there that a test needs? `describe.skipIf(!needs('struct_ops'))(…)`.
 *
 * What is absent is printed, with the reason, and throws where the machine should have it.
 */
export function needs(...wanted: readonly Need[]): boolean {
  const absent = wanted.flatMap((need) => {
    const row: NeedRow = needTable[need]
    const why = row.missing()
    if (why === undefined) return []
    if (row.due()) throw new Error(`${need}: this machine should have it: ${why}`)
    return [`${need}: ${why}`]
  })
  if (absent.length > 0) process.stdout.write(`skipped, ${absent.join('; ')}\n`)
  return absent.length === 0
}
