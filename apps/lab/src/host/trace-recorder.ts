import { type FlowTrace, sampleRows } from '@tscc/experiment'
import { tcpInfoFields } from '@tscc/syscall'

/** The members of struct tcp_info that are recorded; 0 where the kernel's struct ends before one. */
const columns = {
  cwnd: tcpInfoFields.tcpi_snd_cwnd,
  ssthresh: tcpInfoFields.tcpi_snd_ssthresh,
  rtt: tcpInfoFields.tcpi_rtt,
  deliveryRate: tcpInfoFields.tcpi_delivery_rate,
  retransmits: tcpInfoFields.tcpi_total_retrans,
  bytesAcked: tcpInfoFields.tcpi_bytes_acked,
  deliveredCe: tcpInfoFields.tcpi_delivered_ce,
} as const

type Column = keyof typeof columns
type Columns = Pick<FlowTrace, Column | 'time'>

/** Collects samples of one flow. */
export interface TraceRecorder {
  /** A sample at `time`, ms. */
  add(time: number, info: DataView): void
  columns(): Columns
}

/** A recorder for about `expected` samples; it grows when there are more. */
export function createTraceRecorder(expected: number): TraceRecorder {
  const names = Object.keys(columns) as Column[] // the keys of the table above
  const rows = sampleRows(['time', ...names], expected)
  return {
    add(time, info) {
      const row = rows.add()
      row[0] = time
      for (const [i, name] of names.entries()) {
        const { at, type } = columns[name]
        row[i + 1] =
          type === 'u32'
            ? info.getUint32(at, true)
            : info.getUint32(at, true) + info.getUint32(at + 4, true) * 0x1_0000_0000
      }
    },
    columns() {
      const { time, ...others } = rows.columns()
      return { time: time.map((one) => Math.round(one * 1000) / 1000), ...others }
    },
  }
}
