// node connect-loop.mjs CGROUP: connects to itself over and over, as a member of the cgroup, until its stdin ends; then prints
// how many connections had which congestion control.
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { congestionControl, hostKernel } from '@tscc/syscall'
import { callLibc } from '@tscc/syscall/libc'

writeFileSync(`${process.argv[2]}/cgroup.procs`, `${process.pid}`)
const kernel = hostKernel()
const seen = {}
const server = createServer((socket) => socket.on('error', () => undefined).resume())
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address()
  const address = Uint8Array.of(2, 0, port >> 8, port & 255, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)
  const once = () => {
    const fd = callLibc('int socket(int domain, int type, int protocol)', 2, 1, 0)
    callLibc('int connect(int fd, void *address, unsigned int length)', fd, address, 16)
    const name = congestionControl(kernel, fd)
    callLibc('int close(int fd)', fd)
    seen[name] = (seen[name] ?? 0) + 1
    setImmediate(once)
  }
  process.stdout.write('ready\n')
  once()
})
process.stdin.on('end', () => {
  process.stdout.write(`${JSON.stringify(seen)}\n`, () => process.exit(0))
})
process.stdin.resume()
