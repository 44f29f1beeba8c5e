import { decode, type Insn } from '@tscc/insn'
import { defaultHelpers } from './helpers/default-helpers.ts'
import { createTimers } from './helpers/timers.ts'
import type { HostFunction } from './host/host-function.ts'
import { seededRandom } from './host/random.ts'
import { interpreterOf } from './interpreter/interpret.ts'
import { jitOf } from './jit/jit.ts'
import { createMap, type MapSetters } from './maps/create-map.ts'
import type { MapSpec, VmMap } from './maps/map.ts'
import { createMemory, type Memory, type Region, type RegionSpec } from './memory/memory.ts'
import { bindProgram } from './program/bind-program.ts'
import type { BoundProgram, Executable } from './program/bound-program.ts'
import { checkProgram } from './program/check-program.ts'
import { contextSize, type Engine, programOf, type VmProgram } from './program/program.ts'
import { createRuntime } from './runtime.ts'
import { vmErrors } from './vm-errors.ts'

/** What a machine is made with; nothing of it is the host's time or chance unless given here. */
export interface MachineOptions {
  /** Bytes that all regions and maps have together; default 64 MiB, which takes real memory only where it is touched. */
  readonly memory?: number
  /** What runs programs; default `jit` where the host has WebAssembly and is little-endian. */
  readonly engine?: Engine
  /** Instructions of one run, at most 2^31 - 1; default 100 million. */
  readonly budget?: number
  /** Nanoseconds since boot for programs; default: a clock that stands still until `advance`. */
  readonly now?: () => bigint
  /** 32 random bits for programs; default: a seeded source. */
  readonly random?: () => number
  /** Of the default source; default 1. */
  readonly seed?: number
  /** Where bpf_trace_printk writes; default: nowhere. */
  readonly trace?: (text: string) => void
  /** Helpers by number, in addition to the default ones or in their place. */
  readonly helpers?: Readonly<Record<number, HostFunction>>
  /** Kfuncs by name. */
  readonly kfuncs?: Readonly<Record<string, HostFunction>>
}

/** What a program is loaded from. */
export interface ProgramSpec {
  /** For faults; default `program`. */
  readonly name?: string
  /** Instructions, or their encoding (little-endian). */
  readonly insns: readonly Insn[] | Uint8Array
  /** What `map[fd:N]` and `map[idx:N]` stand for. */
  readonly maps?: readonly (VmMap | undefined)[]
  /** Names of called kfuncs by BTF id; default: the id as text. */
  readonly kfuncName?: (btfId: number, btfFdIndex: number) => string
  /** Addresses of kernel variables by BTF id. */
  readonly variable?: (btfId: number) => number | undefined
  readonly engine?: Engine
  /** Instructions of one run. */
  readonly budget?: number
  /** How often may_goto goes on in one frame; default 2^23, as in the kernel. */
  readonly mayGotoBudget?: number
  /** Reads where nothing is give 0, as the kernel's of BTF pointers do; default: they fault. */
  readonly zeroReads?: boolean
}

/** A user-space eBPF machine: memory, maps, helpers and the programs that work on them. */
export interface Machine {
  /** Make a region of memory, all zeros. */
  region(spec: RegionSpec): Region
  map(spec: MapSpec): VmMap
  /** Check and translate a program. Throws `vm/…` errors for what cannot run. */
  load(spec: ProgramSpec): VmProgram
  /** What the legacy packet loads (RFC 9669 section 5.5) read; outside of it they end their function with 0. Default: nothing. */
  setPacket(packet: Region | undefined): void
  /** Put a program into a program array, for tail calls. */
  setProgram(map: VmMap, index: number, program: VmProgram): void
  /** Put a map into a map of maps. */
  setMap(map: VmMap, key: Uint8Array, inner: VmMap): void
  /** Nanoseconds by the machine's clock. */
  now(): bigint
  /** Let the default clock go on, and the timers that become due meanwhile run at their times. */
  advance(ns: bigint): void
  /** When the next timer is due; undefined if none is. */
  nextTimer(): bigint | undefined
  /** Run the timers that are due by the machine's clock. */
  runTimers(): void
}

const MAX_BUDGET = 2 ** 31 - 1

