export { bpfErrors, onlyCompiled } from './bpf-errors.ts'

/** Never exported by the package, so that no completion shows it: it only tells structs apart. */
declare const tag: unique symbol

/** Something of the kernel that can be passed on but not looked into; every kernel struct is one too, of its name. */
export interface Opaque<Name extends string> {
  readonly [tag]?: Name | undefined
}

/** A pointer to scalars: `value` is the first. */
export interface Pointer<T> {
  value: T
  [index: number]: T
}

/** A pointer to scalars that may not be written. */
export interface ReadonlyPointer<T> {
  readonly value: T
  readonly [index: number]: T
}

/** An array within a kernel struct. */
export interface KernelArray<T, Length extends number> {
  readonly length: Length
  [index: number]: T
}

/** An array within a kernel struct that may not be written. */
export interface ReadonlyKernelArray<T, Length extends number> {
  readonly length: Length
  readonly [index: number]: T
}

/** Kernel structs by name: empty here, `@tscc/vmlinux` (or what `tscc types` writes) adds what it declares. */
// biome-ignore lint/suspicious/noEmptyInterface: modules of kernel types augment it
export interface KernelTypes {}

/** A kernel struct, as the imported types declare it. */
export type Kernel<Name extends string> = KernelTypes extends Readonly<Record<Name, infer T>> ? T : Opaque<Name>

/** A socket of any of the kernel's types. */
export type AnySock = Opaque<
  | 'sock'
  | 'sock_common'
  | 'inet_sock'
  | 'inet_connection_sock'
  | 'tcp_sock'
  | 'tcp6_sock'
  | 'request_sock'
  | 'inet_request_sock'
  | 'tcp_request_sock'
  | 'tcp_timewait_sock'
  | 'bpf_sock'
  | 'bpf_tcp_sock'
>
