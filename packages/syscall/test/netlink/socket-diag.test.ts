import { once } from 'node:events'
import { type AddressInfo, connect, createServer, isIPv6 } from 'node:net'
import { isTsccError } from '@tscc/core'
import { formatAddress, openSocketDiag, parseSocket, tcpSockets } from '@tscc/syscall/netlink'
import fc from 'fast-check'
import { expect, test } from 'vitest'

test.each(['127.0.0.1', '::1'])('a connection over %s is found, with its figures', async (host) => {
  const server = createServer((socket) => socket.resume()).listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // of a server that listens on TCP
  const client = connect(port, host)
  await once(client, 'connect')
  await new Promise((done) => client.write(new Uint8Array(100_000), done))
  using netlink = openSocketDiag()
  const ours = tcpSockets(netlink).filter(({ remote }) => remote.port === port)
  expect(ours).toHaveLength(1)
  expect(ours[0]).toMatchObject({
    family: isIPv6(host) ? 6 : 4,
    state: 'ESTABLISHED',
    local: { address: host, port: client.localPort },
    remote: { address: host, port },
    uid: process.getuid?.(),
  })
  expect(ours[0]?.congestion).toMatch(/^\w+$/)
  expect(ours[0]?.info?.tcpi_snd_cwnd).toBeGreaterThan(0)
  expect(ours[0]?.info?.tcpi_data_segs_out).toBeGreaterThan(0)
  expect(ours[0]?.cookie).toBeGreaterThan(0n)
  const listening = tcpSockets(netlink, { states: ['LISTEN'] }).filter(({ local }) => local.port === port)
  expect(listening.map(({ state }) => state)).toEqual(['LISTEN'])
  expect(tcpSockets(netlink, { families: [isIPv6(host) ? 4 : 6] }).some(({ remote }) => remote.port === port)).toBe(
    false,
  )
  client.destroy()
  server.close()
})

test('what the kernel refuses is an error with its name', () => {
  using netlink = openSocketDiag()
  const request = { name: 'nothing', type: 20, flags: 5, body: new Uint8Array(8), attributes: [] }
  expect(() => netlink.request(request)).toThrow(/^nothing: the kernel answered E/)
})

test.each([
  [[10, 0, 0, 1], '10.0.0.1'],
  [[0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2], 'fe80::1:0:0:2'],
  [[0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1], '2001:db8:0:1:1:1:1:1'],
  [new Array<number>(16).fill(0), '::'],
  [[...new Array<number>(15).fill(0), 1], '::1'],
  [[...new Array<number>(10).fill(0), 0xff, 0xff, 1, 2, 3, 4], '::ffff:1.2.3.4'],
  [[0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], '1:0:0:1::'],
])('%j is %s', (bytes, text) => {
  expect(formatAddress(Uint8Array.from(bytes))).toBe(text)
})

test('an address of any bytes is one that Node.js takes, and has no longer form', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const text = formatAddress(bytes)
      expect(isIPv6(text)).toBe(true)
      if (!text.includes('.')) expect(new URL(`http://[${text}]/`).hostname).toBe(`[${text}]`)
    }),
  )
})

test('any bytes are a socket or a typed error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      try {
        parseSocket(bytes)
      } catch (error) {
        expect(isTsccError(error)).toBe(true)
      }
    }),
  )
})
