import { callLibc, errno, errnoName, libcError, libcFunction, type MappedMemory, mapMemory } from '@tscc/syscall/libc'
import { missingPrivilege } from '../lab-errors.ts'
import { deviceIndex } from '../netns.ts'

/*
 * AF_PACKET with a mapped receive ring (linux/if_packet.h, TPACKET_V2): the kernel fills frames, this process reads
 * them without a system call and gives them back by writing the status word.
 *
 *   frame   0        4     8         12    14    16    20     24
 *           | status | len | snaplen | mac | net | sec | nsec | … | the packet, from offset mac
 */
const AF_PACKET = 17
const SOL_PACKET = 263
const ETH_P_ALL = 0x0003
const PACKET_RX_RING = 5
const PACKET_VERSION = 10
const PACKET_QDISC_BYPASS = 20
const PACKET_IGNORE_OUTGOING = 23
const TPACKET_V2 = 1
const TP_STATUS_KERNEL = 0
const TP_STATUS_USER = 1
const TP_STATUS_CSUMNOTREADY = 8
const BLOCK = 1 << 20

const prototypes = {
  setsockopt: 'int setsockopt(int fd, int level, int name, void *value, unsigned int length)',
  bind: 'int bind(int fd, void *address, unsigned int length)',
  socket: 'int socket(int domain, int type, int protocol)',
  // The frame's address as a number: nothing is allocated per packet.
  send: 'long send(int fd, size_t bytes, size_t length, int flags)',
  close: 'int close(int fd)',
} as const

/** A frame in the ring; one object, overwritten by each {@link PacketSocket.receive}. */
export interface ReceivedFrame {
  offset: number
  length: number
  /** When the kernel took it in, CLOCK_REALTIME, ms. */
  realTime: number
}

/** Both directions of one network device, raw. */
export interface PacketSocket {
  readonly fd: number
  /** The ring's memory, which {@link ReceivedFrame.offset} counts in. */
  readonly memory: Uint8Array
  /** Frames whose transport checksum the sender had left to the device (there should be none). */
  readonly unfinishedChecksums: number
  /** The next frame, if there is one; call {@link release} before the next. */
  receive(frame: ReceivedFrame): boolean
  release(): void
  /** Send from an address; 0 or an errno. */
  send(address: number, length: number): number
  close(): void
}

/** Open a raw socket on a device of this namespace, for frames of at most `maxFrame` bytes. */
export function openPacketSocket(device: string, maxFrame: number, ringFrames = 8192): PacketSocket {
  const fd = libcFunction<[number, number, number]>(prototypes.socket)(AF_PACKET, 3 | 0o2000000, 0)
  if (fd < 0) {
    const error = errno()
    throw errnoName(error) === 'EPERM'
      ? missingPrivilege('CAP_NET_RAW', 'the user-space link')
      : libcError('socket(AF_PACKET)', error)
  }
  const setInt = (level: number, name: number, value: number): void => {
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setInt32(0, value, true)
    callLibc(prototypes.setsockopt, fd, level, name, bytes, 4)
  }
  let ring: MappedMemory
  const frameSize = 2 ** Math.ceil(Math.log2(maxFrame + 96))
  const perBlock = BLOCK / frameSize
  const blocks = Math.ceil(ringFrames / perBlock)
  const frames = blocks * perBlock
  try {
    setInt(SOL_PACKET, PACKET_VERSION, TPACKET_V2)
    setInt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    setInt(SOL_PACKET, PACKET_QDISC_BYPASS, 1)
    const request = Uint32Array.of(BLOCK, blocks, frameSize, frames)
    callLibc(prototypes.setsockopt, fd, SOL_PACKET, PACKET_RX_RING, new Uint8Array(request.buffer), 16)
    ring = mapMemory(fd, { length: BLOCK * blocks, writable: true, shared: true })
    const address = new Uint8Array(20) // struct sockaddr_ll
    const view = new DataView(address.buffer)
    view.setUint16(0, AF_PACKET, true)
    view.setUint16(2, ETH_P_ALL, false)
    view.setInt32(4, deviceIndex(device), true)
    callLibc(prototypes.bind, fd, address, address.length)
  } catch (error) {
    callLibc(prototypes.close, fd)
    throw error
  }
  const memory = ring.bytes
  const words = new Int32Array(memory.buffer)
  const view = new DataView(memory.buffer)
  const sendFrame = libcFunction<[number, number, number, number]>(prototypes.send)
  let next = 0
  let unfinished = 0
  return {
    fd,
    memory,
    get unfinishedChecksums() {
      return unfinished
    },
    receive(frame) {
      const at = next * frameSize
      const status = Atomics.load(words, at >> 2)
      if ((status & TP_STATUS_USER) === 0) return false
      if ((status & TP_STATUS_CSUMNOTREADY) !== 0) unfinished += 1
      frame.length = view.getUint32(at + 8, true)
      frame.offset = at + view.getUint16(at + 12, true)
      frame.realTime = view.getUint32(at + 16, true) * 1000 + view.getUint32(at + 20, true) / 1e6
      return true
    },
    release() {
      Atomics.store(words, (next * frameSize) >> 2, TP_STATUS_KERNEL)
      next = next + 1 === frames ? 0 : next + 1
    },
    send: (address, length) => (sendFrame(fd, address, length, 0) < 0 ? errno() : 0),
    close() {
      ring.close()
      callLibc(prototypes.close, fd)
    },
  }
}

/** A wait for any of these sockets to have something to read, at most `ms` long, to the nanosecond (ppoll(2)). */
export function createWait(fds: readonly number[]): (ms: number) => void {
  const ppoll = libcFunction<[Uint8Array, number, Uint8Array, null]>(
    'int ppoll(void *fds, unsigned long count, void *timeout, void *mask)',
  )
  const polls = new Uint8Array(fds.length * 8) // struct pollfd { int fd; short events; short revents; }
  const pollView = new DataView(polls.buffer)
  for (const [i, fd] of fds.entries()) {
    pollView.setInt32(i * 8, fd, true)
    pollView.setInt16(i * 8 + 4, 1, true)
  }
  const timeout = new Uint8Array(16) // struct timespec
  const timeoutView = new DataView(timeout.buffer)
  return (ms) => {
    timeoutView.setUint32(0, Math.floor(ms / 1000), true)
    timeoutView.setUint32(8, Math.floor((ms % 1000) * 1e6), true)
    ppoll(polls, fds.length, timeout, null)
  }
}

/** CLOCK_REALTIME in ms with ns resolution, for comparing with the ring's timestamps. */
export function createRealClock(): () => number {
  const gettime = libcFunction<[number, Uint8Array]>('int clock_gettime(int clock, void *time)')
  const time = new Uint8Array(16)
  const view = new DataView(time.buffer)
  return () => {
    gettime(0, time)
    return view.getUint32(0, true) * 1000 + view.getUint32(8, true) / 1e6
  }
}
