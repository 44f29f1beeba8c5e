import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { networkInterfaces } from 'node:os'
import { createLink, testRun } from '@tscc/syscall'
import { callLibc } from '@tscc/syscall/libc'
import { describe, expect, test } from 'vitest'
import { asU32, asU64, kernel, load, packet, ready, since, u32, u64 } from './support.ts'

describe.skipIf(!ready)('programs that take a packet or an argument', () => {
  test('tc changes the packet and its context', () => {
    using loaded = load('packets', { programs: ['change_packet'] })
    // struct __sk_buff up to cb[4]: priority is the ninth number, cb starts at the thirteenth.
    const context = new Uint8Array(192)
    new DataView(context.buffer).setUint32(48, 7, true)
    const ran = testRun(kernel, loaded.program('change_packet'), {
      data: packet(64),
      dataOutSize: 100,
      context,
      contextOutSize: 192,
    })
    const expected = packet(64)
    expected[20] = 0xaa
    expected[33] = 0xee
    expect(ran.returnValue).toBe(0)
    expect(ran.data).toEqual(expected)
    const out = asU32(ran.context)
    expect(out[8]).toBe(5)
    expect(out.slice(12, 15)).toEqual([7, 21, 0])
    expect(testRun(kernel, loaded.program('change_packet'), { data: packet(20) }).returnValue).toBe(2)
  })

  test.skipIf(!since('5.18'))('xdp swaps the addresses; xdp.frags cuts the head off', () => {
    using loaded = load('packets', { programs: ['turn_around', 'cut_head'] })
    const turned = testRun(kernel, loaded.program('turn_around'), { data: packet(60), dataOutSize: 60 })
    expect(turned.returnValue).toBe(3)
    expect([...turned.data.subarray(0, 16)]).toEqual([6, 7, 8, 9, 10, 11, 0, 1, 2, 3, 4, 5, 0x88, 0xb5, 14, 15])
    const cut = testRun(kernel, loaded.program('cut_head'), { data: packet(60), dataOutSize: 60 })
    expect(cut.returnValue).toBe(2)
    expect(cut.data).toEqual(packet(60).subarray(20))
  })

  test('a socket filter sees the packet behind the Ethernet header', () => {
    using loaded = load('packets', { programs: ['keep_length'] })
    expect(testRun(kernel, loaded.program('keep_length'), { data: packet(64) }).returnValue).toBe(50)
  })

  test('a socket filter at a socket cuts what arrives', () => {
    using loaded = load('packets', { programs: ['keep_four'] })
    const fds = new Uint8Array(8)
    const SOCK_DGRAM = 2
    callLibc('int socketpair(int domain, int type, int protocol, void *fds)', 1, SOCK_DGRAM, 0, fds)
    const [near = -1, far = -1] = asU32(fds)
    try {
      const SO_ATTACH_BPF = 50
      expect(kernel.setSocketOption(far, 1, SO_ATTACH_BPF, u32(loaded.program('keep_four').fd))).toBe(0)
      callLibc('long write(int fd, void *data, size_t size)', near, new TextEncoder().encode('congestion'), 10)
      const room = new Uint8Array(20)
      expect(callLibc('long read(int fd, void *data, size_t size)', far, room, 20)).toBe(4)
      expect(new TextDecoder().decode(room.subarray(0, 4))).toBe('cong')
      expect(loaded.variable('filtered')).toBe(1n)
    } finally {
      kernel.close(near)
      kernel.close(far)
    }
  })

  test.skipIf(!since('5.14'))('a syscall program writes into its argument', () => {
    using loaded = load('packets', { programs: ['add_arguments'] })
    const ran = testRun(kernel, loaded.program('add_arguments'), { context: u64(40n, 1n << 40n, 0n) })
    expect(ran.returnValue).toBe(17)
    expect(asU64(ran.context)).toEqual([40n, 1n << 40n, 40n + (1n << 40n)])
  })

  test.skipIf(networkInterfaces().lo === undefined || !since('6.6'))(
    'tcx sees datagrams on the loopback interface',
    async () => {
      const receiver = createSocket('udp4').bind(0, '127.0.0.1')
      await once(receiver, 'listening')
      const { port } = receiver.address()
      const sender = createSocket('udp4')
      try {
        using loaded = load('packets', { programs: ['watch_loopback'], variables: { udp_port: port } })
        const loopback = 1
        using _link = createLink(kernel, {
          fd: loaded.program('watch_loopback').fd,
          target: loopback,
          attachType: 'BPF_TCX_INGRESS',
        })
        for (let i = 0; i < 3; i++) {
          const arrived = once(receiver, 'message')
          sender.send('here', port, '127.0.0.1')
          await arrived
        }
        expect(loaded.variable('datagrams')).toBe(3n)
      } finally {
        sender.close()
        receiver.close()
      }
    },
  )
})
