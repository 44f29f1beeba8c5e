import type { MapMemoryOptions, MappedMemory } from './mapped-memory.ts'

/**
 * The seam between this package and a kernel: the few calls that everything else is written in.
 *
 * `hostKernel()` is the running one, `fakeKernel()` a scripted one. Failures are values (a negated errno),
 * so that callers can try again before they throw.
 */
export interface Kernel {
  /** bpf(2): a result of zero or more, or the negated errno. */
  bpf(command: number, attr: Uint8Array, size: number): number
  /** The same call bound to one attr, for hot paths; `attr` must stay reachable and in place. */
  bindBpf(command: number, attr: Uint8Array, size: number): () => number
  /** The address of bytes, as the kernel will see it; it holds while the array is reachable. */
  address(bytes: Uint8Array): bigint
  /** close(2): zero or the negated errno. */
  close(fd: number): number
  /** mmap(2) of a descriptor; throws `syscall/libc`. */
  mapMemory(fd: number, options: MapMemoryOptions): MappedMemory
  /** setsockopt(2): zero or the negated errno. */
  setSocketOption(fd: number, level: number, option: number, value: Uint8Array): number
  /** getsockopt(2) into `value`: the length that was written, or the negated errno. */
  getSocketOption(fd: number, level: number, option: number, value: Uint8Array): number
  /** Lift the soft and hard RLIMIT_MEMLOCK of this process: zero or the negated errno. */
  raiseMemlock(): number
  /** A whole small file (procfs, sysfs), undefined where it cannot be read. */
  readFile(path: string): Uint8Array | undefined
  /** open(2) read-only, close-on-exec: a descriptor or the negated errno. */
  openRead(path: string): number
  /** Read a descriptor from its start to the end, in few large reads. */
  readAll(fd: number, sizeHint: number): Uint8Array
  /** The size of an open file in bytes. */
  fileSize(fd: number): number
  /** CPUs that may ever be present, which is how many values an element of a per-CPU map has. */
  possibleCpus(): number
}
