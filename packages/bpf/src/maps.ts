import { onlyCompiled } from './bpf-errors.ts'
import type { s64, u32, u64 } from './integers.ts'
import type { AnySock } from './kernel.ts'

/** How a map is made. */
export interface MapOptions {
  /** Keep it beyond the process, in a bpffs, under its name. */
  readonly pin?: true
  /** BPF_F_* of map creation. */
  readonly flags?: number
  /** At most 15 characters; default: that of the constant. */
  readonly name?: string
}

/** What a map can hold, and have as a key. */
export type MapData = number | boolean | object

/** Where a value lies: a struct reads and writes directly, a scalar through `value`. */
export type Ref<V> = [V] extends [number | boolean] ? { value: V } : V

declare const opaque: unique symbol

/**
 * A timer, which lies in a struct that an array or a hash table holds; `bpf_timer_init()` and the helpers beside it
 * know it (5.15). User space sees nothing of it.
 */
export interface bpf_timer {
  readonly [opaque]?: 'bpf_timer'
}

/**
 * A place for a struct of the kernel's that the program owns, in a struct that an array or a hash table holds (5.19): a packet
 * (`sk_buff`, in queueing disciplines), a task, a cgroup. User space sees nothing of it.
 */
export interface Kptr<T extends object> {
  /** Put one there, or null, and take what was there: both change hands. */
  exchange(next: T | null): T | null
}

/** What all maps have. */
export interface BpfMap {
  readonly name: string
}

/** Values by key. `lookup`, `update` and `delete` are the program's side, everything else is user space's. */
export interface KeyedMap<K, V> extends BpfMap {
  /** The value under a key, to be read and written in place; null where there is none. */
  lookup(key: K): Ref<V> | null
  /** Write a value: flags BPF_ANY (default), BPF_NOEXIST, BPF_EXIST. 0, or a negative error number. */
  update(key: K, value: V, flags?: number): s64
  /** Remove a key. 0, or a negative error number. */
  delete(key: K): s64
  /** User space: the value under a key. */
  get(key: K): V | undefined
  /** User space: write a value. */
  set(key: K, value: V): void
  /** User space: is there a value? */
  has(key: K): boolean
  /** User space. */
  keys(): IterableIterator<K>
  /** User space. */
  values(): IterableIterator<V>
  /** User space. */
  entries(): IterableIterator<[K, V]>
  /** User space: how many there are, by counting. */
  readonly size: number
  /** User space. */
  [Symbol.iterator](): IterableIterator<[K, V]>
}

/** Values by index, zero at first; `delete` is an error on it. */
export interface ArrayMap<V> extends BpfMap {
  /** The value at an index, to be read and written in place; null beyond the end. */
  lookup(index: u32): Ref<V> | null
  /** Write a value. 0, or a negative error number. */
  update(index: u32, value: V, flags?: number): s64
  /** User space. */
  get(index: number): V | undefined
  /** User space. */
  set(index: number, value: V): void
  /** User space. */
  values(): IterableIterator<V>
  /** User space. */
  entries(): IterableIterator<[number, V]>
  /** User space: how many there are. */
  readonly size: number
  /** User space. */
  [Symbol.iterator](): IterableIterator<[number, V]>
}

/** Values by key, one for each processor: the program sees its own, user space all. */
export interface PercpuMap<K, V> extends BpfMap {
  /** This processor's value. */
  lookup(key: K): Ref<V> | null
  /** Write this processor's value. 0, or a negative error number. */
  update(key: K, value: V, flags?: number): s64
  /** Remove a key, for all processors. 0, or a negative error number. */
  delete(key: K): s64
  /** User space: the values of all processors, in their order. */
  get(key: K): readonly V[] | undefined
  /** User space: write the values of all processors. */
  set(key: K, values: readonly V[]): void
  /** User space. */
  keys(): IterableIterator<K>
  /** User space. */
  entries(): IterableIterator<[K, readonly V[]]>
  /** User space: how many keys there are. */
  readonly size: number
  /** User space. */
  [Symbol.iterator](): IterableIterator<[K, readonly V[]]>
}

