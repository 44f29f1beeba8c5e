import { type Btf, callbackSignatures, parseBtf } from '@tscc/btf'
import { type BpfObject, type LinkedObject, type LinkedStructOps, linkObject } from '@tscc/object'
import { createMachine, type Engine, loadObject, type VmProgram } from '@tscc/vm'
import type { CongestionControl, ReceiverActions, SimAlgorithm } from '../cc/congestion-control.ts'
import { simErrors } from '../sim-errors.ts'
import type { SimEntry } from '../simulate.ts'
import { HZ } from '../tcp/constants.ts'
import type { TcpSock } from '../tcp/tcp-sock.ts'
import { helpersOf, kfuncsOf, missingIn, type Sockets, variablesIn } from './kernel-functions.ts'
import { defaultKernel, kernelTypes } from './kernels.ts'
import { BOOT_TIME, sequenceOf } from './socket-fields.ts'
import { createAckSample, createRateSample, createSocketMemory, type SocketMemory } from './socket-memory.ts'

/** How to make entries of an object. */
export interface BytecodeOptions {
  /** The kernel that it is linked to: a release such as `6.12`, or its BTF. Default: {@link defaultKernel}. */
  readonly kernel?: string | Uint8Array | Btf
  /** What tables call it; default: the algorithm's name. Where the object has several, each is called by its own. */
  readonly label?: string
  /** Default: the translation where the host has WebAssembly. */
  readonly engine?: Engine
}

/** TCP_CONG_NEEDS_ECN of tcp_congestion_ops.flags. */
const NEEDS_ECN = 2
/** Memory of one run's machine: a socket takes about 3 kB, and 256 flows have two each. */
const MACHINE_MEMORY = 64 * 2 ** 20

/** What programs may ask of the kernel's configuration. */
const CONFIG = `CONFIG_HZ=${HZ}\n`

interface Kernel {
  readonly name: string
  readonly btf: Btf
  /** LINUX_VERSION_CODE; 0 where only its types are known. */
  readonly version: number
}

function kernelOf(kernel: string | Uint8Array | Btf | undefined): Kernel {
  if (kernel === undefined || typeof kernel === 'string') {
    const release = kernel ?? defaultKernel
    const [major = 0, minor = 0] = release.split('.').map(Number)
    return { name: release, btf: parseBtf(kernelTypes(release)), version: (major << 16) | (minor << 8) }
  }
  return { name: 'of the BTF given', btf: kernel instanceof Uint8Array ? parseBtf(kernel) : kernel, version: 0 }
}

/**
 * The congestion controls of an object as entries of a simulation: the very bytecode, linked to a kernel's types as the
 * loader would, in a machine of its own for each run.
 *
 * Throws what linking throws (`object/…`), `sim/no-algorithm` where there is none, `sim/kernel` for an unknown release.
 */
export function bytecodeEntries(object: BpfObject, options: BytecodeOptions = {}): readonly SimEntry[] {
  const kernel = kernelOf(options.kernel)
  const linked = linkObject(object, { btf: kernel.btf, config: () => CONFIG, version: () => kernel.version })
  const found = linked.structOps.filter(({ layout }) => layout.type === 'tcp_congestion_ops')
  if (found.length === 0)
    throw simErrors.make('no-algorithm', {
      object: options.label ?? 'object',
      found: linked.structOps.map(({ layout }) => layout.type).join(', ') || 'no struct_ops',
    })
  return found.map((ops) => ({
    label: found.length === 1 ? (options.label ?? ops.name) : ops.name,
    origin: 'tscc',
    kernel: kernel.name,
    create: (seed) => createAlgorithm({ linked, ops, kernel, seed, engine: options.engine }),
  }))
}

interface AlgorithmParts {
  readonly linked: LinkedObject
  readonly ops: LinkedStructOps
  readonly kernel: Kernel
  readonly seed: number
  readonly engine: Engine | undefined
}

