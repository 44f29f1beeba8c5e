// One end of a veth pair: a process in a network namespace of its own that sends or receives as fast as it can, in blocking
// calls. It is told what to do, and answers, through its channel; it ends with its parent.
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { hostKernel, tcpInfo } from '@tscc/syscall'
import { callLibc, errno, libcError, libcFunction } from '@tscc/syscall/libc'

const CLONE_NEWNET = 0x4000_0000
const [AF_INET, SOCK_STREAM, IPPROTO_TCP, TCP_CONGESTION] = [2, 1, 6, 13]
const [PR_SET_PDEATHSIG, SIGKILL] = [1, 9]
const [SOL_SOCKET, SO_LINGER, SO_RCVLOWAT, SO_SNDBUFFORCE] = [1, 13, 18, 32]
/** With `eachAck`: what waits to be sent, and what has to wait to be read before somebody does. Bytes. */
const [SEND_BUFFER, UNREAD] = [2 << 20, 256 << 10]
/** With it, received bytes are thrown away uncopied. */
const MSG_TRUNC = 0x20
const MSG_NOSIGNAL = 0x4000
const PORT = 5201

const setsockopt = 'int setsockopt(int fd, int level, int name, void *value, unsigned int length)'
const chunk = new Uint8Array(1 << 20)
const kernel = hostKernel()

function ip(...args) {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`)
}

/** struct sockaddr_in. */
function address(host) {
  const bytes = new Uint8Array(16)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, AF_INET, true)
  view.setUint16(2, PORT, false)
  bytes.set([10, 0, 0, host], 4)
  return bytes
}

/** Options are ints, one or more. */
const setOption = (fd, level, name, ...numbers) =>
  callLibc(setsockopt, fd, level, name, new Uint8Array(new Int32Array(numbers).buffer), 4 * numbers.length)

const socket = () => callLibc('int socket(int domain, int type, int protocol)', AF_INET, SOCK_STREAM, 0)

const calls = {
  /** The device is there: addresses, and what the route to the other end is to hold windows at. */
  setUp({ host, peer, gsoMaxSegs, window }) {
    // A route's locked metrics come by what is remembered of an earlier connection
    writeFileSync('/proc/sys/net/ipv4/tcp_no_metrics_save', window === undefined ? '1' : '0')
    if (window !== undefined) writeFileSync('/proc/sys/net/ipv4/tcp_no_ssthresh_metrics_save', '0')
    ip('link', 'set', 'lo', 'up')
    ip('address', 'add', `10.0.0.${host}/24`, 'dev', 'eth0')
    if (gsoMaxSegs !== undefined) ip('link', 'set', 'eth0', 'gso_max_segs', `${gsoMaxSegs}`)
    ip('link', 'set', 'eth0', 'up')
    if (window === undefined) return
    const { clamp, ssthresh } = window
    ip(
      'route',
      'add',
      `10.0.0.${peer}/32`,
      'dev',
      'eth0',
      'cwnd',
      'lock',
      `${clamp}`,
      'ssthresh',
      'lock',
      `${ssthresh}`,
    )
  },

  listen({ host, eachAck }) {
    const fd = socket()
    // Below it, every second segment is acknowledged at once, and not when it is read
    if (eachAck) setOption(fd, SOL_SOCKET, SO_RCVLOWAT, UNREAD)
    callLibc('int bind(int fd, void *address, unsigned int length)', fd, address(host), 16)
    callLibc('int listen(int fd, int backlog)', fd, 8)
    setImmediate(receiveForever, fd)
  },

  /** Connect with `cc` and send for `seconds`: what was acknowledged by then. */
  send({ peer, cc, seconds, eachAck }) {
    const fd = socket()
    if (eachAck) {
      // While a process holds the socket, acknowledgements wait and become one: so it shall sleep, and there is enough to send
      setOption(fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER)
      // What is left belongs to this connection's time, not to the next one's
      setOption(fd, SOL_SOCKET, SO_LINGER, 1, 10)
    }
    const name = new TextEncoder().encode(cc)
    callLibc(setsockopt, fd, IPPROTO_TCP, TCP_CONGESTION, name, name.length)
    callLibc('int connect(int fd, void *address, unsigned int length)', fd, address(peer), 16)
    const send = libcFunction('long send(int fd, void *bytes, unsigned long length, int flags)')
    const start = performance.now()
    while (performance.now() - start < 1000 * seconds)
      if (send(fd, chunk, chunk.length, MSG_NOSIGNAL) < 0) throw libcError('send', errno())
    const took = (performance.now() - start) / 1000
    const { tcpi_bytes_acked, tcpi_total_retrans, tcpi_snd_cwnd } = tcpInfo(kernel, fd)
    kernel.close(fd)
    return { rate: (8 * Number(tcpi_bytes_acked)) / took, retransmits: tcpi_total_retrans, cwnd: tcpi_snd_cwnd }
  },
}

/** Connections one after the other; this process does nothing else from here on. */
function receiveForever(listening) {
  const accept = libcFunction('int accept(int fd, void *address, void *length)')
  const recv = libcFunction('long recv(int fd, void *bytes, unsigned long length, int flags)')
  for (;;) {
    const fd = accept(listening, null, null)
    if (fd < 0) throw libcError('accept', errno())
    while (recv(fd, chunk, chunk.length, MSG_TRUNC) > 0);
    kernel.close(fd)
  }
}

callLibc(
  'int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)',
  PR_SET_PDEATHSIG,
  SIGKILL,
  0,
  0,
  0,
)
callLibc('int unshare(int flags)', CLONE_NEWNET)
process.on('disconnect', () => process.exit(0))
process.on('message', ({ call, argument }) => {
  try {
    process.send({ result: calls[call](argument) ?? null })
  } catch (error) {
    process.send({ error: error.message })
  }
})
process.send({ result: null })
