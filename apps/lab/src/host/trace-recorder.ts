import type { FlowTrace } from '@tscc/experiment'
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

/** Collects samples of one flow, a typed array for each column. */
export interface TraceRecorder {
  /** A sample at `time`, ms. */
  add(time: number, info: DataView): void
  columns(): Columns
}

/** A recorder for about `expected` samples; it grows when there are more. */
export function createTraceRecorder(expected: number): TraceRecorder {
  const names = Object.keys(columns) as Column[] // the keys of the table above
  const width = names.length + 1
  let rows = new Float64Array(expected * width)
  let count = 0
  return {
    add(time, info) {
      if ((count + 1) * width > rows.length) {
        const grown = new Float64Array(rows.length * 2 + width)
        grown.set(rows)
        rows = grown
      }
      let at = count * width
      rows[at++] = time
      for (const name of names) {
        const { at: offset, type } = columns[name]
        rows[at++] =
          type === 'u32'
            ? info.getUint32(offset, true)
            : info.getUint32(offset, true) + info.getUint32(offset + 4, true) * 0x1_0000_0000
      }
      count += 1
    },
    columns() {
      const column = (index: number): readonly number[] =>
        Array.from({ length: count }, (_, row) => rows[row * width + index] ?? 0)
      const of = (name: Column): readonly number[] => column(names.indexOf(name) + 1)
      return {
        time: column(0).map((time) => Math.round(time * 1000) / 1000),
        cwnd: of('cwnd'),
        ssthresh: of('ssthresh'),
        rtt: of('rtt'),
        deliveryRate: of('deliveryRate'),
        retransmits: of('retransmits'),
        bytesAcked: of('bytesAcked'),
        deliveredCe: of('deliveredCe'),
      }
    },
  }
}