/** One run's machine, in which every socket of the algorithm lives: they share its globals, as in a kernel. */
function createAlgorithm({ linked, ops, kernel: { btf, name, version }, seed, engine }: AlgorithmParts): SimAlgorithm {
  const byAddress = new Map<number, SocketMemory>()
  const actions = new WeakMap<SocketMemory, ReceiverActions>()
  const clock = { ns: 0 }
  const sockets: Sockets = {
    byAddress,
    sendAck: (socket, segment) => actions.get(socket)?.sendAck(segment),
    now: () => clock.ns,
  }
  const machine = createMachine({
    memory: MACHINE_MEMORY,
    seed,
    now: () => BigInt(Math.floor(clock.ns) + BOOT_TIME * 1000),
    helpers: { ...missingIn(linked.programs), ...helpersOf(sockets) },
    kfuncs: kfuncsOf(sockets),
    ...(engine === undefined ? {} : { engine }),
  })
  const loaded = loadObject(machine, linked, {
    btf,
    zeroReads: true,
    variables: variablesIn(linked.programs, btf, machine),
  })
  const callbacks = loaded.structOps.get(ops.name) ?? new Map<string, VmProgram>()
  const required = (name: 'ssthresh' | 'undo_cwnd'): VmProgram => {
    const program = callbacks.get(name)
    if (program === undefined) throw simErrors.make('callback', { algorithm: ops.name, callback: name })
    return program
  }
  const ssthresh = required('ssthresh')
  const undo = required('undo_cwnd')
  if (!callbacks.has('cong_avoid') && !callbacks.has('cong_control'))
    throw simErrors.make('callback', { algorithm: ops.name, callback: 'cong_avoid or cong_control' })
  const ackSample = createAckSample(machine, btf)
  const rateSample = createRateSample(machine, btf)
  const rateSampleOnly =
    callbackSignatures(btf, 'tcp_congestion_ops').find(({ callback }) => callback === 'cong_control')?.parameters
      .length === 2

  const open = (own?: ReceiverActions): CongestionControl => {
    const held: { socket?: SocketMemory } = {}
    const socketOf = (tp: TcpSock): SocketMemory => {
      if (held.socket !== undefined) return held.socket
      const socket = createSocketMemory(machine, btf, tp, version)
      byAddress.set(socket.region.address, socket)
      if (own !== undefined) actions.set(socket, own)
      held.socket = socket
      return socket
    }
    /** Show the socket, run, take over what it wrote. */
    const run = (program: VmProgram, tp: TcpSock, a = 0, b = 0, c = 0): number => {
      const socket = socketOf(tp)
      clock.ns = tp.tcp_clock_cache
      socket.write()
      const result = program.callback(socket.region.address, a, b, c)
      const field = socket.read()
      if (field !== undefined)
        throw simErrors.make('write', { algorithm: ops.name, callback: program.name, field, kernel: name })
      return result
    }
    const control: CongestionControl = {
      ssthresh: (tp) => run(ssthresh, tp),
      undo_cwnd: (tp) => run(undo, tp),
    }
    const add = <Name extends keyof CongestionControl>(
      name: Name,
      make: (program: VmProgram) => NonNullable<CongestionControl[Name]>,
    ): void => {
      const program = callbacks.get(name)
      if (program !== undefined) control[name] = make(program)
    }
    add('init', (program) => (tp) => {
      run(program, tp)
    })
    add('release', (program) => (tp) => {
      run(program, tp)
    })
    add('cong_avoid', (program) => (tp, ack, acked) => {
      run(program, tp, sequenceOf(tp, ack) | 0, acked)
    })
    add('set_state', (program) => (tp, state) => {
      run(program, tp, state)
    })
    add('in_ack_event', (program) => (tp, flags) => {
      run(program, tp, flags)
    })
    add('pkts_acked', (program) => (tp, sample) => {
      ackSample.write(sample, tp)
      run(program, tp, ackSample.address)
    })
    add('min_tso_segs', (program) => (tp) => run(program, tp))
    add('sndbuf_expand', (program) => (tp) => run(program, tp))
    add('cong_control', (program) => (tp, ack, flag, rs) => {
      rateSample.write(rs, tp)
      if (rateSampleOnly) run(program, tp, rateSample.address)
      else run(program, tp, sequenceOf(tp, ack) | 0, flag, rateSample.address)
    })
    const event = callbacks.get('cwnd_event')
    const started = callbacks.get('cwnd_event_tx_start')
    if (event !== undefined || started !== undefined)
      control.cwnd_event = (tp, ev) => {
        // From 7.1 on the start of sending is a callback of its own.
        if (ev === 0 && hasTxStart) {
          if (started !== undefined) run(started, tp)
        } else if (event !== undefined) run(event, tp, ev)
      }
    return control
  }
  const hasTxStart = ops.layout.members.some(({ name }) => name === 'cwnd_event_tx_start')
  const flags = ops.layout.members.find(({ name }) => name === 'flags')
  const value = new DataView(ops.value.buffer, ops.value.byteOffset, ops.value.byteLength)
  const needsEcn =
    flags !== undefined && (value.getUint32(ops.layout.dataOffset + flags.offset, true) & NEEDS_ECN) !== 0
  return { name: ops.name, needsEcn, open }
}
