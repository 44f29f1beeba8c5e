import { createRequire } from 'node:module'
import { errnoName } from './errno.ts'
import { syscallErrors } from './syscall-errors.ts'

/** What a libc function takes: integers, C strings, bytes (passed by address), and addresses as bigint (or null). */
export type LibcArgument = number | bigint | string | Uint8Array | null

/** The part of koffi that is used; its own types end in `any`. */
interface Koffi {
  load(path: null): { func(prototype: string): (...values: readonly LibcArgument[]) => unknown }
  errno(): number
  address(value: Uint8Array): bigint
  view(address: bigint, length: number): ArrayBuffer
}

interface Libc {
  readonly koffi: Koffi
  readonly bind: (prototype: string) => (...values: readonly LibcArgument[]) => unknown
  readonly functions: Map<string, (...values: readonly LibcArgument[]) => unknown>
}

/** What every use of bpf(2) calls sooner or later is bound together with the library. */
export const syscallPrototype = 'int syscall(long number, int command, void *attr, uint32_t size)'
export const mmapPrototype = 'void *mmap(void *addr, size_t length, int prot, int flags, int fd, long offset)'

/** koffi and libc are loaded on the first call (7 ms), so that importing this package costs nothing. */
const loaded: { libc?: Libc } = {}

function libc(): Libc {
  const existing = loaded.libc
  if (existing !== undefined) return existing
  const { platform, arch } = process
  if (platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64'))
    throw syscallErrors.make('unsupported-platform', { platform, arch })
  let koffi: Koffi
  let library: ReturnType<Koffi['load']>
  try {
    koffi = createRequire(import.meta.url)('koffi') as Koffi // require() is untyped; Koffi above is checked by the tests
    library = koffi.load(null)
  } catch (cause) {
    throw syscallErrors.make('koffi-missing', { platform, arch }, cause)
  }
  const bind = (prototype: string) => library.func(prototype)
  const functions = new Map([syscallPrototype, mmapPrototype].map((prototype) => [prototype, bind(prototype)]))
  const libc: Libc = { koffi, bind, functions }
  loaded.libc = libc
  return libc
}

/**
 * A libc function by its C prototype, made once per prototype: `libcFunction<[number], number>('int close(int fd)')`.
 *
 * Type names are C's (`int`, `long`, `uint32_t`, `size_t`, `void *`, `const char *`); a pointer result is a bigint,
 * a `long` result is a number while it is a safe integer. Bytes are passed by address and may be written to.
 */
export function libcFunction<Args extends readonly LibcArgument[], Result extends number | bigint = number>(
  prototype: string,
): (...values: Args) => Result {
  const { functions, bind } = libc()
  let bound = functions.get(prototype)
  if (bound === undefined) {
    try {
      bound = bind(prototype)
    } catch (cause) {
      throw syscallErrors.make('prototype', { prototype }, cause)
    }
    functions.set(prototype, bound)
  }
  return bound as (...values: Args) => Result // the caller states the types of the prototype it wrote
}

/** Call a libc function by prototype; a result of -1 is `syscall/libc` with call name and errno. */
export function callLibc(prototype: string, ...values: readonly LibcArgument[]): number {
  const result = Number(libcFunction<readonly LibcArgument[], number | bigint>(prototype)(...values))
  if (result === -1) throw libcError(libcCallName(prototype), errno())
  return result
}

/** The name in a C prototype: `mmap` of `void *mmap(void *, …)`. */
function libcCallName(prototype: string): string {
  return /(\w+)\s*\(/.exec(prototype)?.[1] ?? prototype
}

/** The error that {@link callLibc} throws, for callers that looked at the result themselves. */
export function libcError(call: string, number: number): ReturnType<typeof syscallErrors.make<'libc'>> {
  return syscallErrors.make('libc', { call, errno: number, name: errnoName(number) })
}

/** errno as the last libc call left it: read it at once after the call. */
export function errno(): number {
  return libc().koffi.errno()
}

/** The address of a byte array's first byte; it holds while the array is reachable. */
export function addressOf(bytes: Uint8Array): bigint {
  return libc().koffi.address(bytes)
}

/** Native memory as bytes, without a copy; the memory must outlive every use of the view. */
export function viewMemory(address: bigint, length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(libc().koffi.view(address, length))
}
