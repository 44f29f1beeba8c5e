import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import {
  attachCgroup,
  attachProgram,
  type BpfAttachType,
  detachLink,
  detachProgram,
  type Link,
  openCgroup,
  queryPrograms,
  updateLink,
} from '@tscc/syscall'
import { afterEach, describe, expect, test } from 'vitest'
import { element, hasCgroups, kernel, type Loaded, load, makeCgroup, ready, runInCgroup, u32 } from './support.ts'

/** Sends a thousand bytes to a server of its own over loopback, which sends them back; prints how many came. */
const transfer = `
const { connect, createServer } = require('node:net')
const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1', () => {
  const client = connect(server.address().port, '127.0.0.1')
  let received = 0
  client.setNoDelay(true)
  client.on('data', (data) => { received += data.length; if (received >= 1000) client.end() })
  client.on('close', () => { console.log(received); server.close() })
  client.write(Buffer.alloc(1000))
})`

/** Connects to a port and prints the text that comes, or the error's code. */
const connectTo = (port: number): string => `
const socket = require('node:net').connect(${port}, '127.0.0.1')
socket.on('data', (data) => console.log(String(data)))
socket.on('error', (error) => console.log(error.code))`

describe.skipIf(!ready || !hasCgroups())('programs for a cgroup', () => {
  const open: Server[] = []
  afterEach(() => {
    for (const server of open.splice(0)) server.close()
  })

  /** Attach programs by links for as long as it runs. */
  async function whileAttached<T>(
    loaded: Loaded,
    places: readonly (readonly [program: string, attachType: BpfAttachType])[],
    use: (path: string) => Promise<T>,
  ): Promise<T> {
    using cgroup = makeCgroup('programs')
    const links: Link[] = []
    try {
      for (const [name, type] of places) links.push(attachCgroup(kernel, loaded.program(name), cgroup.path, type))
      return await use(cgroup.path)
    } finally {
      for (const link of links) link.close()
    }
  }

  async function greeter(): Promise<number> {
    const server = createServer((socket) => socket.end('hello')).listen(0, '127.0.0.1')
    open.push(server)
    await once(server, 'listening')
    return (server.address() as AddressInfo).port // it listens on a TCP port
  }

  test('sock_ops sees both ends of a connection, from connect to close', async () => {
    using loaded = load('cgroup', { programs: ['watch_ops'] })
    const received = await whileAttached(loaded, [['watch_ops', 'BPF_CGROUP_SOCK_OPS']], (path) =>
      runInCgroup(path, transfer),
    )
    expect(received).toBe('1000')
    const seen = (op: number) => element(loaded, 'ops_seen', u32(op))[0] ?? 0n
    const [CONNECT, ACTIVE, PASSIVE, STATE] = [3, 4, 5, 10]
    expect([seen(CONNECT), seen(ACTIVE), seen(PASSIVE)]).toEqual([1n, 1n, 1n])
    expect(seen(STATE)).toBeGreaterThanOrEqual(4n)
    expect(loaded.variable('closing_states')).toBe(2n)
  })

  test('connect4 sends connections elsewhere and denies them', async () => {
    const port = await greeter()
    using loaded = load('cgroup', {
      programs: ['steer_connect'],
      variables: { to_port: port, closed_port: 7, denied_port: 9 },
    })
    const connect = (to: number) => (path: string) => runInCgroup(path, connectTo(to))
    const place = [['steer_connect', 'BPF_CGROUP_INET4_CONNECT']] as const
    expect(await whileAttached(loaded, place, connect(7))).toBe('hello')
    expect(await whileAttached(loaded, place, connect(9))).toBe('EPERM')
    expect(await whileAttached(loaded, place, connect(port))).toBe('hello')
    expect([loaded.variable('rewritten'), loaded.variable('denied')]).toEqual([1n, 1n])
  })

  test('cgroup_skb counts packets and drops some', async () => {
    using loaded = load('cgroup', { programs: ['watch_out', 'watch_in'], variables: { dropped_udp_port: 9 } })
    const send = `
      const socket = require('node:dgram').createSocket('udp4')
      socket.send('lost', 9, '127.0.0.1', (error) => { console.log(error?.code); socket.close() })`
    const said = await whileAttached(
      loaded,
      [
        ['watch_out', 'BPF_CGROUP_INET_EGRESS'],
        ['watch_in', 'BPF_CGROUP_INET_INGRESS'],
      ],
      async (path) => [await runInCgroup(path, transfer), await runInCgroup(path, send)],
    )
    expect(said).toEqual(['1000', 'EPERM'])
    expect(loaded.variable('dropped')).toBe(1n)
    expect(loaded.variable('packets_out')).toBeGreaterThan(5n)
    expect(loaded.variable('packets_in')).toBeGreaterThan(5n)
    expect(loaded.variable('bytes_in')).toBeGreaterThan(2000n)
  })

  test('creating and binding sockets, and their options, are seen', async () => {
    using loaded = load('cgroup', {
      programs: ['watch_create', 'watch_bind', 'watch_setsockopt', 'watch_getsockopt'],
    })
    await whileAttached(
      loaded,
      [
        ['watch_create', 'BPF_CGROUP_INET_SOCK_CREATE'],
        ['watch_bind', 'BPF_CGROUP_INET4_POST_BIND'],
        ['watch_setsockopt', 'BPF_CGROUP_SETSOCKOPT'],
        ['watch_getsockopt', 'BPF_CGROUP_GETSOCKOPT'],
      ],
      (path) => runInCgroup(path, transfer),
    )
    expect(loaded.variable('sockets')).toBe(2n)
    expect(loaded.variable('bound')).toBe(1n)
    expect(loaded.variable('nodelay')).toBeGreaterThanOrEqual(1n)
    expect(loaded.variable('errors_asked')).toBeGreaterThanOrEqual(1n)
  })

  test('a sysctl cannot be read', async () => {
    using loaded = load('cgroup', { programs: ['deny_sysctl'] })
    const read = `
      for (const name of ['ostype', 'osrelease'])
        try { require('node:fs').readFileSync('/proc/sys/kernel/' + name); console.log('read') }
        catch (error) { console.log(error.code) }`
    const said = await whileAttached(loaded, [['deny_sysctl', 'BPF_CGROUP_SYSCTL']], (path) => runInCgroup(path, read))
    expect(said.split('\n')).toEqual(['EPERM', 'read'])
  })

  test('attached without a link, until it is detached', async () => {
    using loaded = load('cgroup', { programs: ['watch_ops'] })
    using cgroup = makeCgroup('attached')
    using descriptor = openCgroup(kernel, cgroup.path)
    const place = { targetFd: descriptor.fd, attachType: 'BPF_CGROUP_SOCK_OPS' } as const
    attachProgram(kernel, loaded.program('watch_ops'), place)
    expect(queryPrograms(kernel, place).programIds.length).toBe(1)
    await runInCgroup(cgroup.path, transfer)
    detachProgram(kernel, place, loaded.program('watch_ops'))
    expect(queryPrograms(kernel, place).programIds).toEqual([])
    await runInCgroup(cgroup.path, transfer)
    expect(element(loaded, 'ops_seen', u32(4))).toEqual([1n])
  })

  test("a link's program is replaced, then the link detached", async () => {
    using first = load('cgroup', { programs: ['watch_ops'] })
    using second = load('cgroup', { programs: ['watch_ops'] })
    using cgroup = makeCgroup('replaced')
    using link = attachCgroup(kernel, first.program('watch_ops'), cgroup.path, 'BPF_CGROUP_SOCK_OPS')
    await runInCgroup(cgroup.path, transfer)
    updateLink(link, second.program('watch_ops').fd, { expectedFd: first.program('watch_ops').fd })
    await runInCgroup(cgroup.path, transfer)
    await runInCgroup(cgroup.path, transfer)
    detachLink(link)
    await runInCgroup(cgroup.path, transfer)
    expect([first, second].map((loaded) => element(loaded, 'ops_seen', u32(4))[0])).toEqual([1n, 2n])
  })

  test('sockets in maps: what is sent and received passes programs', async () => {
    using loaded = load('sockmap')
    const [senders, receivers] = [loaded.map('senders').fd, loaded.map('receivers').fd]
    const attached = [
      ['watch_message', { targetFd: senders, attachType: 'BPF_SK_MSG_VERDICT' }],
      ['parse_stream', { targetFd: receivers, attachType: 'BPF_SK_SKB_STREAM_PARSER' }],
      ['judge_stream', { targetFd: receivers, attachType: 'BPF_SK_SKB_STREAM_VERDICT' }],
    ] as const
    try {
      for (const [name, place] of attached) attachProgram(kernel, loaded.program(name), place)
      const received = await whileAttached(loaded, [['put_in_maps', 'BPF_CGROUP_SOCK_OPS']], (path) =>
        runInCgroup(path, transfer),
      )
      expect(received).toBe('1000')
    } finally {
      for (const [name, place] of attached) detachProgram(kernel, place, loaded.program(name))
    }
    expect(loaded.variable('update_results')).toEqual([1n, 1n])
    expect(loaded.variable('messages')).toBe(1n)
    expect(loaded.variable('message_bytes')).toBe(1000n)
    expect(loaded.variable('parsed_bytes')).toBe(1000n)
    expect(loaded.variable('stream_bytes')).toBe(1000n)
  })
})
