import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { TcpSocketInfo } from '@tscc/syscall/netlink'
import { expect, it } from 'vitest'
import { activities, armOfSample, secondsBetween, topRows } from '../src/top/samples.ts'
import { bin, buildFirst, tscc } from './tscc.ts'

buildFirst()

const socket = (cookie: bigint, congestion: string, figures: Partial<Record<string, number | bigint>>) =>
  ({
    cookie,
    congestion,
    info: {
      tcpi_total_retrans: 0,
      tcpi_data_segs_out: 0,
      tcpi_bytes_acked: 0n,
      tcpi_rtt: 0,
      tcpi_snd_cwnd: 10,
      ...figures,
    },
  }) as unknown as TcpSocketInfo // what samples look at
const sample = (at: number, ...sockets: readonly TcpSocketInfo[]) => ({
  at,
  sockets: new Map(sockets.map((one) => [one.cookie, one])),
})

it('figures are of what was done between two samples', () => {
  const before = sample(
    1000,
    socket(1n, 'cubic', {
      tcpi_bytes_acked: 1_000_000n,
      tcpi_data_segs_out: 1000,
      tcpi_total_retrans: 5,
      tcpi_rtt: 9000,
    }),
    socket(2n, 'cubic', { tcpi_bytes_acked: 500n, tcpi_rtt: 1000 }),
    socket(9n, 'bbr', {}),
  )
  const after = sample(
    3000,
    socket(1n, 'cubic', {
      tcpi_bytes_acked: 3_000_000n,
      tcpi_data_segs_out: 3000,
      tcpi_total_retrans: 25,
      tcpi_rtt: 20_000,
      tcpi_snd_cwnd: 40,
    }),
    socket(2n, 'cubic', { tcpi_bytes_acked: 500n, tcpi_rtt: 1000 }),
    socket(3n, 'bbr', { tcpi_bytes_acked: 500_000n, tcpi_data_segs_out: 400, tcpi_rtt: 5000 }),
  )
  const done = activities(before, after)
  expect(topRows(done, secondsBetween(before, after))).toEqual([
    {
      cc: 'cubic',
      connections: 2,
      sending: 1,
      goodputMbps: 8,
      rttMs: 20,
      cwnd: 40,
      retransPercent: 1,
      retransmits: 20,
    },
    { cc: 'bbr', connections: 1, sending: 1, goodputMbps: 2, rttMs: 5, cwnd: 10, retransPercent: 0, retransmits: 0 },
  ])
  expect(done).toHaveLength(3)
  expect(armOfSample(done, 'cubic')).toMatchObject({
    counted: 1,
    segments: 2000,
    retransmits: 20,
    rttMs: expect.closeTo(20),
  })
})

it('live connections are in the table', async () => {
  const server = createServer((one) => one.resume()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // of a server that listens on TCP
  const client: Socket = connect(port, '127.0.0.1')
  await once(client, 'connect')
  const chunk = new Uint8Array(1 << 16)
  const pump = setInterval(() => client.write(chunk), 5)
  try {
    const child = spawn(process.execPath, [bin, 'top', '--once', '--interval', '1', '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const text: string[] = []
    child.stdout.setEncoding('utf8').on('data', (part: string) => text.push(part))
    await once(child, 'close')
    const { rows, seconds } = JSON.parse(text.join('')) as {
      rows: { connections: number; goodputMbps: number }[]
      seconds: number
    }
    expect(seconds).toBeGreaterThanOrEqual(0.9)
    expect(rows.reduce((sum, row) => sum + row.connections, 0)).toBeGreaterThanOrEqual(2)
    expect(rows.reduce((sum, row) => sum + row.goodputMbps, 0)).toBeGreaterThan(1)
  } finally {
    clearInterval(pump)
    client.destroy()
    server.close()
  }
  expect(tscc(['top', '--count', '2', '--interval', '0.1'])).toMatchObject({ status: 0 })
}, 30_000)
