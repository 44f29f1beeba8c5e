/**
 * What was found of a key, for the few keys that were asked for last: passes ask for the same of one function, one after the
 * other, and then never again. A WeakMap of all that ever was would cost more than it saves.
 */
export interface Remembered<K extends object, V> {
  get(key: K): V | undefined
  set(key: K, value: V): V
}

/** As many as a pass has functions in hand: what it was given, what it makes of it, and one in between. */
const PLACES = 3

/** Nothing yet. */
export function remembered<K extends object, V>(): Remembered<K, V> {
  const keys: K[] = []
  const values: V[] = []
  let next = 0
  return {
    get(key) {
      const at = keys.indexOf(key)
      return at < 0 ? undefined : values[at]
    },
    set(key, value) {
      keys[next] = key
      values[next] = value
      next = (next + 1) % PLACES
      return value
    },
  }
}
