// TCP over loopback under a congestion control of one's choice.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { congestionControl, setCongestionControl, tcpInfo } from '@tscc/syscall'

/** Send `bytes`; how many arrived, the name that the socket used, and its tcp_info before it closed. */
export async function transfer(kernel, name, bytes) {
  const server = createServer({ highWaterMark: 1 << 20 })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const arrived = new Promise((resolve, reject) => {
    server.on('connection', (socket) => {
      const state = { count: 0 }
      socket.on('data', (chunk) => {
        state.count += chunk.length
        if (state.count === bytes) resolve(state.count)
      })
      socket.on('end', () => resolve(state.count))
      socket.on('error', reject)
    })
  })
  const client = connect({ port: server.address().port, host: '127.0.0.1' })
  try {
    await once(client, 'connect')
    const { fd } = client._handle
    client.setNoDelay(true)
    setCongestionControl(kernel, fd, name)
    const used = congestionControl(kernel, fd)
    const chunk = Buffer.alloc(1 << 16)
    for (let sent = 0; sent < bytes; sent += chunk.length)
      if (!client.write(chunk.subarray(0, Math.min(chunk.length, bytes - sent)))) await once(client, 'drain')
    const count = await arrived
    return { arrived: count, used, info: tcpInfo(kernel, fd) }
  } finally {
    client.destroy()
    server.close()
  }
}
