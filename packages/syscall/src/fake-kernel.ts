import { type BpfCommand, bpfCommands } from './commands.ts'
import { errnoNumber } from './errno.ts'
import type { Kernel } from './kernel.ts'

/** One bpf(2) call as a fake kernel sees it. */
export interface FakeCall {
  readonly command: BpfCommand
  /** The bytes that the caller declared: the first `size` of its attr. */
  readonly attr: Uint8Array
  /** The whole attr as it lies in the caller's memory, to write outputs into. */
  readonly output: DataView
  /** The caller's bytes at an address that it passed; undefined for null and for addresses it never took. */
  readonly memory: (address: bigint) => Uint8Array | undefined
}

/** What a scripted kernel answers; without a row a command is ENOSYS. */
export interface FakeHandlers {
  readonly bpf?: Partial<Record<BpfCommand, (call: FakeCall) => number>>
  /** Files by path, for procfs and sysfs. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>
  readonly possibleCpus?: number
  readonly raiseMemlock?: () => number
  readonly setSocketOption?: Kernel['setSocketOption']
  readonly getSocketOption?: Kernel['getSocketOption']
  readonly mapMemory?: Kernel['mapMemory']
}

/** A fake kernel and what it saw. */
export interface FakeKernel extends Kernel {
  /** Every bpf(2) call, in order, with a copy of the attr. */
  readonly calls: readonly { readonly command: BpfCommand; readonly attr: Uint8Array }[]
  /** Descriptors that were closed, in order. */
  readonly closedFds: readonly number[]
}

const commandByNumber: ReadonlyMap<number, BpfCommand> = new Map(
  Object.entries(bpfCommands).map(([name, row]) => [row.number, name as BpfCommand]), // the keys of the table
)

/** A kernel without a kernel, for tests: commands go to handlers, addresses are `0x1000`, `0x2000` … in the order they are taken. */
export function fakeKernel(handlers: FakeHandlers = {}): FakeKernel {
  const calls: { command: BpfCommand; attr: Uint8Array }[] = []
  const closedFds: number[] = []
  const addresses = new Map<Uint8Array, bigint>()
  const memories = new Map<bigint, Uint8Array>()
  const opened = new Map<number, Uint8Array>()
  const file = (path: string): Uint8Array | undefined => {
    const content = handlers.files?.[path]
    return typeof content === 'string' ? new TextEncoder().encode(content) : content
  }
  const bpf = (number: number, attr: Uint8Array, size: number): number => {
    const command = commandByNumber.get(number)
    if (command === undefined) return -errnoNumber('EINVAL')
    calls.push({ command, attr: attr.slice(0, size) })
    const output = new DataView(attr.buffer, attr.byteOffset, attr.length)
    const call = { command, attr: attr.slice(0, size), output, memory: (at: bigint) => memories.get(at) }
    return handlers.bpf?.[command]?.(call) ?? -errnoNumber('ENOSYS')
  }
  return {
    calls,
    closedFds,
    bpf,
    bindBpf: (command, attr, size) => () => bpf(command, attr, size),
    address(bytes) {
      const existing = addresses.get(bytes)
      if (existing !== undefined) return existing
      const address = BigInt(addresses.size + 1) * 0x1000n
      addresses.set(bytes, address)
      memories.set(address, bytes)
      return address
    },
    close(fd) {
      closedFds.push(fd)
      return 0
    },
    mapMemory: handlers.mapMemory ?? (() => unscripted('mapMemory')),
    setSocketOption: handlers.setSocketOption ?? (() => -errnoNumber('ENOSYS')),
    getSocketOption: handlers.getSocketOption ?? (() => -errnoNumber('ENOSYS')),
    raiseMemlock: handlers.raiseMemlock ?? (() => 0),
    readFile: file,
    openRead(path) {
      const content = file(path)
      if (content === undefined) return -errnoNumber('ENOENT')
      const fd = 1000 + opened.size
      opened.set(fd, content)
      return fd
    },
    readAll: (fd) => opened.get(fd)?.slice() ?? unscripted('readAll'),
    fileSize: (fd) => opened.get(fd)?.length ?? 0,
    possibleCpus: () => handlers.possibleCpus ?? 1,
  }
}

function unscripted(what: string): never {
  throw new Error(`fake kernel: ${what} is not scripted`)
}