/** A value for each socket, which goes with it. */
export interface SkStorage<V> extends BpfMap {
  /** The socket's value, or null; with `init` it is made where there is none (null where memory is short). */
  get(sk: AnySock, init?: V): Ref<V> | null
  /** User space: the value of the socket of a descriptor. */
  get(fd: number): V | undefined
  /** User space: give the socket of a descriptor a value. */
  set(fd: number, value: V): void
  /** Forget the socket's value; user space says which by its descriptor. 0, or a negative error number. */
  delete(sk: AnySock | number): s64
}

/** First in, first out (`queue`), or last in, first out (`stack`). */
export interface QueueMap<V> extends BpfMap {
  /** Add a value: with flags BPF_EXIST the oldest goes when it is full. 0, or a negative error number. */
  push(value: V, flags?: number): s64
  /** Take the next; null where it is empty. */
  pop(): Ref<V> | null
  /** Read the next and leave it; null where it is empty. */
  peek(): Ref<V> | null
}

/** Records from programs to user space, in their order, of all processors. */
export interface RingBuffer<T> extends BpfMap {
  /** Copy a record. 0, or a negative error number where it is full. */
  output(record: T, flags?: number): s64
  /** Room for a record, to be filled in, and submitted or discarded on every path; null where it is full. */
  reserve(): T | null
  /** Hand a reserved record to the reader. */
  submit(record: T, flags?: number): void
  /** Give a reserved record back unread. */
  discard(record: T, flags?: number): void
  /** BPF_RB_*: bytes unread, size, positions. */
  query(what: u64): u64
  /** User space: what has come since the last time. */
  drain(): readonly T[]
  /** User space: records as they come. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T>
}

/** A hash table. */
export function hash<K extends MapData, V extends MapData>(maxEntries: number, options?: MapOptions): KeyedMap<K, V>
export function hash(): never {
  return onlyCompiled('hash')
}

/** An array. */
export function array<V extends MapData>(length: number, options?: MapOptions): ArrayMap<V>
export function array(): never {
  return onlyCompiled('array')
}

/** A hash table with a value for each processor. */
export function percpuHash<K extends MapData, V extends MapData>(
  maxEntries: number,
  options?: MapOptions,
): PercpuMap<K, V>
export function percpuHash(): never {
  return onlyCompiled('percpuHash')
}

/** An array with a value for each processor. */
export function percpuArray<V extends MapData>(length: number, options?: MapOptions): Omit<PercpuMap<u32, V>, 'delete'>
export function percpuArray(): never {
  return onlyCompiled('percpuArray')
}

/** A hash table that drops what was not used for long when it is full. */
export function lruHash<K extends MapData, V extends MapData>(maxEntries: number, options?: MapOptions): KeyedMap<K, V>
export function lruHash(): never {
  return onlyCompiled('lruHash')
}

/** The same with a value for each processor. */
export function lruPercpuHash<K extends MapData, V extends MapData>(
  maxEntries: number,
  options?: MapOptions,
): PercpuMap<K, V>
export function lruPercpuHash(): never {
  return onlyCompiled('lruPercpuHash')
}

/** Values by prefix, the longest that fits is found: the key is a struct that begins with `prefixlen: u32`, bits. */
export function lpmTrie<K extends { readonly prefixlen: u32 }, V extends MapData>(
  maxEntries: number,
  options?: MapOptions,
): KeyedMap<K, V>
export function lpmTrie(): never {
  return onlyCompiled('lpmTrie')
}

/** A value for each socket. */
export function skStorage<V extends MapData>(options?: MapOptions): SkStorage<V>
export function skStorage(): never {
  return onlyCompiled('skStorage')
}

/** First in, first out. */
export function queue<V extends MapData>(maxEntries: number, options?: MapOptions): QueueMap<V>
export function queue(): never {
  return onlyCompiled('queue')
}

/** Last in, first out. */
export function stack<V extends MapData>(maxEntries: number, options?: MapOptions): QueueMap<V>
export function stack(): never {
  return onlyCompiled('stack')
}

/** A ring buffer of a size in bytes: a power of two, and a multiple of the page size. */
export function ringbuf<T extends object>(bytes: number, options?: MapOptions): RingBuffer<T>
export function ringbuf(): never {
  return onlyCompiled('ringbuf')
}
