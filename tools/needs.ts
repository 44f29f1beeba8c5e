import { accessSync, constants, existsSync, readFileSync } from 'node:fs'
import { release } from 'node:os'
import { delimiter, join } from 'node:path'

const vmlinux = '/sys/kernel/btf/vmlinux'

/** Bits of CapEff (include/uapi/linux/capability.h). */
const capabilityBits = { CAP_NET_ADMIN: 12n, CAP_NET_RAW: 13n, CAP_SYS_ADMIN: 21n, CAP_PERFMON: 38n, CAP_BPF: 39n }

/**
 * What a test may need beyond Node, and what is missing for it here ('' where nothing is).
 *
 * A row looks at premises only (platform, privileges, kernel version, files), never at whether the thing works: where the
 * premises hold the tests run, and fail if it does not.
 */
const needTable = {
  linux: { kind: 'machine', missing: notLinux },
  root: { kind: 'machine', missing: () => (process.getuid?.() === 0 ? '' : 'not root') },
  btf: { kind: 'machine', missing: () => (existsSync(vmlinux) ? '' : `no ${vmlinux}`) },
  bpf: { kind: 'machine', missing: () => capabilities('CAP_BPF', 'CAP_PERFMON') },
  bpf_ids: { kind: 'machine', missing: () => capabilities('CAP_BPF', 'CAP_PERFMON', 'CAP_SYS_ADMIN') },
  struct_ops: { kind: 'machine', missing: () => structOps('5.6') },
  struct_ops_link: { kind: 'machine', missing: () => structOps('6.4') },
  namespaces: { kind: 'machine', missing: () => capabilities('CAP_SYS_ADMIN', 'CAP_NET_ADMIN', 'CAP_NET_RAW') },
  io_uring: { kind: 'machine', missing: ioUring },
  clang: { kind: 'tool', missing: () => tool('clang') },
  'llvm-objdump': { kind: 'tool', missing: () => tool('llvm-objdump') },
  bpftool: { kind: 'tool', missing: () => tool('bpftool') },
  libbpf: {
    kind: 'tool',
    missing: () => (existsSync('/usr/include/bpf/libbpf.h') ? '' : 'libbpf-dev is not installed'),
  },
  chromium: { kind: 'tool', missing: () => (chromiumPath() === undefined ? 'is not installed' : '') },
  gcc: { kind: 'tool', missing: () => tool('gcc') },
  ip: { kind: 'tool', missing: () => tool('ip') },
  tc: { kind: 'tool', missing: () => tool('tc') },
  ss: { kind: 'tool', missing: () => tool('ss') },
  ethtool: { kind: 'tool', missing: () => tool('ethtool') },
  'systemd-analyze': { kind: 'tool', missing: () => tool('systemd-analyze') },
  setpriv: { kind: 'tool', missing: () => tool('setpriv') },
} satisfies Record<string, { readonly kind: 'machine' | 'tool'; readonly missing: () => string }>

export type Need = keyof typeof needTable

/** Whether a word names something that a test can need. */
export function isNeed(name: string): name is Need {
  return Object.hasOwn(needTable, name)
}

/**
 * Whether this machine has all of it: `describe.skipIf(!needs('clang', 'btf'))('…')`.
 *
 * Prints why a test is skipped. With TSCC_REQUIRE_TOOLS=1 (`.ci/run` after it installed them) a missing tool is an error.
 */
export function needs(...names: readonly Need[]): boolean {
  const reasons = names.flatMap((name) => {
    const { kind, missing } = needTable[name]
    const reason = missing()
    if (reason !== '' && kind === 'tool' && process.env.TSCC_REQUIRE_TOOLS === '1') {
      throw new Error(`${name}: must be installed here (TSCC_REQUIRE_TOOLS=1), but: ${reason}`)
    }
    return reason === '' ? [] : [`${name}: ${reason}`]
  })
  if (reasons.length > 0) console.warn(`skipped, this machine lacks ${reasons.join('; ')}`)
  return reasons.length === 0
}

function notLinux(): string {
  return process.platform === 'linux' ? '' : `not Linux, found ${process.platform}`
}

function capabilities(...names: readonly (keyof typeof capabilityBits)[]): string {
  if (notLinux() !== '') return notLinux()
  const line = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))
  const held = BigInt(`0x${line?.[1] ?? '0'}`)
  const missing = names.filter((name) => ((held >> capabilityBits[name]) & 1n) === 0n)
  return missing.length === 0 ? '' : `lacks ${missing.join(', ')}, run as root`
}

function structOps(since: string): string {
  const lacks = capabilities('CAP_BPF', 'CAP_PERFMON', 'CAP_SYS_ADMIN', 'CAP_NET_ADMIN')
  if (lacks !== '') return lacks
  if (olderThan(release(), since)) return `Linux ${release()}, needs ${since}`
  if (!existsSync(vmlinux)) return `no ${vmlinux}`
  return readFileSync(vmlinux).includes('\0bpf_struct_ops_tcp_congestion_ops\0')
    ? ''
    : 'a kernel without struct_ops for tcp_congestion_ops'
}

/** Rings without an array of indices (6.6), where an administrator does not forbid them. */
function ioUring(): string {
  if (notLinux() !== '') return notLinux()
  if (olderThan(release(), '6.6')) return `Linux ${release()}, needs 6.6`
  const path = '/proc/sys/kernel/io_uring_disabled'
  const disabled = existsSync(path) ? readFileSync(path, 'utf8').trim() : 'no such file'
  return disabled === '0' || (disabled === '1' && process.getuid?.() === 0) ? '' : `${path}: ${disabled}`
}

function olderThan(found: string, wanted: string): boolean {
  const [major = 0, minor = 0] = found.split('.').map((part) => Number.parseInt(part, 10))
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number)
  return major < wantedMajor || (major === wantedMajor && minor < wantedMinor)
}

function tool(name: string): string {
  return pathOf(name) === undefined ? 'is not installed' : ''
}

/** Chromium, by the name that a distribution or its maker gives it. */
export function chromiumPath(): string | undefined {
  return pathOf('chromium') ?? pathOf('chromium-browser') ?? pathOf('google-chrome')
}

function pathOf(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']
  return folders
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
