import type { SackBlocks } from './sack.ts'

/** Blocks that a receiver keeps, the one with the newest arrival first (RFC 2018, section 4). */
const MAX_BLOCKS = 4
/** Blocks that fit beside a time stamp. */
const MAX_SENT = 3

/** What a receiver has out of order, for its SACK option; a duplicate to tell of comes once (RFC 2883). */
export interface SackList {
  count: number
  readonly edges: Float64Array
  dsackStart: number
  /** -1: none. */
  dsackEnd: number
}

export function createSackList(): SackList {
  return { count: 0, edges: new Float64Array(MAX_BLOCKS * 2), dsackStart: -1, dsackEnd: -1 }
}

function remove(list: SackList, block: number): void {
  list.edges.copyWithin(block * 2, block * 2 + 2, list.count * 2)
  list.count -= 1
}

/** Segments `start` to `end` arrived out of order. */
export function addToSackList(list: SackList, start: number, end: number): void {
  let from = start
  let to = end
  for (let block = list.count - 1; block >= 0; block--) {
    const blockStart = list.edges[block * 2] ?? 0
    const blockEnd = list.edges[block * 2 + 1] ?? 0
    if (blockStart > to || blockEnd < from) continue
    from = Math.min(from, blockStart)
    to = Math.max(to, blockEnd)
    remove(list, block)
  }
  if (list.count === MAX_BLOCKS) list.count -= 1
  list.edges.copyWithin(2, 0, list.count * 2)
  list.edges[0] = from
  list.edges[1] = to
  list.count += 1
}

/** All before `next` has arrived. */
export function trimSackList(list: SackList, next: number): void {
  for (let block = list.count - 1; block >= 0; block--)
    if ((list.edges[block * 2 + 1] ?? 0) <= next) remove(list, block)
}

/** Write the option of an acknowledgement that leaves now. */
export function takeSackOption(list: SackList, into: SackBlocks): void {
  into.dsack = list.dsackEnd !== -1
  let at = 0
  if (into.dsack) {
    into.edges[0] = list.dsackStart
    into.edges[1] = list.dsackEnd
    at = 1
    list.dsackEnd = -1
  }
  for (let block = 0; block < list.count && at < MAX_SENT; block++, at++) {
    into.edges[at * 2] = list.edges[block * 2] ?? 0
    into.edges[at * 2 + 1] = list.edges[block * 2 + 1] ?? 0
  }
  into.count = at
}
