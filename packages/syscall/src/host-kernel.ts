import { fstatSync, openSync, readFileSync, readSync } from 'node:fs'
import { countCpuList } from './cpu-list.ts'
import { systemErrorNumber } from './fs-call.ts'
import type { Kernel } from './kernel.ts'
import { addressOf, errno, libcFunction, syscallPrototype } from './libc-function.ts'
import { mapMemory } from './mapped-memory.ts'
import { syscallErrors } from './syscall-errors.ts'

/** The number of bpf(2): include/uapi/asm-generic/unistd.h and arch/x86/entry/syscalls/syscall_64.tbl. */
const bpfSyscallNumbers: Readonly<Record<string, number>> = { x64: 321, arm64: 280 }

const RLIMIT_MEMLOCK = 8

/** The running kernel, through koffi; it costs nothing until the first call. Linux on x64 and arm64, else a typed error. */
export function hostKernel(): Kernel {
  const { platform, arch } = process
  const number = platform === 'linux' ? bpfSyscallNumbers[arch] : undefined
  if (number === undefined) throw syscallErrors.make('unsupported-platform', { platform, arch })
  const lazy: { cpus?: number } = {}
  return {
    bpf(command, attr, size) {
      const result = syscallByBytes()(number, command, attr, size)
      return result === -1 ? -errno() : result
    },
    bindBpf(command, attr, size) {
      const call = syscallByAddress()
      const address = addressOf(attr)
      return () => {
        const result = call(number, command, address, size)
        return result === -1 ? -errno() : result
      }
    },
    address: addressOf,
    close: (fd) => result(libcFunction<[number]>('int close(int fd)')(fd)),
    mapMemory,
    setSocketOption: (fd, level, option, value) =>
      result(
        libcFunction<[number, number, number, Uint8Array, number]>(
          'int setsockopt(int fd, int level, int option, const void *value, uint32_t length)',
        )(fd, level, option, value, value.length),
      ),
    getSocketOption(fd, level, option, value) {
      const length = Uint32Array.of(value.length)
      const failed = result(
        libcFunction<[number, number, number, Uint8Array, Uint8Array]>(
          'int getsockopt(int fd, int level, int option, void *value, void *length)',
        )(fd, level, option, value, new Uint8Array(length.buffer)),
      )
      return failed < 0 ? failed : (length[0] ?? 0)
    },
    raiseMemlock() {
      const infinity = new Uint8Array(16).fill(0xff)
      return result(
        libcFunction<[number, Uint8Array]>('int setrlimit(int resource, const void *limit)')(RLIMIT_MEMLOCK, infinity),
      )
    },
    readFile(path) {
      try {
        return readFileSync(path)
      } catch {
        return undefined
      }
    },
    openRead(path) {
      try {
        return openSync(path, 'r')
      } catch (error) {
        return -systemErrorNumber(error)
      }
    },
    readAll,
    fileSize: (fd) => fstatSync(fd).size,
    possibleCpus() {
      lazy.cpus ??= countCpuList(readFileSync('/sys/devices/system/cpu/possible', 'latin1'))
      return lazy.cpus
    },
  }
}

function result(value: number): number {
  return value === -1 ? -errno() : value
}

function syscallByBytes(): (number: number, command: number, attr: Uint8Array, size: number) => number {
  return libcFunction<[number, number, Uint8Array, number]>(syscallPrototype)
}

/** By address the call is 25 ns cheaper: koffi need not look into the array. */
function syscallByAddress(): (number: number, command: number, attr: bigint, size: number) => number {
  return libcFunction<[number, number, bigint, number]>(syscallPrototype)
}

/** sysfs gives a page per read whatever is asked for, so this is one open and plain reads into one buffer. */
function readAll(fd: number, sizeHint: number): Uint8Array {
  let bytes = new Uint8Array(Math.max(sizeHint, 4096))
  let length = 0
  for (;;) {
    if (length === bytes.length) {
      const grown = new Uint8Array(bytes.length * 2)
      grown.set(bytes)
      bytes = grown
    }
    // By the descriptor's own place: what an iterator prints has no other.
    const got = readSync(fd, bytes, length, bytes.length - length, null)
    if (got === 0) return bytes.subarray(0, length)
    length += got
  }
}
