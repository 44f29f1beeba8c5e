import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SockOps } from '@tscc/bpf'
import * as bpf from '@tscc/bpf'
import { enumValues, parseBtf, typesOfKind } from '@tscc/btf'
import { loadLive } from '@tscc/compiler/live'
import { hostKernel, readVmlinuxBtf } from '@tscc/syscall'
import * as vmlinux from '@tscc/vmlinux'
import { describe, expect, test } from 'vitest'
import { needs } from '../../../tools/needs.ts'
import { cgroup, option, pair, wire } from './net.ts'

const constants = new Map<string, unknown>([...Object.entries(vmlinux), ...Object.entries(bpf)])

describe.skipIf(!needs('btf'))('constants', () => {
  test("every operation, flag and option of this kernel's BTF is a constant of @tscc/vmlinux", () => {
    const btf = parseBtf(readVmlinuxBtf(hostKernel()))
    const own = /^(?:BPF_SOCK_OPS_|TCP_BPF_|BPF_LOAD_HDR_OPT_|BPF_WRITE_HDR_TCP_|BPF_TCP_|BPF_SK_STORAGE_)/
    // Of sockets in maps, no option.
    const inner = /^TCP_BPF_(?:BASE|TX|RX|TXRX|NUM_CFGS|IPV4|IPV6|NUM_PROTS)$/
    const found = typesOfKind(btf, 'enum').flatMap((id) =>
      enumValues(btf, id).filter(({ name }) => own.test(name) && !inner.test(name)),
    )
    expect(found.length).toBeGreaterThan(40)
    expect(found.map(({ name }) => [name, constants.get(name)])).toEqual(
      found.map(({ name, value }) => [name, Number(value)]),
    )
  })
})

/** Options that sock_ops programs may set, and what they are then; `read` where the kernel tells something else. */
const settable: readonly {
  readonly level: 'SOL_TCP' | 'SOL_SOCKET' | 'IPPROTO_IP'
  readonly name: string
  readonly value: number
  readonly read?: number | 'not'
}[] = [
  // It sets the priority, too, and so comes first.
  { level: 'IPPROTO_IP', name: 'IP_TOS', value: 16 },
  { level: 'SOL_TCP', name: 'TCP_NODELAY', value: 1 },
  { level: 'SOL_TCP', name: 'TCP_KEEPIDLE', value: 77 },
  { level: 'SOL_TCP', name: 'TCP_KEEPINTVL', value: 11 },
  { level: 'SOL_TCP', name: 'TCP_KEEPCNT', value: 4 },
  { level: 'SOL_TCP', name: 'TCP_SYNCNT', value: 3 },
  { level: 'SOL_TCP', name: 'TCP_WINDOW_CLAMP', value: 100_000, read: 'not' },
  { level: 'SOL_TCP', name: 'TCP_THIN_LINEAR_TIMEOUTS', value: 1 },
  { level: 'SOL_TCP', name: 'TCP_USER_TIMEOUT', value: 5000 },
  { level: 'SOL_TCP', name: 'TCP_NOTSENT_LOWAT', value: 16_384 },
  { level: 'SOL_TCP', name: 'TCP_BPF_IW', value: 17, read: 'not' },
  { level: 'SOL_TCP', name: 'TCP_BPF_SNDCWND_CLAMP', value: 170, read: 'not' },
  { level: 'SOL_TCP', name: 'TCP_BPF_DELACK_MAX', value: 40_000, read: 'not' },
  { level: 'SOL_TCP', name: 'TCP_BPF_RTO_MIN', value: 40_000, read: 'not' },
  { level: 'SOL_SOCKET', name: 'SO_SNDBUF', value: 50_000, read: 100_000 },
  { level: 'SOL_SOCKET', name: 'SO_RCVBUF', value: 60_000, read: 120_000 },
  { level: 'SOL_SOCKET', name: 'SO_KEEPALIVE', value: 1 },
  { level: 'SOL_SOCKET', name: 'SO_PRIORITY', value: 3 },
  { level: 'SOL_SOCKET', name: 'SO_RCVLOWAT', value: 9 },
  { level: 'SOL_SOCKET', name: 'SO_MARK', value: 5 },
  { level: 'SOL_SOCKET', name: 'SO_MAX_PACING_RATE', value: 1_000_000 },
  { level: 'SOL_SOCKET', name: 'SO_TXREHASH', value: 1 },
]
const refused = { level: 'SOL_TCP', name: 'TCP_SAVED_SYN', value: 1 } as const

describe.skipIf(!needs('root', 'bpf_ids', 'namespaces', 'struct_ops_link'))('options', () => {
  test('a program sets them all, and reads them back; what is only to be read is refused', () => {
    const all = [...settable, refused]
    const fromBpf = all.map(({ name }) => name).filter((name) => Object.hasOwn(bpf, name))
    const fromKernel = all.map(({ name }) => name).filter((name) => !Object.hasOwn(bpf, name))
    const calls = all.map(({ level, name, value }, i) => `  attempt(ctx, ${level}, ${name}, ${value}, ${i})`)
    const text = `import { array, bpf_getsockopt, bpf_setsockopt, type FixedArray, IPPROTO_IP, noinline, type s32, type s64, SOL_SOCKET, SOL_TCP, sockOps, type u32, ${fromBpf.join(', ')} } from '@tscc/bpf'
import { BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB, type bpf_sock_ops, ${fromKernel.join(', ')} } from '@tscc/vmlinux'
export const status = array<s64>(${all.length})
export const values = array<u32>(${all.length})
const attempt = noinline(function (ctx: bpf_sock_ops, level: s32, name: u32, value: u32, i: u32): void {
  const got: FixedArray<u32, 1> = [0]
  status.update(i, bpf_setsockopt(ctx, level, name, value, 4))
  if (bpf_getsockopt(ctx, level, name, got, 4) === 0) values.update(i, got[0])
})
export const options = sockOps((ctx) => {
  if (ctx.op !== BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB) return
${calls.join('\n')}
})
`
    const folder = mkdtempSync(join(tmpdir(), 'tscc-options-'))
    using net = wire()
    using group = cgroup('set')
    try {
      writeFileSync(join(folder, 'options.bpf.ts'), text)
      using live = loadLive(join(folder, 'options.bpf.ts'))
      const { options, status, values } = live.exports as unknown as {
        readonly options: SockOps
        readonly status: { get(index: number): number }
        readonly values: { get(index: number): number }
      } // as the text declares them
      using _ = options.attach({ cgroup: group.path })
      using one = group.within(() => pair(net))
      expect(settable.map(({ name }, i) => [name, status.get(i)])).toEqual(settable.map(({ name }) => [name, 0]))
      expect(status.get(settable.length)).toBe(-92) // ENOPROTOOPT
      const kernel = hostKernel()
      for (const [i, { level, name, value, read = value }] of settable.entries()) {
        if (read === 'not') continue
        const number = (key: string): number => Number(constants.get(key))
        expect([name, option(kernel, one.client, number(level), number(name))]).toEqual([name, read])
        expect([name, values.get(i)]).toEqual([name, read])
      }
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
