import { onlyCompiled } from './bpf-errors.ts'

/** Names of the callbacks of an ops struct. */
export type CallbackName<T> = { [K in keyof T]-?: T[K] extends (...args: never) => unknown ? K : never }[keyof T] &
  string

/** Names of an ops struct's texts and numbers. */
type DataName<T> = {
  [K in keyof T]-?: T[K] extends number
    ? K
    : T[K] extends { readonly length: number; readonly [i: number]: number }
      ? K
      : never
}[keyof T] &
  string

type Data<T> = { readonly [K in DataName<T>]?: T[K] extends number ? number : string }

/** What the kernel's tcp_congestion_ops has, on any kernel. */
interface TcpLike {
  readonly ssthresh: unknown
  readonly undo_cwnd: unknown
  readonly cong_avoid: unknown
  readonly cong_control: unknown
}

/**
 * `cong_control(sk, ack, flag, rs)` since 6.10 and `cong_control(sk, rs)` before: a program may be written in either way and runs
 * on every kernel. So its second parameter can be taken for both.
 */
type CongControl<F> = F extends (sk: infer Sk, ack: infer Ack, flag: infer Flag, rs: infer Sample) => infer R
  ? (sk: Sk, ack: Ack & Sample, flag: Flag, rs: Sample) => R
  : F

/** Callbacks of tcp_congestion_ops that BPF may not implement (the kernel says -524). */
type Refused = 'get_info'

type TcpOptional<T> = Exclude<CallbackName<T>, 'ssthresh' | 'undo_cwnd' | 'cong_avoid' | 'cong_control' | Refused>

type TcpSpec<T extends TcpLike> = {
  /** What `TCP_CONGESTION` and `tcp_congestion_control` call it, at most 15 characters. */
  readonly name: string
  /** TCP_CONG_*: 1 anyone may use it, 2 it needs ECN. */
  readonly flags?: number
} & Pick<T, 'ssthresh' | 'undo_cwnd'> &
  Partial<Pick<T, TcpOptional<T>>> &
  (
    | (Pick<T, 'cong_avoid'> & { readonly cong_control?: CongControl<T['cong_control']> })
    | (Partial<Pick<T, 'cong_avoid'>> & { readonly cong_control: CongControl<T['cong_control']> })
  )

/** What the kernel's Qdisc_ops has. */
interface QdiscLike {
  readonly id: unknown
  readonly enqueue: unknown
  readonly dequeue: unknown
  readonly init: unknown
  readonly reset: unknown
  readonly destroy: unknown
}

type QdiscSpec<T extends QdiscLike> = {
  /** What `tc qdisc` calls it, at most 15 characters. */
  readonly id: string
} & Pick<T, 'enqueue' | 'dequeue' | 'init' | 'reset' | 'destroy'>

/** What the kernel's sched_ext_ops has. */
interface SchedLike {
  readonly name: unknown
  readonly select_cpu: unknown
  readonly dispatch: unknown
}

type SchedSpec<T extends SchedLike> = {
  /** What `/sys/kernel/sched_ext/root/ops` says, at most 127 characters. */
  readonly name: string
} & Omit<Data<T>, 'name'> &
  Partial<Pick<T, CallbackName<T>>>

/** What {@link structOps} takes: the callbacks of the ops struct, those that the kernel insists on required, and its data. */
export type StructOpsSpec<T> = T extends TcpLike
  ? TcpSpec<T>
  : T extends QdiscLike
    ? QdiscSpec<T>
    : T extends SchedLike
      ? SchedSpec<T>
      : Partial<Pick<T, CallbackName<T>>> & Data<T>

/** What user space can do with a struct_ops: the handle that importing a `*.bpf.ts` file gives. */
export interface StructOps {
  readonly name: string
  /** The same as {@link attach}. */
  register(options?: AttachOptions): AttachedStructOps
  /** Register it until it is closed: `using link = vegas.attach()`. */
  attach(options?: AttachOptions): AttachedStructOps
  /** Make its map alone: with links nothing is registered before `attach` or a `replace` that takes it. */
  prepare(options?: AttachOptions): PreparedStructOps
}

/** How a struct_ops registers. */
export interface AttachOptions {
  /** `link`: by a link (Linux 6.4), which another can take over in one step; `map`: by its map alone. Default: what the kernel has. */
  readonly by?: 'link' | 'map'
  /** Another name than the file's, so that two of them stand side by side. */
  readonly name?: string
  /** Members that are no callbacks, where they are known only now: `{ ring_fd }` of `io_uring_bpf_ops`. */
  readonly data?: Readonly<Record<string, number | bigint | string>>
}

/** A struct_ops in the kernel that waits for a link; made `by: 'map'` it is registered until it is closed. */
export interface PreparedStructOps {
  readonly name: string
  readonly mapId: number
  /** Register it by a link of its own; it may be linked again after that link has gone. */
  attach(): AttachedStructOps
  close(): void
  [Symbol.dispose](): void
}

/** Something that is attached until it is closed. */
export interface Attached {
  readonly name: string
  close(): void
  [Symbol.dispose](): void
}

/** A registered struct_ops. */
export interface AttachedStructOps extends Attached {
  /** Of the map that is registered now. */
  readonly mapId: number
  /**
   * Put another of the same name in its place, in one step: sockets that use the old one keep it. Refused where `expected`
   * (default: what was put there last) is not what is in place; the old one then stays.
   */
  replace(next: StructOps | PreparedStructOps, options?: { readonly expected?: PreparedStructOps }): void
}

/** A set of callbacks for the kernel: `export default structOps<tcp_congestion_ops>({ name: 'mine', ssthresh(sk) { … }, … })`. */
export function structOps<T extends object>(spec: StructOpsSpec<T>): StructOps
export function structOps(): never {
  return onlyCompiled('structOps')
}
