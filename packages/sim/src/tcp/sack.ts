import {
  FLAG_DATA_SACKED,
  FLAG_DSACK_TLP,
  FLAG_DSACKING_ACK,
  FLAG_ORIG_SACK_ACKED,
  TCP_CA_Loss,
  TCP_MAX_REORDERING,
} from './constants.ts'
import { tcp_rack_advance } from './rack.ts'
import { tcp_rate_skb_delivered } from './rate-sample.ts'
import { LOST, RETRANS, SACKED_ACKED, SACKED_RETRANS, unlist } from './scoreboard.ts'
import type { Sender } from './sender.ts'

/** The SACK option of an acknowledgement (RFC 2018): `count` blocks of segments, start and end in turn, a DSACK first. */
export interface SackBlocks {
  count: number
  /** Does the first block tell of a duplicate (RFC 2883)? */
  dsack: boolean
  readonly edges: Float64Array
}

/** What an acknowledgement's blocks came to. */
export interface SackResult {
  flag: number
  /** Lowest segment that turned out to be reordered; infinite: none. */
  reordered: number
  /** When the oldest and newest newly acknowledged segments were sent, us; -1: none. */
  first: number
  last: number
}

/** Reordering was seen: a segment arrived after higher ones (Linux's metric; RFC 8985, section 6.2, step 3). */
export function tcp_check_sack_reordering(s: Sender, low: number): void {
  const { tp } = s
  const distance = s.highestSack - low
  if (distance <= 0) return
  if (distance > tp.reordering) tp.reordering = Math.min(distance, TCP_MAX_REORDERING)
  tp.reord_seen += 1
}

/** A duplicate arrived: one retransmission less was needed (RFC 3708, section 3; RFC 8985, section 6.2, step 4). */
function dsackSeen(s: Sender, start: number, end: number, priorUna: number, result: SackResult): void {
  const { tp } = s
  result.flag |= FLAG_DSACKING_ACK
  const ofProbe = tp.tlp_high_seq !== -1 && tp.tlp_retrans && end === tp.tlp_high_seq
  if (ofProbe) result.flag |= FLAG_DSACK_TLP
  else tp.rack_dsack_seen = true
  if (end <= priorUna && tp.undo_marker !== -1 && end > tp.undo_marker && tp.undo_retrans > 0)
    tp.undo_retrans = Math.max(0, tp.undo_retrans - (end - start))
}

/** A duplicate of a segment that is not acknowledged cumulatively. */
function dsackSegment(s: Sender, segment: number, result: SackResult): void {
  const { tp, board } = s
  const slot = segment & board.mask
  const flags = board.flags[slot] ?? 0
  if ((flags & RETRANS) === 0) return
  if (tp.undo_marker !== -1 && tp.undo_retrans > 0 && segment >= tp.undo_marker) tp.undo_retrans -= 1
  if ((flags & SACKED_ACKED) !== 0) result.reordered = Math.min(result.reordered, segment)
  if ((flags & SACKED_RETRANS) !== 0) {
    board.flags[slot] = flags & ~SACKED_RETRANS
    tp.retrans_out -= 1
  }
}

/** A segment is selectively acknowledged. */
function sackSegment(s: Sender, segment: number, ece: boolean, result: SackResult): void {
  const { tp, board } = s
  const slot = segment & board.mask
  let flags = board.flags[slot] ?? 0
  if ((flags & SACKED_ACKED) !== 0) return
  const sent = Math.floor((board.sent[slot] ?? 0) / 1000)
  tcp_rack_advance(tp, flags, segment + 1, sent)
  if ((flags & SACKED_RETRANS) !== 0) {
    // Lost and retransmitted; a probe's retransmission stays in flight.
    if ((flags & LOST) !== 0) {
      flags &= ~(LOST | SACKED_RETRANS)
      tp.lost_out -= 1
      tp.retrans_out -= 1
    }
  } else {
    if ((flags & RETRANS) === 0) {
      if (segment < s.highestSack) result.reordered = Math.min(result.reordered, segment)
      if (segment < tp.high_seq) result.flag |= FLAG_ORIG_SACK_ACKED
      if (result.first === -1) result.first = sent
      result.last = sent
    }
    if ((flags & LOST) !== 0) {
      flags &= ~LOST
      tp.lost_out -= 1
    }
  }
  board.flags[slot] = flags | SACKED_ACKED
  result.flag |= FLAG_DATA_SACKED
  tp.sacked_out += 1
  tp.delivered += 1
  if (ece) tp.delivered_ce += 1
  s.highestSack = Math.max(s.highestSack, segment + 1)
  tcp_rate_skb_delivered(s, segment)
  unlist(board, slot)
}

