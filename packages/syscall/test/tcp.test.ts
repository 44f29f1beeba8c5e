import { createServer, type Socket } from 'node:net'
import {
  availableCongestionControls,
  congestionControl,
  defaultCongestionControl,
  fakeKernel,
  hostKernel,
  parseTcpInfo,
  setCongestionControl,
  tcpInfo,
  tcpInfoFields,
  tcpInfoSize,
} from '@tscc/syscall'
import { callLibc } from '@tscc/syscall/libc'
import { describe, expect, it } from 'vitest'
import { caught } from './real-kernel.ts'

const widths = { u8: 1, u16: 2, u32: 4, u64: 8 }

describe('tcp_info', () => {
  it('reads every field from its place and only there', () => {
    for (const [name, field] of Object.entries(tcpInfoFields)) {
      const bytes = new Uint8Array(tcpInfoSize)
      bytes.fill(0xff, field.at, field.at + widths[field.type])
      const bits = 'bits' in field ? field.bits[1] : widths[field.type] * 8
      const all = (1n << BigInt(bits)) - 1n
      const info: Readonly<Record<string, unknown>> = parseTcpInfo(bytes)
      expect([name, info[name]]).toEqual([name, field.type === 'u64' ? all : Number(all)])
      const others = Object.entries(tcpInfoFields).filter(([, other]) => other.at !== field.at)
      for (const [other] of others) expect([name, other, Number(info[other])]).toEqual([name, other, 0])
    }
  })

  it('reads structs of older and newer kernels', () => {
    const old = parseTcpInfo(new Uint8Array(104).fill(1))
    expect([old.tcpi_total_retrans, old.tcpi_pacing_rate, old.tcpi_delivery_rate]).toEqual([
      0x01010101,
      undefined,
      undefined,
    ])
    expect(parseTcpInfo(new Uint8Array(167)).tcpi_delivery_rate).toBeUndefined()
    expect(parseTcpInfo(new Uint8Array(168)).tcpi_delivery_rate).toBe(0n)
    expect(parseTcpInfo(new Uint8Array(4096)).tcpi_rehash).toBe(0)
    expect(caught(() => parseTcpInfo(new Uint8Array(103)))).toMatchObject({ code: 'syscall/size' })
  })
})

describe('congestion control of a socket', () => {
  it('refuses names that the kernel would cut', () => {
    for (const name of ['', 'sixteen-letters-', 'two words', 'nul\0'])
      expect(caught(() => setCongestionControl(fakeKernel(), 3, name))).toMatchObject({ code: 'syscall/cc-name' })
  })

  it('passes name and length', () => {
    const seen: unknown[] = []
    const kernel = fakeKernel({
      setSocketOption: (...call) => {
        seen.push(call)
        return -2
      },
    })
    expect(caught(() => setCongestionControl(kernel, 3, 'nope'))).toMatchObject({
      message: 'setsockopt(TCP_CONGESTION): ENOENT (no such file or directory)',
    })
    expect(seen).toEqual([[3, 6, 13, new TextEncoder().encode('nope')]])
  })

  it('reads the lists of procfs', () => {
    const kernel = fakeKernel({
      files: { '/proc/sys/net/ipv4/tcp_available_congestion_control': 'reno cubic bpf_x\n' },
    })
    expect(availableCongestionControls(kernel)).toEqual(['reno', 'cubic', 'bpf_x'])
    expect(defaultCongestionControl(kernel)).toBeUndefined()
  })
})

describe.skipIf(process.platform !== 'linux')('on the real kernel', () => {
  const kernel = hostKernel()

  it('sets, reads, and reads TCP_INFO of a connection', async () => {
    const accepted: Socket[] = []
    const server = createServer((socket) => accepted.push(socket))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    const fd = callLibc('int socket(int domain, int type, int protocol)', 2, 1, 0)
    try {
      expect(availableCongestionControls(kernel)).toContain('reno')
      setCongestionControl(kernel, fd, 'reno')
      expect(congestionControl(kernel, fd)).toBe('reno')
      expect(caught(() => setCongestionControl(kernel, fd, 'tscc_no_such'))).toMatchObject({
        context: { name: 'ENOENT' },
      })
      const remote = new Uint8Array(16)
      new DataView(remote.buffer).setUint16(2, address.port)
      remote.set([2, 0], 0)
      remote.set([127, 0, 0, 1], 4)
      callLibc('int connect(int fd, const void *address, uint32_t length)', fd, remote, 16)
      const info = tcpInfo(kernel, fd)
      expect(info).toMatchObject({ tcpi_state: 1, tcpi_ca_state: 0, tcpi_retransmits: 0 })
      expect([info.tcpi_snd_cwnd >= 2, info.tcpi_snd_mss > 500, (info.tcpi_segs_out ?? 0) >= 2]).toEqual([
        true,
        true,
        true,
      ])
    } finally {
      callLibc('int close(int fd)', fd)
      for (const socket of accepted) socket.destroy()
      server.close()
    }
  })
})
