import { type HostCall, type HostFunction, hostFunction } from '@tscc/vm'
import { tcp_reno_cong_avoid, tcp_reno_ssthresh, tcp_reno_undo_cwnd } from '../cc/reno.ts'
import { tcp_cong_avoid_ai, tcp_slow_start } from '../cc/window.ts'
import { HZ } from '../tcp/constants.ts'
import type { TcpSock } from '../tcp/tcp-sock.ts'
import { BOOT_TIME, segmentOf } from './socket-fields.ts'
import type { SocketMemory } from './socket-memory.ts'

/** What the kernel's functions reach: sockets by the addresses of their regions. */
export interface Sockets {
  readonly byAddress: ReadonlyMap<number, SocketMemory>
  /** __tcp_send_ack of a receiving socket. */
  sendAck(socket: SocketMemory, segment: number): void
  /** ns. */
  now(): number
}

const EINVAL = 22
const SOL_SOCKET = 1
const SOL_TCP = 6
const SO_MAX_PACING_RATE = 47
const TCP_CONGESTION = 13

function socketAt(sockets: Sockets, call: HostCall, address: number): SocketMemory {
  const { region, offset } = call.region(address)
  const socket = offset === 0 ? sockets.byAddress.get(region.address) : undefined
  if (socket === undefined) throw call.badArgument('socket', address)
  return socket
}

/** Run `body` on the simulator's socket as the program has left it, and show what it did. */
function onSocket<Result>(
  sockets: Sockets,
  call: HostCall,
  address: number,
  body: (tp: TcpSock, socket: SocketMemory) => Result,
): Result {
  const socket = socketAt(sockets, call, address)
  socket.read()
  const result = body(socket.tp, socket)
  socket.write()
  return result
}

/** Functions of the kernel that congestion controls call by name. */
export function kfuncsOf(sockets: Sockets): Readonly<Record<string, HostFunction>> {
  return {
    tcp_reno_ssthresh: hostFunction(['pointer'], 'u32', (call, sk) => onSocket(sockets, call, sk, tcp_reno_ssthresh)),
    tcp_reno_undo_cwnd: hostFunction(['pointer'], 'u32', (call, sk) => onSocket(sockets, call, sk, tcp_reno_undo_cwnd)),
    tcp_reno_cong_avoid: hostFunction(['pointer', 'u32', 'u32'], 'void', (call, sk, ack, acked) => {
      onSocket(sockets, call, sk, (tp) => tcp_reno_cong_avoid(tp, ack, acked))
    }),
    tcp_slow_start: hostFunction(['pointer', 'u32'], 'u32', (call, sk, acked) =>
      onSocket(sockets, call, sk, (tp) => tcp_slow_start(tp, acked)),
    ),
    tcp_cong_avoid_ai: hostFunction(['pointer', 'u32', 'u32'], 'void', (call, sk, w, acked) => {
      onSocket(sockets, call, sk, (tp) => tcp_cong_avoid_ai(tp, w, acked))
    }),
  }
}

/** Helpers of the kernel that only sockets have, by number: bpf_setsockopt, bpf_getsockopt, bpf_tcp_send_ack, bpf_jiffies64. */
export function helpersOf(sockets: Sockets): Readonly<Record<number, HostFunction>> {
  return {
    49: hostFunction(['pointer', 'u32', 'u32', 'pointer', 'u32'], 's32', (call, sk, level, name, value, size) =>
      onSocket(sockets, call, sk, (tp) => {
        const bytes = call.bytes(value, size, 'read')
        if (level === SOL_SOCKET && name === SO_MAX_PACING_RATE && size >= 4) {
          tp.sk_max_pacing_rate = new DataView(bytes.buffer, bytes.byteOffset, size).getUint32(0, true)
          tp.sk_pacing_rate = Math.min(tp.sk_pacing_rate, tp.sk_max_pacing_rate)
          return 0
        }
        return level === SOL_TCP && name === TCP_CONGESTION ? 0 : -EINVAL
      }),
    ),
    57: hostFunction(['pointer', 'u32', 'u32', 'pointer', 'u32'], 's32', (call, _sk, _level, _name, value, size) => {
      call.bytes(value, size, 'write').fill(0)
      return -EINVAL
    }),
    116: hostFunction(['pointer', 'u32'], 's32', (call, sk, next) => {
      const socket = socketAt(sockets, call, sk)
      socket.read()
      sockets.sendAck(socket, segmentOf(socket.tp, next, socket.tp.rcv_nxt))
      socket.write()
      return 0
    }),
    118: hostFunction([], 'u64', () => BigInt(Math.floor(((sockets.now() / 1000 + BOOT_TIME) * HZ) / 1_000_000))),
  }
}
