import type { LabResult } from '../model.ts'

const header = 'run,round,label,flow,time_ms,cwnd,ssthresh,rtt_us,delivery_rate,retransmits,bytes_acked,delivered_ce'

/** A field in quotes where RFC 4180 asks for them. */
const field = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** Every sample of every flow, a row each, units as in `FlowTrace` (RFC 4180 but for bare line feeds). */
export const toCsv = (result: LabResult): string => {
  const rows = [header]
  for (const run of result.runs)
    for (const flow of run.flows) {
      const key = [run.index, run.round, field(flow.label), flow.flow].join()
      const columns = [
        flow.cwnd,
        flow.ssthresh,
        flow.rtt,
        flow.deliveryRate,
        flow.retransmits,
        flow.bytesAcked,
        flow.deliveredCe,
      ]
      for (const [index, time] of flow.time.entries())
        rows.push([key, time, ...columns.map((column) => column[index] ?? '')].join())
    }
  return `${rows.join('\n')}\n`
}
