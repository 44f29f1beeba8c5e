import { stripVTControlCharacters } from 'node:util'
import { describe, expect, it } from 'vitest'
import { brailleCanvas } from '../../src/report/braille.ts'
import { formatPlot } from '../../src/report/plot.ts'
import { formatTable } from '../../src/report/table.ts'
import { syntheticResult } from './synthetic-result.ts'

const alone = syntheticResult()
const shared = syntheticResult({ mode: 'share', repeat: 2 })
const hostile = syntheticResult({ duration: 500, warmup: 0 }, [
  { label: '\u001b[2J\u202eevil\r\n', cc: 'reno', origin: 'native' },
])

/** What a terminal would obey instead of showing. */
const controls = (text: string): string[] => ['\u001b', '\r', '\u202e'].filter((control) => text.includes(control))

describe('formatTable', () => {
  it('shows each algorithm’s figures in the columns’ units', () => {
    const lines = formatTable(alone).split('\n')
    expect(lines[0]).toMatch(/^algorithm +from +goodput +of rate +RTT mean +RTT p95 +cwnd +retrans$/)
    expect(lines[1]).toMatch(/^ +Mbit\/s +% +ms +ms +segments$/)
    for (const [index, row] of alone.summary.entries()) {
      const origin = index === 0 ? 'tscc' : 'kernel'
      const cells = [
        row.label,
        origin,
        (row.goodput / 1e6).toFixed(2),
        (row.utilisation * 100).toFixed(1),
        row.rttMean.toFixed(2),
        row.rttP95.toFixed(2),
        row.cwndMean.toFixed(1),
        String(row.retransmits),
      ]
      expect(lines[2 + index]?.split(/ {2,}/)).toEqual(cells)
    }
  })

  it('aligns figures on the right', () => {
    const lines = formatTable(alone)
      .split('\n')
      .slice(0, 2 + alone.summary.length)
    const ends = (line: string): number[] => [...line.matchAll(/\S(?= {2}|$)/g)].map((match) => match.index)
    const [head = '', , ...rows] = lines
    for (const row of rows) expect(ends(row).slice(2)).toEqual(ends(head).slice(2))
  })

  it('has a fairness column only where flows shared the link', () => {
    expect(formatTable(alone)).not.toContain('fairness')
    expect(formatTable(shared)).toContain('fairness')
    expect(formatTable(shared)).toContain(shared.summary[0]?.fairness?.toFixed(3))
  })

  it('says what was measured', () => {
    const text = formatTable(alone)
    expect(text).toContain('20 Mbit/s · RTT 40 ms · buffer 100 kB (1 BDP) · loss 0 %')
    expect(text).toContain('user-space link · each alone · 1 of 15 s, figures from 3 s on · Linux 6.18.0')
    const over = { ...alone, link: 'qdisc', qdisc: 'netem.bpf.ts' } as const
    expect(formatTable(over)).toContain('qdisc netem.bpf.ts · each alone · 1 of 15 s')
  })

  it('stays within 80 columns, also with fairness and a long name', () => {
    const long = syntheticResult({ flows: 2, duration: 2000, warmup: 500 }, [
      { label: 'an-algorithm-of-a-very-long-name', cc: 'x', origin: 'tscc' },
      { label: 'reno', cc: 'reno', origin: 'native' },
    ])
    for (const line of formatTable(long).split('\n').slice(0, 4)) expect([...line].length).toBeLessThanOrEqual(80)
  })

  it('colours only when asked to, without moving anything', () => {
    expect(formatTable(alone)).not.toContain('\u001b')
    const colored = formatTable(alone, { color: true })
    expect(colored).toContain('\u001b')
    const plain = (text: string) => text.split('\n').map((line) => line.trimEnd())
    expect(plain(stripVTControlCharacters(colored))).toEqual(plain(formatTable(alone)))
  })

  it('shows dashes for an algorithm that was not measured, and no control characters from names', () => {
    const none = { ...alone, runs: [], summary: alone.summary.map((row) => ({ ...row, runs: 0 })) }
    expect(formatTable(none)).toMatch(/^reno +kernel +– +– +– +– +– +–$/m)
    expect(controls(formatTable(hostile))).toEqual([])
  })
})

describe('formatPlot', () => {
  it('fits its size and names every algorithm beside its own panel', () => {
    const lines = formatPlot(alone, { width: 80, height: 22 }).split('\n')
    expect(lines.length).toBeLessThanOrEqual(22)
    for (const line of lines) expect([...line].length).toBeLessThanOrEqual(80)
    expect(lines[0]).toBe('cwnd, segments')
    for (const { label } of alone.algorithms) expect(lines.some((line) => line.includes(` ${label}`))).toBe(true)
    expect(lines.at(-1)).toMatch(/^ {7}0 +2 +4 .* 14 s$/)
  })

  it('draws the sawtooth where it is', () => {
    const ramp = (values: readonly number[]) => ({
      ...alone,
      algorithms: alone.algorithms.slice(0, 1),
      runs: alone.runs.slice(0, 1).map((run) => ({
        ...run,
        flows: run.flows.map((flow) => ({ ...flow, time: values.map((_, index) => index * 5000), cwnd: values })),
      })),
    })
    const lines = formatPlot(ramp([0, 100, 0, 100]), { width: 64, height: 13 }).split('\n')
    const cell = (line: number, column: number): string => [...(lines[line] ?? '')][7 + column] ?? ' '
    // up to the top after a third of the 40 columns, down to the bottom after two
    expect(cell(1, 13)).not.toBe(' ')
    expect(cell(1, 26)).toBe(' ')
    expect(cell(10, 26)).not.toBe(' ')
    expect(cell(10, 13)).toBe(' ')
  })

  it('plots RTT in ms, the mean of several flows, and says which round', () => {
    const text = formatPlot(syntheticResult({ flows: 2, repeat: 2, duration: 2000 }), { metric: 'rtt' })
    expect(text.split('\n')[0]).toBe('RTT, ms, round 1 of 2, mean of 2 flows')
  })

  it('colours only when asked to', () => {
    expect(formatPlot(alone)).not.toContain('\u001b')
    expect(stripVTControlCharacters(formatPlot(alone, { color: true }))).toBe(formatPlot(alone))
  })

  it('survives empty results and hostile names', () => {
    expect(formatPlot({ ...alone, runs: [] })).toContain('no samples')
    expect(formatPlot({ ...alone, runs: [], algorithms: [] })).toContain('cwnd')
    expect(controls(formatPlot(hostile))).toEqual([])
  })
})

describe('brailleCanvas', () => {
  it('sets the dots of a line and leaves out what lies outside', () => {
    const canvas = brailleCanvas(2, 1)
    canvas.line(0, 0, 3, 3)
    canvas.line(-5, 9, 9, 9)
    expect(canvas.rows()).toEqual([String.fromCodePoint(0x2800 + 0x40 + 0x20, 0x2800 + 0x02 + 0x08)])
  })
})
