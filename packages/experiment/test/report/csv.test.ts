import { describe, expect, it } from 'vitest'
import { toCsv } from '../../src/report/csv.ts'
import { syntheticResult } from './synthetic-result.ts'

describe('toCsv', () => {
  it('has a row for each sample of each flow, in the header’s columns', () => {
    const result = syntheticResult({ flows: 2, repeat: 2, duration: 1000 })
    const samples = result.runs.flatMap((run) => run.flows).reduce((sum, flow) => sum + flow.time.length, 0)
    const lines = toCsv(result).trimEnd().split('\n')
    expect(lines).toHaveLength(1 + samples)
    expect(lines[0]).toBe(
      'run,round,label,flow,time_ms,cwnd,ssthresh,rtt_us,delivery_rate,retransmits,bytes_acked,delivered_ce',
    )
    expect(new Set(lines.map((line) => line.split(',').length))).toEqual(new Set([12]))
  })

  it('writes the sample itself, and quotes names that need it', () => {
    const result = syntheticResult({ duration: 50 }, [{ label: 'a "b", c', cc: 'reno', origin: 'native' }])
    const flow = result.runs[0]?.flows[0]
    const values = [
      flow?.time[2],
      flow?.cwnd[2],
      flow?.ssthresh[2],
      flow?.rtt[2],
      flow?.deliveryRate[2],
      flow?.retransmits[2],
      flow?.bytesAcked[2],
      flow?.deliveredCe[2],
    ]
    expect(toCsv(result).split('\n')[3]).toBe(`0,0,"a ""b"", c",0,${values.join()}`)
  })

  it('is the header alone without runs', () => {
    expect(toCsv({ ...syntheticResult({ duration: 50 }), runs: [] }).split('\n')).toHaveLength(2)
  })
})
