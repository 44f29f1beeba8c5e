import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { congestionControl, type Kernel, setCongestionControl } from '@tscc/syscall'

/** The descriptor of a Node socket, which its public API does not tell. */
function fdOf(socket: Socket): number {
  const { _handle } = socket as unknown as { _handle?: { fd?: number } } // Node's own, stable since 0.10
  if (_handle?.fd === undefined || _handle.fd < 0) throw new Error('socket has no descriptor')
  return _handle.fd
}

/** Send `bytes` over IPv6 loopback under a congestion control; the number that arrived, and the name in use. */
export async function transfer(kernel: Kernel, cc: string, bytes: number): Promise<{ arrived: number; cc: string }> {
  const server = createServer({ highWaterMark: 1 << 20 })
  server.listen(0, '::1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // listening on a TCP port
  const counted = new Promise<number>((resolve, reject) => {
    server.on('connection', (socket) => {
      let arrived = 0
      socket.on('data', (chunk) => {
        arrived += chunk.length
      })
      socket.on('end', () => resolve(arrived))
      socket.on('error', reject)
    })
  })
  const client = connect({ port, host: '::1' })
  try {
    await once(client, 'connect')
    setCongestionControl(kernel, fdOf(client), cc)
    const used = congestionControl(kernel, fdOf(client))
    const chunk = Buffer.alloc(1 << 16)
    for (let sent = 0; sent < bytes; sent += chunk.length) {
      const last = chunk.subarray(0, Math.min(chunk.length, bytes - sent))
      if (!client.write(last)) await once(client, 'drain')
    }
    client.end()
    return { arrived: await counted, cc: used }
  } finally {
    client.destroy()
    server.close()
  }
}

/** A connected pair of loopback sockets, to choose congestion controls on. */
export async function connectedPair(): Promise<{ fd: number; close(): void }> {
  const server = createServer()
  server.listen(0, '::1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // listening on a TCP port
  const accepted = once(server, 'connection') as Promise<[Socket]> // the event's one argument
  const client = connect({ port, host: '::1' })
  await once(client, 'connect')
  const [peer] = await accepted
  return {
    fd: fdOf(client),
    close() {
      client.destroy()
      peer.destroy()
      server.close()
    },
  }
}
