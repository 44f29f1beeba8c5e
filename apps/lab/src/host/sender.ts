import { Socket } from 'node:net'
import type { FlowTrace } from '@tscc/experiment'
import { labErrors } from '../lab-errors.ts'
import { setNetSysctl } from '../netns.ts'
import type { FlowSpec, SendSpec } from './protocol.ts'
import {
  awaitConnected,
  closeSocket,
  connectingSocket,
  createDctcpAlphaReader,
  createTcpInfoReader,
} from './tcp-socket.ts'
import { createTraceRecorder, type TraceRecorder } from './trace-recorder.ts'

const CHUNK = new Uint8Array(65_536)
const CONNECT_TIMEOUT = 10_000

interface Flow {
  readonly spec: FlowSpec
  readonly fd: number
  readonly recorder: TraceRecorder
  /** One for each sample, of the kernel's own DCTCP. */
  readonly alpha: number[] | undefined
}

/** Connect every flow, then send on all of them for `duration` and record TCP_INFO every `interval`. */
export async function sendFlows(spec: SendSpec): Promise<readonly FlowTrace[]> {
  const flows = connectAll(spec)
  const readInfo = createTcpInfoReader()
  const sockets = flows.map(({ fd }) => new Socket({ fd, readable: false, writable: true }))
  try {
    const start = performance.now()
    const lost = new Promise<never>((_, reject) => {
      for (const [i, socket] of sockets.entries()) {
        const flow = flows[i]?.spec
        const fail = (reason: string): void =>
          reject(labErrors.make('connection-lost', { cc: flow?.cc ?? '', flow: flow?.flow ?? 0, reason }))
        socket.on('error', (error) => fail(error.message))
        socket.on('close', () => fail('closed'))
        pump(socket)
      }
    })
    lost.catch(() => {}) // after the race is over, ends of connections are wanted
    await Promise.race([lost, sample(flows, readInfo, start, spec)])
  } finally {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  return flows.map(({ spec: { label, cc, flow }, recorder, alpha }) => ({
    label,
    cc,
    flow,
    ...recorder.columns(),
    ...(alpha === undefined ? {} : { alpha }),
  }))
}

/** All connections are made before the first byte is sent; one that fails closes the others. */
function connectAll(spec: SendSpec): readonly Flow[] {
  const flows: Flow[] = []
  try {
    for (const flow of spec.flows) {
      // The kernel reads this when the handshake begins: 1 asks for ECN, 2 (the kernel's default) does not.
      setNetSysctl('ipv4/tcp_ecn', flow.ecn ? 1 : 2)
      flows.push({
        spec: flow,
        fd: connectingSocket(flow),
        recorder: createTraceRecorder(Math.ceil(spec.duration / spec.interval) + 2),
        alpha: flow.cc === 'dctcp' ? [] : undefined,
      })
    }
    for (const { fd, spec: flow } of flows) awaitConnected(fd, flow, CONNECT_TIMEOUT)
    return flows
  } catch (error) {
    for (const { fd } of flows) closeSocket(fd)
    throw error
  }
}

/** Write zeros without end: one chunk at a time waits in user space. */
function pump(socket: Socket): void {
  const write = (): void => {
    while (socket.write(CHUNK));
  }
  socket.on('drain', write)
  write()
}

/** Samples at multiples of the interval from the start; a late timer shifts one sample and not the next. */
async function sample(
  flows: readonly Flow[],
  readInfo: (fd: number) => DataView,
  start: number,
  { duration, interval }: SendSpec,
): Promise<void> {
  const readAlpha = createDctcpAlphaReader()
  for (let n = 0; ; n++) {
    const due = Math.min(n * interval, duration)
    do {
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, start + due - performance.now())))
    } while (performance.now() - start < due) // a timer may fire a fraction of a millisecond early
    for (const { fd, recorder, alpha } of flows) {
      const info = readInfo(fd)
      alpha?.push(readAlpha(fd))
      recorder.add(performance.now() - start, info)
    }
    if (due >= duration) return
  }
}
