/** Text of a pointer's bytes, for `%s`. */
export type TextAt = (address: number) => string

/**
 * What `bpf_trace_printk` prints: `%d %i %u %x %X %o %p %c %s %%`, with flags, width and the lengths `h`, `l` and `ll`;
 * without a length a number has 32 bits.
 */
export function formatText(format: string, values: readonly bigint[], textAt: TextAt): string {
  let next = 0
  return format.replaceAll(
    /%([-+ #0]*)(\d*)(?:\.\d+)?(hh?|ll?|z)?([diuxXopcs%])/g,
    (_whole, flags: string, width: string, length: string | undefined, kind: string) => {
      if (kind === '%') return '%'
      const value = values[next++] ?? 0n
      const bits = kind === 'p' || length === 'l' || length === 'll' || length === 'z' ? 64 : 32
      const unsigned = BigInt.asUintN(bits, value)
      const text =
        kind === 's'
          ? textAt(Number(value))
          : kind === 'c'
            ? String.fromCharCode(Number(value & 0xffn))
            : kind === 'd' || kind === 'i'
              ? `${BigInt.asIntN(bits, value)}`
              : kind === 'u'
                ? `${unsigned}`
                : kind === 'o'
                  ? unsigned.toString(8)
                  : kind === 'p'
                    ? unsigned.toString(16).padStart(16, '0')
                    : `${flags.includes('#') ? '0x' : ''}${kind === 'x' ? unsigned.toString(16) : unsigned.toString(16).toUpperCase()}`
      const fill = Math.min(Number(width), 1024)
      if (flags.includes('-')) return text.padEnd(fill)
      return text.padStart(fill, flags.includes('0') ? '0' : ' ')
    },
  )
}
