import type { LabResult } from '../model.ts'

/** Columns that not every link tells of. */
const optional = { in_flight: 'inFlight', queue_bytes: 'queue' } as const

const header = 'run,round,label,flow,time_ms,cwnd,ssthresh,rtt_us,delivery_rate,retransmits,bytes_acked,delivered_ce'

/** A field in quotes where RFC 4180 asks for them. */
const field = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** Every sample of every flow, a row each, units as in `FlowTrace` (RFC 4180 but for bare line feeds). */
export const toCsv = (result: LabResult): string => {
  const flows = result.runs.flatMap((run) => run.flows)
  const more = Object.entries(optional).filter(([, key]) => flows.some((flow) => flow[key] !== undefined))
  const rows = [[header, ...more.map(([name]) => name)].join()]
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
        ...more.map(([, key]) => flow[key] ?? []),
      ]
      for (const [index, time] of flow.time.entries())
        rows.push([key, time, ...columns.map((column) => column[index] ?? '')].join())
    }
  return `${rows.join('\n')}\n`
}
