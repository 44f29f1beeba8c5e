import { errnoName } from '../errno.ts'
import { errno, libcError, libcFunction } from '../libc-function.ts'
import { syscallErrors } from '../syscall-errors.ts'
import { encodeRequest, type NetlinkMessage, type NetlinkRequest, parseAttributes, parseMessages } from './message.ts'
import * as uapi from './uapi.ts'

const SOCK_RAW_CLOEXEC = 3 | 0o2000000

/** A conversation with the kernel in the network namespace that its thread was in when it was opened; calls block until the kernel has answered. */
export interface NetlinkSocket {
  /** Send one request and wait for its acknowledgement; the answer's other messages are returned. A refusal is `syscall/netlink`. */
  request(request: NetlinkRequest): readonly NetlinkMessage[]
  /** Send a request with NLM_F_DUMP; `each` gets the messages as they come, so that a long table is never held whole. */
  dump(request: NetlinkRequest, each: (message: NetlinkMessage) => void): void
  close(): void
  [Symbol.dispose](): void
}

/** Open a netlink socket of a protocol (NETLINK_ROUTE is 0) where this thread is now: call it after unshare(2). */
export function openNetlink(protocol: number): NetlinkSocket {
  const socket = libcFunction<[number, number, number]>('int socket(int domain, int type, int protocol)')
  const setsockopt = libcFunction<[number, number, number, Uint8Array, number]>(
    'int setsockopt(int fd, int level, int name, void *value, unsigned int length)',
  )
  const send = libcFunction<[number, Uint8Array, number, number]>(
    'long send(int fd, void *bytes, size_t length, int flags)',
  )
  const recv = libcFunction<[number, Uint8Array, number, number]>(
    'long recv(int fd, void *bytes, size_t length, int flags)',
  )
  const closeFd = libcFunction<[number]>('int close(int fd)')
  const fd = socket(uapi.AF_NETLINK, SOCK_RAW_CLOEXEC, protocol)
  if (fd < 0) throw libcError('socket(AF_NETLINK)', errno())
  const one = Uint8Array.of(1, 0, 0, 0)
  for (const option of [uapi.NETLINK_CAP_ACK, uapi.NETLINK_EXT_ACK]) setsockopt(fd, uapi.SOL_NETLINK, option, one, 4) // a kernel without it only says less
  const state = { sequence: 0 }
  const answer = new Uint8Array(ANSWER_BYTES)

  const talk = (what: NetlinkRequest, each: (message: NetlinkMessage) => void): void => {
    state.sequence += 1
    const bytes = encodeRequest(what, state.sequence)
    if (send(fd, bytes, bytes.length, 0) < 0) throw libcError(`send(${what.name})`, errno())
    for (;;) {
      const length = recv(fd, answer, answer.length, 0)
      if (length < 0) throw libcError(`recv(${what.name})`, errno())
      for (const message of parseMessages(answer.slice(0, length))) {
        if (message.sequence !== state.sequence)
          throw syscallErrors.make('netlink-reply', { request: what.name, found: `sequence ${message.sequence}` })
        if (message.type === uapi.NLMSG_ERROR) checkAcknowledgement(what.name, message)
        if (message.type === uapi.NLMSG_ERROR || message.type === uapi.NLMSG_DONE) return
        each(message)
      }
    }
  }
  const close = (): void => {
    closeFd(fd)
  }
  return {
    request(what) {
      const messages: NetlinkMessage[] = []
      talk(what, (message) => messages.push(message))
      return messages
    },
    dump: (what, each) => talk({ ...what, flags: what.flags | uapi.NLM_F_REQUEST | uapi.NLM_F_DUMP }, each),
    close,
    [Symbol.dispose]: close,
  }
}

/** The kernel fills datagrams up to 32 KiB where there is room for them. */
const ANSWER_BYTES = 65_536

/** struct nlmsgerr: the negated errno, then the request (its header alone when capped), then extended-ack attributes. */
export function checkAcknowledgement(request: string, message: NetlinkMessage): void {
  const view = new DataView(message.payload.buffer, message.payload.byteOffset, message.payload.byteLength)
  if (view.byteLength < 20)
    throw syscallErrors.make('netlink-reply', { request, found: `an error of ${view.byteLength} bytes` })
  const number = -view.getInt32(0, true)
  if (number === 0) return
  const echoed = message.flags & uapi.NLM_F_CAPPED ? 16 : view.getUint32(4, true)
  const tail = message.flags & uapi.NLM_F_ACK_TLVS ? message.payload.subarray(4 + ((echoed + 3) & ~3)) : undefined
  const text = tail === undefined ? undefined : parseAttributes(tail).get(uapi.NLMSGERR_ATTR_MSG)
  throw syscallErrors.make('netlink', {
    request,
    errno: number,
    name: errnoName(number),
    text: text === undefined ? '' : new TextDecoder().decode(text.subarray(0, text.indexOf(0))),
  })
}
