/** Marks of a segment (TCPCB_*). */
export const SACKED_ACKED = 1
export const SACKED_RETRANS = 2
export const LOST = 4
export const EVER_RETRANS = 0x80
/** Retransmitted at some time. */
export const RETRANS = SACKED_RETRANS | EVER_RETRANS

/** End of the list by time. */
export const NO_SLOT = -1

/**
 * What is kept of each segment between `snd_una` and `snd_nxt` (TCP_SKB_CB), in rings of one size that doubles where needed.
 * A segment's place in them is its `slot`. Those that may be lost are also in a list by the time they were sent last.
 */
export interface Scoreboard {
  mask: number
  flags: Uint8Array
  /** When it was sent last, ns. */
  sent: Float64Array
  /** tx.delivered, and when that was reached, us; 0 in the latter: counted already. */
  delivered: Float64Array
  deliveredCe: Float64Array
  deliveredAt: Float64Array
  /** tx.first_tx_mstamp, us. */
  firstTx: Float64Array
  appLimited: Uint8Array
  /** Segments between snd_una and its end when it was sent. */
  inFlight: Int32Array
  next: Int32Array
  previous: Int32Array
  /** The segment of a slot. */
  segment: Float64Array
  oldest: number
  newest: number
}

/** An empty scoreboard for at least `capacity` segments (a power of two). */
export function createScoreboard(capacity = 64): Scoreboard {
  return {
    mask: capacity - 1,
    flags: new Uint8Array(capacity),
    sent: new Float64Array(capacity),
    delivered: new Float64Array(capacity),
    deliveredCe: new Float64Array(capacity),
    deliveredAt: new Float64Array(capacity),
    firstTx: new Float64Array(capacity),
    appLimited: new Uint8Array(capacity),
    inFlight: new Int32Array(capacity),
    next: new Int32Array(capacity).fill(NO_SLOT),
    previous: new Int32Array(capacity).fill(NO_SLOT),
    segment: new Float64Array(capacity),
    oldest: NO_SLOT,
    newest: NO_SLOT,
  }
}

export const slotOf = (board: Scoreboard, segment: number): number => segment & board.mask

/** Make room for segments `first` to `end` (exclusive) at once. */
export function reserve(board: Scoreboard, first: number, end: number): void {
  if (end - first <= board.mask + 1) return
  const larger = createScoreboard((board.mask + 1) * 2)
  for (let segment = first; segment < end - 1; segment++) {
    const from = segment & board.mask
    const to = segment & larger.mask
    larger.flags[to] = board.flags[from] ?? 0
    larger.sent[to] = board.sent[from] ?? 0
    larger.delivered[to] = board.delivered[from] ?? 0
    larger.deliveredCe[to] = board.deliveredCe[from] ?? 0
    larger.deliveredAt[to] = board.deliveredAt[from] ?? 0
    larger.firstTx[to] = board.firstTx[from] ?? 0
    larger.appLimited[to] = board.appLimited[from] ?? 0
    larger.inFlight[to] = board.inFlight[from] ?? 0
    larger.segment[to] = segment
  }
  for (let slot = board.oldest; slot !== NO_SLOT; slot = board.next[slot] ?? NO_SLOT)
    append(larger, board.segment[slot] ?? 0)
  Object.assign(board, larger)
}

function append(board: Scoreboard, segment: number): void {
  const slot = segment & board.mask
  board.previous[slot] = board.newest
  board.next[slot] = NO_SLOT
  if (board.newest === NO_SLOT) board.oldest = slot
  else board.next[board.newest] = slot
  board.newest = slot
}

const isListed = (board: Scoreboard, slot: number): boolean =>
  board.oldest === slot || (board.previous[slot] ?? NO_SLOT) !== NO_SLOT

/** Take a segment out of the list by time, if it is there. */
export function unlist(board: Scoreboard, slot: number): void {
  if (!isListed(board, slot)) return
  const previous = board.previous[slot] ?? NO_SLOT
  const next = board.next[slot] ?? NO_SLOT
  if (previous === NO_SLOT) board.oldest = next
  else board.next[previous] = next
  if (next === NO_SLOT) board.newest = previous
  else board.previous[next] = previous
  board.previous[slot] = NO_SLOT
  board.next[slot] = NO_SLOT
}

/** A segment was sent now: it becomes the newest of the list by time. */
export function listAsNewest(board: Scoreboard, segment: number): void {
  unlist(board, segment & board.mask)
  append(board, segment)
}

/** A new segment takes its slot. */
export function startSegment(board: Scoreboard, segment: number): void {
  const slot = segment & board.mask
  board.segment[slot] = segment
  board.flags[slot] = 0
  board.next[slot] = NO_SLOT
  board.previous[slot] = NO_SLOT
}
