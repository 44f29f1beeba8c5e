import type { FlowTrace } from '@tscc/experiment'
import type { Network, SimFlow } from './network.ts'
import { tcp_packets_in_flight } from './tcp/tcp-sock.ts'

const columns = [
  'time',
  'cwnd',
  'ssthresh',
  'rtt',
  'deliveryRate',
  'retransmits',
  'bytesAcked',
  'deliveredCe',
  'inFlight',
  'queue',
] as const

type Column = (typeof columns)[number]

/** Samples of one flow, a row each, in one typed array. */
export interface Recorder {
  /** A sample at `time`, ms. */
  add(time: number): void
  columns(): Pick<FlowTrace, Exclude<Column, 'inFlight' | 'queue'>> & {
    readonly inFlight: readonly number[]
    readonly queue: readonly number[]
  }
}

/** What TCP_INFO would say of the flow, and what it cannot. */
function sample({ sender: { tp } }: SimFlow, network: Network, id: number, row: Float64Array): void {
  row[1] = tp.snd_cwnd
  row[2] = tp.snd_ssthresh
  row[3] = tp.srtt_us >> 3
  row[4] = tp.rate_interval_us > 0 ? Math.floor((tp.rate_delivered * tp.mss_cache * 1e6) / tp.rate_interval_us) : 0
  row[5] = tp.total_retrans
  row[6] = network.bytesAcked(id)
  row[7] = tp.delivered_ce
  row[8] = tcp_packets_in_flight(tp)
  row[9] = network.bottleneck.queuedBytes()
}

/** A recorder of flow `id` for `expected` samples at most. */
export function createRecorder(network: Network, id: number, expected: number): Recorder {
  const width = columns.length
  const rows = new Float64Array(expected * width)
  let count = 0
  return {
    add(time) {
      const flow = network.flows[id]
      if (flow === undefined || count === expected) return
      const row = rows.subarray(count * width, (count + 1) * width)
      row[0] = time
      sample(flow, network, id, row)
      count += 1
    },
    columns() {
      const of = (name: Column): readonly number[] => {
        const index = columns.indexOf(name)
        return Array.from({ length: count }, (_, row) => rows[row * width + index] ?? 0)
      }
      return {
        time: of('time'),
        cwnd: of('cwnd'),
        ssthresh: of('ssthresh'),
        rtt: of('rtt'),
        deliveryRate: of('deliveryRate'),
        retransmits: of('retransmits'),
        bytesAcked: of('bytesAcked'),
        deliveredCe: of('deliveredCe'),
        inFlight: of('inFlight'),
        queue: of('queue'),
      }
    },
  }
}
