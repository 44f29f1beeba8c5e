/** A value of the kernel's configuration, as `.kconfig` externs ask for it. */
export type ConfigValue =
  | { readonly kind: 'tristate'; readonly value: 'y' | 'n' | 'm' }
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'text'; readonly value: string }

/** The values of a few keys out of a configuration's text; a key that is not set has none. */
export function configValues(text: string, keys: readonly string[]): ReadonlyMap<string, ConfigValue> {
  const wanted = new Set(keys)
  const found = new Map<string, ConfigValue>()
  for (let start = 0; start < text.length && found.size < wanted.size; ) {
    const newline = text.indexOf('\n', start)
    const end = newline < 0 ? text.length : newline
    const equals = text.indexOf('=', start)
    if (equals >= 0 && equals < end) {
      const key = text.slice(start, equals)
      if (wanted.has(key)) found.set(key, parseValue(text.slice(equals + 1, end).trim()))
    }
    start = end + 1
  }
  return found
}

function parseValue(text: string): ConfigValue {
  if (text === 'y' || text === 'n' || text === 'm') return { kind: 'tristate', value: text }
  if (text.startsWith('"'))
    return { kind: 'text', value: text.slice(1, text.endsWith('"') ? -1 : undefined).replace(/\\(.)/g, '$1') }
  if (/^-?(?:0x[0-9a-fA-F]{1,16}|\d{1,20})$/.test(text))
    return { kind: 'integer', value: text.startsWith('-') ? -BigInt(text.slice(1)) : BigInt(text) }
  return { kind: 'text', value: text }
}
