import type { MachineCall } from './host/machine-call.ts'
import type { MachineMap } from './maps/map.ts'
import { CODE_REGION, DEPTH, DEPTH_LIMIT, FUEL, INSN, MAX_CALL_FRAMES, TAILED, TWO_32 } from './memory/layout.ts'
import type { Memory } from './memory/memory.ts'
import type { BoundProgram, Executable } from './program/bound-program.ts'
import { vmErrors } from './vm-errors.ts'

/** A function that has an address. */
interface Code {
  readonly executable: Callable
  readonly fn: number
}

/** What the host and other programs may do with a program's functions. */
type Callable = Pick<Executable, 'call' | 'callWide'>

/** What runs: the program whose instructions are executed, for faults. */
export interface Running {
  readonly program: BoundProgram
  readonly budget: number
}

/** What both engines work on: the state of a machine while programs run. */
export interface Runtime {
  readonly memory: Memory
  readonly host: MachineCall
  running: Running | undefined
  /** Give functions addresses; the first one's. Addresses of one program are 8 apart. */
  addCode(executable: Callable, functions: number): number
  codeAt(address: number): Code | undefined
  addMap(map: MachineMap): void
  /** Replace the running function by a program of a map; what that returned, or undefined if there is none. */
  tailCall(context: bigint, map: number, index: number): bigint | undefined
  /** The legacy loads' packet: a number in network byte order there, or -1 outside of it. */
  packet(offset: number, size: number): number
  /** Where that packet lies; null address for none. */
  setPacket(address: number, size: number): void
  /** The fault of an access that the running program may not make. */
  accessFault(insn: number, address: bigint, size: number, access: 'read' | 'write'): Error
  budgetFault(insn: number): Error
  /** At the call that runs. */
  depthFault(): Error
}

/** What a machine is made with that programs see. */
export interface RuntimeOptions {
  readonly now: () => bigint
  readonly random: () => number
  readonly trace: (text: string) => void
}

/** MAX_TAIL_CALL_CNT */
const MAX_TAIL_CALLS = 33

/** The state of a machine. */
export function createRuntime(memory: Memory, options: RuntimeOptions): Runtime {
  const { view } = memory
  const code: Code[] = []
  const maps = new Map<number, MachineMap>()
  const records = new Map<number, MachineMap>()
  let tailCalls = 0
  let packet = { address: 0, size: 0 }

  const where = (insn: number) => ({ program: runtime.running?.program.name ?? 'host', insn })
  const here = () => where(view.getUint32(INSN, true))
  const badArgument = (what: string, value: number | bigint): Error =>
    vmErrors.make('bad-argument', { ...here(), what, value: BigInt(value) })

  const host: MachineCall = {
    bytes(address, size, access) {
      const start = memory.resolve(address, size, access === 'write')
      if (start < 0) throw runtime.accessFault(view.getUint32(INSN, true), BigInt(address), size, access)
      return memory.bytes.subarray(start, start + size)
    },
    readable(address, size) {
      const start = memory.resolve(address, size, false)
      return start < 0 ? undefined : memory.bytes.subarray(start, start + size)
    },
    withBytes(name, bytes, body) {
      const region = memory.allocate({ name, size: bytes.length, access: 'read' })
      try {
        region.bytes.set(bytes)
        return body(region.address)
      } finally {
        region.close()
      }
    },
    reserved: (record, map) => void records.set(record, map),
    committed(record, discard) {
      const map = records.get(record)
      records.delete(record)
      return map?.commit?.(record, discard) ?? false
    },
    map(address) {
      const map = maps.get(address)
      if (map === undefined) throw badArgument('a map', address)
      return map
    },
    region(address) {
      const found = memory.find(address)
      if (found === undefined) throw badArgument('an address in a region', address)
      return found
    },
    call(address, r1 = 0, r2 = 0, r3 = 0, r4 = 0, r5 = 0) {
      const found = runtime.codeAt(address)
      if (found === undefined) throw badArgument('a function', address)
      const insn = view.getUint32(INSN, true)
      const result = found.executable.call(found.fn, r1, r2, r3, r4, r5) >>> 0
      view.setUint32(INSN, insn, true)
      return result
    },
    now: options.now,
    random: options.random,
    trace: options.trace,
    badArgument,
  }

  const runtime: Runtime = {
    memory,
    host,
    running: undefined,
    addCode(executable, functions) {
      const first = code.length
      for (let fn = 0; fn < functions; fn++) code.push({ executable, fn })
      return CODE_REGION * TWO_32 + 8 * (first + 1)
    },
    codeAt(address) {
      const offset = address - CODE_REGION * TWO_32
      return offset % 8 === 0 ? code[offset / 8 - 1] : undefined
    },
    addMap(map) {
      maps.set(map.address, map)
    },
    tailCall(context, map, index) {
      const target = host.map(map).program?.(index)
      if (target === undefined || tailCalls >= MAX_TAIL_CALLS) return undefined
      const outer = runtime.running
      tailCalls++
      try {
        runtime.running = outer === undefined ? undefined : { ...outer, program: target.program }
        const result = target.executable.callWide(0, [context])
        view.setUint32(TAILED, 1, true)
        runtime.running = outer
        return result
      } finally {
        tailCalls--
      }
    },
    packet(offset, size) {
      if (offset < 0 || offset + size > packet.size) return -1
      const at = memory.resolve(packet.address + offset, size, false)
      if (at < 0) return -1
      return size === 1 ? view.getUint8(at) : size === 2 ? view.getUint16(at) : view.getUint32(at)
    },
    setPacket(address, size) {
      packet = { address, size }
    },
    accessFault(insn, address, size, access) {
      const found = memory.find(Number(address))
      const row = found?.region
      return vmErrors.make('bad-access', {
        ...where(insn),
        ...{ access, address, size },
        ...(found === undefined || row === undefined
          ? {}
          : { region: { name: row.name, offset: found.offset, limit: memory.limit(row, access) } }),
      })
    },
    budgetFault: (insn) => vmErrors.make('budget', { ...where(insn), budget: runtime.running?.budget ?? 0 }),
    depthFault: () => vmErrors.make('stack-depth', { ...here(), limit: MAX_CALL_FRAMES }),
  }
  // While nothing runs: no frame is in use, and a run may have so many
  view.setUint32(DEPTH_LIMIT, MAX_CALL_FRAMES, true)
  view.setInt32(FUEL, 0, true)
  view.setUint32(DEPTH, 0, true)
  return runtime
}
