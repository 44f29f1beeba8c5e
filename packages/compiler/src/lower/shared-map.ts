/** A map whose copies share what is in it until one of them changes: most blocks of a program declare nothing. */
export class SharedMap<V> implements Map<string, V> {
  #entries: Map<string, V>
  #isShared: boolean

  private constructor(entries: Map<string, V>, isShared: boolean) {
    this.#entries = entries
    this.#isShared = isShared
  }

  /** One of these may be shared; any other map is copied. */
  static of<V>(map: ReadonlyMap<string, V>): SharedMap<V> {
    if (!(map instanceof SharedMap)) return new SharedMap(new Map(map), false)
    map.#isShared = true
    return new SharedMap<V>(map.#entries, true)
  }

  get size(): number {
    return this.#entries.size
  }

  get [Symbol.toStringTag](): string {
    return 'SharedMap'
  }

  get(key: string): V | undefined {
    return this.#entries.get(key)
  }

  has(key: string): boolean {
    return this.#entries.has(key)
  }

  set(key: string, value: V): this {
    this.#own().set(key, value)
    return this
  }

  delete(key: string): boolean {
    return this.#own().delete(key)
  }

  clear(): void {
    this.#own().clear()
  }

  forEach(call: (value: V, key: string, map: Map<string, V>) => void): void {
    for (const [key, value] of this.#entries) call(value, key, this)
  }

  keys(): ReturnType<Map<string, V>['keys']> {
    return this.#entries.keys()
  }

  values(): ReturnType<Map<string, V>['values']> {
    return this.#entries.values()
  }

  entries(): ReturnType<Map<string, V>['entries']> {
    return this.#entries.entries()
  }

  [Symbol.iterator](): ReturnType<Map<string, V>['entries']> {
    return this.#entries.entries()
  }

  #own(): Map<string, V> {
    if (!this.#isShared) return this.#entries
    this.#isShared = false
    // The constructor takes twice as long.
    const entries = new Map<string, V>()
    for (const [key, value] of this.#entries) entries.set(key, value)
    this.#entries = entries
    return entries
  }
}
