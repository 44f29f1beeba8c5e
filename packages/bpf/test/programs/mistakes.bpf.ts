// What the editor must refuse: each line ends in the code that tsc gives, and a part of what it says.
import {
  array,
  type FixedArray,
  hash,
  inet_csk,
  inet_csk_ca,
  max,
  min,
  ringbuf,
  type s32,
  structOps,
  tcp_sk,
  tcp_slow_start,
  tunable,
  type u16,
  type u32,
  type u64,
} from '@tscc/bpf'
import type { rate_sample, sock, tcp_congestion_ops, tcp_sock } from '@tscc/vmlinux'

declare const sk: sock
declare const tp: tcp_sock
declare const rs: rate_sample

interface State {
  count: u32
}

// Widths
export const a1: u32 = tp.bytes_acked // error TS2322: 'u64' is not assignable to type 'u32'
export const a2: s32 = tp.snd_cwnd // error TS2322: 'u32' is not assignable to type 's32'
export const a3: u16 = tp.snd_cwnd // error TS2322: 'u32' is not assignable to type 'u16'
export const a4: u32 = rs.rtt_us // error TS2322: 's64' is not assignable to type 'u32'
export const a5: u32 = max(tp.bytes_acked, tp.snd_cwnd) // error TS2322: 'u64' is not assignable to type 'u32'
export const a6 = min(tp.snd_cwnd, rs.delivered) // error TS2769: No overload matches
tp.snd_cwnd = tp.bytes_acked // error TS2322: 'u64' is not assignable to type 'u32'

// Kernel structs
tp.srtt_us = 1 // error TS2540: read-only
tp.inet_conn.icsk_retransmits = 1 // error TS2540: read-only
tp.inet_conn.icsk_ack.ato = 1 // error TS2540: read-only
sk.sk_sndbuf = 1 // error TS2540: read-only
rs.losses = 1 // error TS2540: read-only
tp.snd_cwn = 1 // error TS2551: Did you mean 'snd_cwnd'
tcp_sk('sk') // error TS2559: Type '"sk"' has no properties in common with type 'TcpSocket'
inet_csk(rs) // error TS2345: 'rate_sample'
tcp_slow_start(inet_csk(sk), 1) // error TS2345: 'inet_connection_sock'
export const b1: tcp_sock = rs // error TS2740: missing the following properties
inet_csk_ca<State>(sk).coun = 1 // error TS2551: Did you mean 'count'

// Maps and variables
const counts = array<u64>(1)
const states = hash<u32, State>(1)
const events = ringbuf<State>(4096)
counts.lookup(0).value++ // error TS2531: possibly 'null'
states.lookup(0)?.value // error TS2339: 'value' does not exist
states.update(1, {}) // error TS2741: 'count' is missing
states.update(tp.bytes_acked, { count: 1 }) // error TS2345: 'u64' is not assignable
events.output({ count: 1, more: 2 }) // error TS2353: 'more' does not exist
export const c1: FixedArray<u32, 2> = ['x'] // error TS2322: 'string' is not assignable to type 'number'
export const c2 = tunable<u32>('2') // error TS2345: 'string' is not assignable
export const c3: u32 = tunable<u32>(2) // error TS2322: 'Tunable<u32>' is not assignable

// Callbacks
type Ops = tcp_congestion_ops
const ssthresh = (): u32 => 2
const undo_cwnd = ssthresh
const cong_avoid = (): void => undefined
const all = { name: 'x', ssthresh, undo_cwnd, cong_avoid }
structOps<Ops>({ name: 'x', undo_cwnd, cong_avoid }) // error TS2345: 'ssthresh' is missing
structOps<Ops>({ name: 'x', ssthresh, cong_avoid }) // error TS2345: 'undo_cwnd' is missing
structOps<Ops>({ name: 'x', ssthresh, undo_cwnd }) // error TS2345: 'cong_avoid' is missing
structOps<Ops>({ ssthresh, undo_cwnd, cong_avoid }) // error TS2345: 'name' is missing
structOps<Ops>({ ...all, pkt_acked: () => 1 }) // error TS2561: Did you mean to write 'pkts_acked'
structOps<Ops>({ name: 'x', ssthres: ssthresh, undo_cwnd, cong_avoid }) // error TS2561: Did you mean to write 'ssthresh'
structOps<Ops>({ ...all, get_info: () => 1 }) // error TS2353: 'get_info' does not exist
structOps<Ops>({ ...all, name: 5 }) // error TS2322: 'number' is not assignable to type 'string'
structOps<Ops>({ ...all, ssthresh: () => 'x' }) // error TS2322: 'string' is not assignable to type 'u32'
structOps<Ops>({ ...all, ssthresh: () => tp.bytes_acked }) // error TS2322: 'u64' is not assignable to type 'u32'
structOps<Ops>({ ...all, cong_avoid: (_sk, ack) => ack.x }) // error TS2339: 'x' does not exist on type 'u32'
structOps<Ops>({ ...all, set_state: (sk) => tcp_sk(sk).snd_cwn }) // error TS2551: Did you mean 'snd_cwnd'
