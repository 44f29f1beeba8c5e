import { createServer, type Server, type Socket } from 'node:net'
import type { ListenSpec } from './protocol.ts'
import { listeningSocket } from './tcp-socket.ts'

/** The receiving end of all flows of a run: reads as fast as it can and counts. */
export interface Receiver {
  listen(specs: readonly ListenSpec[]): Promise<void>
  /** Close listeners and connections; the bytes that arrived since {@link Receiver.listen}. */
  stop(): Promise<number>
}

/** Make a receiver; it listens when told to. */
export function createReceiver(): Receiver {
  const servers: Server[] = []
  const sockets = new Set<Socket>()
  let received = 0
  return {
    async listen(specs) {
      for (const spec of specs) {
        const server = createServer((socket) => {
          sockets.add(socket)
          socket.on('data', (bytes) => {
            received += bytes.length
          })
          socket.on('error', () => {}) // senders end a run with a reset
          socket.on('close', () => sockets.delete(socket))
        })
        servers.push(server)
        const fd = listeningSocket(spec)
        await new Promise<void>((resolve, reject) => {
          server.once('error', reject)
          server.listen({ fd }, resolve)
        })
      }
    },
    async stop() {
      for (const socket of sockets) socket.resetAndDestroy()
      await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))))
      const total = received
      received = 0
      return total
    },
  }
}
