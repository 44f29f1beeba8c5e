import { addressOf, errno, errnoName, libcError, libcFunction } from '@tscc/syscall/libc'

const SIOCETHTOOL = 0x8946

/** The ETHTOOL_S… command of each offload (linux/ethtool.h). */
const commands = {
  'rx-gro': 0x2c,
  'tx-gso': 0x24,
  'tx-tso': 0x1f,
  'tx-checksum': 0x17,
  'tx-scatter-gather': 0x19,
} as const

/** An offload that {@link turnOffOffloads} knows. */
export type Offload = keyof typeof commands

/**
 * Turn a device's offloads off, so that a packet on the wire is one segment with its full checksum.
 *
 * struct ifreq is the name (16 bytes) and a pointer to struct ethtool_value { u32 cmd; u32 data }.
 */
export function turnOffOffloads(device: string, offloads: readonly Offload[]): void {
  const socket = libcFunction<[number, number, number]>('int socket(int domain, int type, int protocol)')
  const ioctl = libcFunction<[number, number, Uint8Array]>('int ioctl(int fd, unsigned long request, void *argument)')
  const close = libcFunction<[number]>('int close(int fd)')
  const fd = socket(2, 2 | 0o2000000, 0)
  if (fd < 0) throw libcError('socket(AF_INET)', errno())
  try {
    for (const offload of offloads) {
      const value = new Uint8Array(8)
      new DataView(value.buffer).setUint32(0, commands[offload], true)
      const request = new Uint8Array(40)
      new TextEncoder().encodeInto(device, request)
      new DataView(request.buffer).setBigUint64(16, addressOf(value), true)
      if (ioctl(fd, SIOCETHTOOL, request) < 0) {
        const error = errno()
        if (errnoName(error) !== 'EOPNOTSUPP') throw libcError(`ethtool ${device} ${offload}`, error)
      }
    }
  } finally {
    close(fd)
  }
}
