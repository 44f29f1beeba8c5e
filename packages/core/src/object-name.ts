/** Longest name of a BPF object: BPF_OBJ_NAME_LEN less the zero. */
const MAX_NAME = 15

/**
 * Whether the kernel takes it as the name of a BPF object: at most 15 of `A-Z a-z 0-9 _ .`, none is fine. Scanned by hand:
 * regular expressions are slow at first use.
 */
export function isObjectName(name: string): boolean {
  if (name.length > MAX_NAME) return false
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i)
    const letter = (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a)
    const other = (code >= 0x30 && code <= 0x39) || code === 0x5f || code === 0x2e
    if (!letter && !other) return false
  }
  return true
}
