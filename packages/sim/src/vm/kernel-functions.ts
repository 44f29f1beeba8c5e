import { type Btf, nameOf } from '@tscc/btf'
import { type HostCall, type HostFunction, hostFunction, type Machine } from '@tscc/vm'
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
/** Helpers are below this; what is above stands for something that this kernel has not. */
const FIRST_MISSING = 100_000
const BPF_CALL = 0x85
const BPF_LD_IMM64 = 0x18
const BPF_PSEUDO_BTF_ID = 3
/** Bytes of a kernel variable's memory: more than any that programs look at has. */
const VARIABLE_SIZE = 256
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

/**
 * Linking puts calls of helpers that no kernel has (libbpf's numbers) where a field or a function is missing. Kernels take such
 * code where it is never reached; here it is a fault when it is.
 */
export function missingIn(programs: readonly { readonly code: Uint8Array }[]): Readonly<Record<number, HostFunction>> {
  const found: Record<number, HostFunction> = {}
  for (const { code } of programs) {
    const view = new DataView(code.buffer, code.byteOffset, code.byteLength)
    for (let at = 0; at + 8 <= code.length; at += code[at] === BPF_LD_IMM64 ? 16 : 8) {
      const id = view.getInt32(at + 4, true)
      if (code[at] !== BPF_CALL || (code[at + 1] ?? 0) >> 4 !== 0 || id < FIRST_MISSING) continue
      found[id] = hostFunction([], 'u32', (call) => {
        throw call.badArgument('something that this kernel has', id)
      })
    }
  }
  return found
}

/** Addresses of the kernel variables that programs look at: memory of zeros each. */
export function variablesIn(
  programs: readonly { readonly code: Uint8Array }[],
  btf: Btf,
  machine: Machine,
): Readonly<Record<string, number>> {
  const found: Record<string, number> = {}
  for (const { code } of programs) {
    const view = new DataView(code.buffer, code.byteOffset, code.byteLength)
    for (let at = 0; at + 8 <= code.length; at += code[at] === BPF_LD_IMM64 ? 16 : 8) {
      if (code[at] !== BPF_LD_IMM64 || (code[at + 1] ?? 0) >> 4 !== BPF_PSEUDO_BTF_ID) continue
      const name = nameOf(btf, view.getInt32(at + 4, true))
      found[name] ??= machine.region({ name, size: VARIABLE_SIZE, access: 'read' }).address
    }
  }
  return found
}