/** What of a block the acknowledgement before had too, as the end of a known start; 0: nothing. */
function knownEnd(s: Sender, start: number, end: number): number {
  for (let at = 0; at < s.sackCache.length; at += 2) {
    const from = s.sackCache[at] ?? 0
    const to = s.sackCache[at + 1] ?? 0
    if (from <= start && to > start) return Math.min(to, end)
  }
  return 0
}

/** Mark what the blocks tell of (RFC 6675, section 4, "Update"). */
export function tcp_sacktag_write_queue(
  s: Sender,
  blocks: Readonly<SackBlocks>,
  priorUna: number,
  ece: boolean,
  result: SackResult,
): void {
  const { tp, board } = s
  if (tp.sacked_out === 0) s.highestSack = tp.snd_una
  const first = blocks.dsack ? 1 : 0
  if (blocks.dsack) {
    const start = blocks.edges[0] ?? 0
    const end = blocks.edges[1] ?? 0
    dsackSeen(s, start, end, priorUna, result)
    for (let segment = Math.max(start, tp.snd_una); segment < Math.min(end, tp.snd_nxt); segment++)
      dsackSegment(s, segment, result)
  }
  // In order of sequence numbers, so that reordering is told from new holes.
  const order = orderOf(blocks, first)
  for (let n = 0; n < order.length; n++) {
    const block = order[n] ?? 0
    const start = Math.max(blocks.edges[block * 2] ?? 0, tp.snd_una)
    const end = Math.min(blocks.edges[block * 2 + 1] ?? 0, tp.snd_nxt)
    for (let segment = start; segment < end; ) {
      const known = knownEnd(s, segment, end)
      if (known > segment) segment = known
      else {
        if (((board.flags[segment & board.mask] ?? 0) & SACKED_ACKED) === 0) sackSegment(s, segment, ece, result)
        segment += 1
      }
    }
  }
  for (let at = 0; at < s.sackCache.length; at += 2) {
    const block = at / 2 + first
    const used = block < blocks.count
    s.sackCache[at] = used ? (blocks.edges[block * 2] ?? 0) : 0
    s.sackCache[at + 1] = used ? Math.min(blocks.edges[block * 2 + 1] ?? 0, tp.snd_nxt) : 0
  }
  if (result.reordered !== Number.POSITIVE_INFINITY && (tp.icsk_ca_state !== TCP_CA_Loss || tp.undo_marker !== -1))
    tcp_check_sack_reordering(s, result.reordered)
}

/** Orders of up to four blocks, by number; made once. */
const orders: readonly (readonly number[])[][] = [0, 1].map((first) =>
  [0, 1, 2, 3, 4].map((count) => Array.from({ length: Math.max(0, count - first) }, (_, n) => n + first)),
)

const scratch: number[] = []

/** The blocks' numbers, lowest first. */
function orderOf(blocks: Readonly<SackBlocks>, first: number): readonly number[] {
  if (blocks.count - first <= 1) return orders[first]?.[blocks.count] ?? []
  scratch.length = 0
  for (let block = first; block < blocks.count; block++) {
    const start = blocks.edges[block * 2] ?? 0
    let at = scratch.length
    scratch.push(block)
    for (; at > 0 && (blocks.edges[(scratch[at - 1] ?? 0) * 2] ?? 0) > start; at--) scratch[at] = scratch[at - 1] ?? 0
    scratch[at] = block
  }
  return scratch
}