/** WebAssembly's memory is little-endian, and so must be the host's for the region table that both read. */
const canTranslate = ({ wasm }: Memory): boolean =>
  wasm !== undefined && new Uint8Array(Uint32Array.of(1).buffer)[0] === 1

/** Make a machine. */
export function createMachine(options: MachineOptions = {}): Machine {
  const { memory: size = 64 * 2 ** 20, budget: machineBudget = 100_000_000, seed = 1 } = options
  const memory = createMemory(size)
  let clock = 0n
  const now = options.now ?? (() => clock)
  const runtime = createRuntime(memory, {
    now,
    random: options.random ?? seededRandom(seed),
    trace: options.trace ?? (() => undefined),
  })
  const timers = createTimers(runtime)
  const helpers = defaultHelpers(timers)
  for (const [id, host] of Object.entries(options.helpers ?? {}))
    helpers.set(Number(id), { name: `helper ${id}`, host, tail: false })
  const loaded = new WeakMap<VmProgram, { readonly program: BoundProgram; readonly executable: Executable }>()
  const setters: MapSetters = { programs: new WeakMap(), maps: new WeakMap() }

  return {
    region: (spec) => memory.allocate(spec),
    map: (spec) => createMap(runtime, spec, setters),
    load(spec) {
      const { name = 'program', maps = [], engine: wanted = options.engine ?? 'jit' } = spec
      const insns = spec.insns instanceof Uint8Array ? decode(spec.insns) : spec.insns
      const budget = spec.budget ?? machineBudget
      if (!(Number.isInteger(budget) && budget >= 0 && budget <= MAX_BUDGET))
        throw vmErrors.make('bad-size', { what: 'budget', size: budget, expected: MAX_BUDGET })
      const checked = checkProgram(name, insns)
      // Its functions have addresses before it is translated, which needs them
      const later: { executable: Executable | undefined } = { executable: undefined }
      const need = (): Executable => {
        if (later.executable === undefined) throw vmErrors.make('closed', { what: name })
        return later.executable
      }
      const code = runtime.addCode(
        {
          call: (...values) => need().call(...values),
          callWide: (fn, values) => need().callWide(fn, values),
        },
        checked.functions.length,
      )
      const bound = bindProgram(checked, {
        helpers,
        kfuncs: options.kfuncs ?? {},
        kfuncName: spec.kfuncName ?? ((btfId) => `#${btfId}`),
        map: (fd) => maps[fd],
        variable: spec.variable ?? (() => undefined),
        code,
        mayGotoBudget: spec.mayGotoBudget ?? 2 ** 23,
        zeroReads: spec.zeroReads ?? false,
      })
      const engine: Engine = wanted === 'jit' && canTranslate(memory) ? 'jit' : 'interpreter'
      const executable = engine === 'jit' ? jitOf(bound, runtime, budget) : interpreterOf(bound, runtime, budget)
      later.executable = executable
      const program = programOf(runtime, bound, executable, {
        engine,
        budget,
        context: () => memory.allocate({ name: `arguments of ${name}`, size: contextSize, access: 'read' }),
      })
      loaded.set(program, { program: bound, executable })
      return program
    },
    setPacket: (packet) => runtime.setPacket(packet?.address ?? 0, packet?.size ?? 0),
    setProgram(map, index, program) {
      const found = loaded.get(program)
      const set = setters.programs.get(map)
      if (set === undefined) throw vmErrors.make('map-type', { map: map.name, type: map.type })
      if (found === undefined) throw vmErrors.make('unknown-program', { name: program.name, nearest: [] })
      set(index, found)
    },
    setMap(map, key, inner) {
      const set = setters.maps.get(map)
      if (set === undefined) throw vmErrors.make('map-type', { map: map.name, type: map.type })
      set(key, inner)
    },
    now,
    advance(ns) {
      const end = clock + ns
      for (let due = timers.next(); due !== undefined && due <= end; due = timers.next()) {
        if (due > clock) clock = due
        timers.runOne(due)
      }
      clock = end
    },
    nextTimer: () => timers.next(),
    runTimers() {
      const until = now()
      while (timers.runOne(until));
    },
  }
}
