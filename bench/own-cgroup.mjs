// Connections over loopback of a cgroup of our own, in this process, by libc's sockets.
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { cgroupRoot } from '@tscc/syscall'
import { callLibc, libcFunction } from '@tscc/syscall/libc'

const root = cgroupRoot()

/** Join a cgroup that is removed again afterwards. */
export function inOwnCgroup(use) {
  const folder = `${root}/tscc-bench-${process.pid}`
  const own = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '/'
  mkdirSync(folder)
  writeFileSync(`${folder}/cgroup.procs`, `${process.pid}`)
  try {
    return use(folder)
  } finally {
    writeFileSync(`${root}${own}/cgroup.procs`, `${process.pid}`)
    rmdirSync(folder)
  }
}

const prototypes = {
  socket: 'int socket(int domain, int type, int protocol)',
  setsockopt: 'int setsockopt(int fd, int level, int name, void *value, unsigned int length)',
  bind: 'int bind(int fd, void *address, unsigned int length)',
  listen: 'int listen(int fd, int backlog)',
  getsockname: 'int getsockname(int fd, void *address, void *length)',
  connect: 'int connect(int fd, void *address, unsigned int length)',
  accept: 'int accept(int fd, void *address, void *length)',
  send: 'long send(int fd, void *bytes, size_t length, int flags)',
  recv: 'long recv(int fd, void *bytes, size_t length, int flags)',
  close: 'int close(int fd)',
}

/** A listener on 127.0.0.1, and connections to it. */
export function loopback() {
  const socket = () => callLibc(prototypes.socket, 2, 1 | 0o2000000, 0)
  const close = (fd) => callLibc(prototypes.close, fd)
  const listener = socket()
  const address = new Uint8Array(16)
  address.set([2, 0, 0, 0, 127, 0, 0, 1])
  callLibc(prototypes.bind, listener, address, 16)
  callLibc(prototypes.listen, listener, 64)
  callLibc(prototypes.getsockname, listener, address, Uint8Array.of(16, 0, 0, 0))
  const connect = () => {
    const client = socket()
    // Closed at once, so that no port waits.
    callLibc(prototypes.setsockopt, client, 1, 13, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0), 8)
    callLibc(prototypes.connect, client, address, 16)
    const server = callLibc(prototypes.accept, listener, null, null)
    return {
      client,
      server,
      close() {
        close(client)
        close(server)
      },
    }
  }
  return { connect, close: () => close(listener) }
}

/** A byte there and a byte back, so many times. */
export function pingPong({ client, server }, times) {
  const byte = new Uint8Array(1)
  const send = libcFunction(prototypes.send)
  const recv = libcFunction(prototypes.recv)
  for (let i = 0; i < times; i++) {
    send(client, byte, 1, 0)
    recv(server, byte, 1, 0)
    send(server, byte, 1, 0)
    recv(client, byte, 1, 0)
  }
}
