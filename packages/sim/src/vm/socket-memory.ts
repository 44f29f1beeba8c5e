import { type Btf, requireType, sizeOf } from '@tscc/btf'
import { type Machine, type NumberField, type Region, structFields } from '@tscc/vm'
import type { AckSample, RateSample } from '../cc/congestion-control.ts'
import type { TcpSock } from '../tcp/tcp-sock.ts'
import { BOOT_TIME, sequenceOf, socketFields, writableFields } from './socket-fields.ts'

/** A socket in a machine's memory, laid out as a kernel has it. */
export interface SocketMemory {
  readonly region: Region
  readonly tp: TcpSock
  /** Show the program what the simulator's socket has. */
  write(): void
  /** Take over what the program wrote. Now and then looks for what it may not write: gives the field, or nothing. */
  read(): string | undefined
}

/** Callbacks of a socket after which all fields are looked at: the first ones, then one in so many. */
const CHECKED_FIRST = 64
const CHECKED_EACH = 64

/** A field if this kernel has it. */
function fieldOf(fields: ReturnType<typeof structFields>, path: string): NumberField | undefined {
  try {
    return fields.number(path)
  } catch {
    return undefined // typed errors of @tscc/btf: no such member
  }
}

/** Make a socket's memory: struct tcp_sock by `btf`. `version` says what programs may write; 0: all that any kernel lets them. */
export function createSocketMemory(machine: Machine, btf: Btf, tp: TcpSock, version: number): SocketMemory {
  const size = sizeOf(btf, requireType(btf, 'tcp_sock', 'struct'))
  const region = machine.region({ name: 'tcp_sock', size })
  const fields = structFields(btf, 'tcp_sock', region.view)
  const shown = socketFields.flatMap(({ path, get }) => {
    const field = fieldOf(fields, path)
    return field === undefined ? [] : [{ path, get, field }]
  })
  // Most fields stay as they are between two callbacks: those are left alone.
  const last = new Float64Array(shown.length).fill(Number.NaN)
  /** The same as the fields have them: cut off to their sizes. */
  const stored = new Float64Array(shown.length)
  const written = writableFields.flatMap(({ path, since = 0, set }) => {
    const field = fieldOf(fields, path)
    const index = shown.findIndex((one) => one.path === path)
    return field === undefined || (version !== 0 && version < since) ? [] : [{ set, field, index }]
  })
  const readOnly = shown.map((_, index) => !written.some((one) => one.index === index))
  const forbidden = (): string | undefined =>
    shown.find(({ field }, i) => readOnly[i] === true && field.get() !== stored[i])?.path
  let callbacks = 0
  return {
    region,
    tp,
    write() {
      for (let i = 0; i < shown.length; i++) {
        const one = shown[i]
        if (one === undefined) continue
        const value = one.get(tp)
        if (value === last[i]) continue
        last[i] = value
        one.field.set(value)
        stored[i] = one.field.get()
      }
    },
    read() {
      for (let i = 0; i < written.length; i++) {
        const one = written[i]
        if (one === undefined) continue
        const value = one.field.get()
        if (value === last[one.index]) continue
        last[one.index] = value
        one.set(tp, value)
      }
      callbacks += 1
      return callbacks <= CHECKED_FIRST || callbacks % CHECKED_EACH === 0 ? forbidden() : undefined
    },
  }
}

/** A struct of samples in a machine's memory. */
export interface SampleMemory<Sample> {
  readonly address: number
  write(sample: Readonly<Sample>, tp: TcpSock): void
}

function createSampleMemory<Sample>(
  machine: Machine,
  btf: Btf,
  struct: string,
  rows: readonly (readonly [path: string, get: (sample: Readonly<Sample>, tp: TcpSock) => number])[],
): SampleMemory<Sample> {
  const region = machine.region({ name: struct, size: sizeOf(btf, requireType(btf, struct, 'struct')), access: 'read' })
  const fields = structFields(btf, struct, region.view)
  const shown = rows.flatMap(([path, get]) => {
    const field = fieldOf(fields, path)
    return field === undefined ? [] : [{ get, field }]
  })
  return {
    address: region.address,
    write(sample, tp) {
      for (const { get, field } of shown) field.set(get(sample, tp))
    },
  }
}

/** struct ack_sample. */
export const createAckSample = (machine: Machine, btf: Btf): SampleMemory<AckSample> =>
  createSampleMemory<AckSample>(machine, btf, 'ack_sample', [
    ['pkts_acked', (sample) => sample.pkts_acked],
    ['rtt_us', (sample) => sample.rtt_us],
    ['in_flight', (sample) => sample.in_flight],
  ])

/** struct rate_sample. */
export const createRateSample = (machine: Machine, btf: Btf): SampleMemory<RateSample> =>
  createSampleMemory<RateSample>(machine, btf, 'rate_sample', [
    ['prior_mstamp', (rs) => (rs.prior_mstamp === 0 && rs.delivered < 0 ? 0 : rs.prior_mstamp + BOOT_TIME)],
    ['prior_delivered', (rs) => rs.prior_delivered],
    ['prior_delivered_ce', (rs) => rs.prior_delivered_ce],
    ['delivered', (rs) => rs.delivered],
    ['delivered_ce', (rs) => rs.delivered_ce],
    ['interval_us', (rs) => rs.interval_us],
    ['snd_interval_us', (rs) => rs.snd_interval_us],
    ['rcv_interval_us', (rs) => rs.rcv_interval_us],
    ['rtt_us', (rs) => rs.rtt_us],
    ['losses', (rs) => rs.losses],
    ['acked_sacked', (rs) => rs.acked_sacked],
    ['prior_in_flight', (rs) => rs.prior_in_flight],
    ['last_end_seq', (rs, tp) => sequenceOf(tp, rs.last_end_seq)],
    ['is_app_limited', (rs) => (rs.is_app_limited ? 1 : 0)],
    ['is_retrans', (rs) => (rs.is_retrans ? 1 : 0)],
    ['is_ack_delayed', (rs) => (rs.is_ack_delayed ? 1 : 0)],
  ])
