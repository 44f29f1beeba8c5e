import { type SampleRows, sampleRows } from '@tscc/experiment'
import type { Network, SimFlow } from './network.ts'
import { tcp_packets_in_flight } from './tcp/tcp-sock.ts'

/** In the order of `sample`. */
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

/** Samples of one flow. */
export interface Recorder {
  /** A sample at `time`, ms. */
  add(time: number): void
  columns(): ReturnType<SampleRows<(typeof columns)[number]>['columns']>
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
  const rows = sampleRows(columns, expected)
  return {
    add(time) {
      const flow = network.flows[id]
      if (flow === undefined || rows.count === expected) return
      const row = rows.add()
      row[0] = time
      sample(flow, network, id, row)
    },
    columns: rows.columns,
  }
}
