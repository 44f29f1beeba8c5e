import { onlyCompiled } from './bpf-errors.ts'
import type { bool, u32 } from './integers.ts'
import type { Kernel } from './kernel.ts'
import type { CallbackName } from './struct-ops.ts'

/** `for (const i of range(n))`: 0 to n - 1, or `from` to `to` - 1; the bound must be one that the verifier can see. */
export function range(n: u32): Iterable<u32>
export function range(from: u32, to: u32): Iterable<u32>
export function range(): never {
  return onlyCompiled('range')
}

/** Call `body` with 0, 1, … n - 1 until it gives true; gives how often. For bounds that only the running program knows (5.17). */
export function loop(n: u32, body: ((i: u32) => boolean | undefined) | ((i: u32) => void)): u32
export function loop(): never {
  return onlyCompiled('loop')
}

/** `const f = noinline((x: u32): u32 => …)`: a function of its own instead of a copy at each call. */
export function noinline<F extends (...args: never) => unknown>(f: F): F
export function noinline(): never {
  return onlyCompiled('noinline')
}

/** `init: sleepable(() => …)`: a callback whose program may sleep, and so call what sleeps; the kernel lets few of them. */
export function sleepable<F extends (...args: never) => unknown>(f: F): F
export function sleepable(): never {
  return onlyCompiled('sleepable')
}

/** Does this kernel have the field? `if (exists(tp.accecn_minlen)) …`; told at link time, the other branch is removed. */
export function exists(field: unknown): bool
export function exists(): never {
  return onlyCompiled('exists')
}

/** May programs of this kernel call the kernel function? Told at link time, the other branch is removed. */
export function hasKfunc(kfunc: (...args: never) => unknown): bool
export function hasKfunc(): never {
  return onlyCompiled('hasKfunc')
}

/** Does this kernel call the callback? Told at link time, the other branch is removed. */
export function hasCallback(name: CallbackName<Kernel<'tcp_congestion_ops'>> | (string & {})): bool
export function hasCallback(): never {
  return onlyCompiled('hasCallback')
}

/** Is this kernel of that version or later? Told at link time, the other branch is removed. */
export function kernelAtLeast(major: u32, minor: u32): bool
export function kernelAtLeast(): never {
  return onlyCompiled('kernelAtLeast')
}

/** A line to tracefs (`trace_pipe`), for debugging: `%d %u %x %lld %llu %llx`, at most twelve arguments (three before 5.16). */
export function printk(format: string, ...args: readonly (number | bigint | boolean)[]): void
export function printk(): never {
  return onlyCompiled('printk')
}

/** Add to a place (`flow.bytes`, `total.value`, `a[i]`) that others may write at the same time; gives what was there. */
export function atomicAdd<T extends number>(place: T, n: number): T
export function atomicAdd(): never {
  return onlyCompiled('atomicAdd')
}
