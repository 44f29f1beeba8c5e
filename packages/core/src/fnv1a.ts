/** FNV-1a of a text's UTF-8, 32 bits (draft-eastlake-fnv, section 2). For names and buckets; it keeps no secrets. */
export function fnv1a(text: string): number {
  let hash = 0x811c_9dc5
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x0100_0193)
  return hash >>> 0
}
