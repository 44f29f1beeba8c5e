import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { LabResult } from '../../src/model.ts'
import { escapeMarkup } from '../../src/report/escape.ts'
import { renderHtml } from '../../src/report/html.ts'
import { htmlScript, htmlScriptHash } from '../../src/report/html-script.ts'
import { pageColor, palette } from '../../src/report/palette.ts'
import { renderSvg } from '../../src/report/svg.ts'
import { syntheticResult } from './synthetic-result.ts'
import { elementsOf } from './well-formed.ts'

const alone = syntheticResult()
const repeated = syntheticResult({ repeat: 3, duration: 6000 })
const attack = `<script>alert(1)</script>" onload='x' & </title>`
const hostile: LabResult = {
  ...syntheticResult({ duration: 1000, warmup: 0, repeat: 2 }, [{ label: attack, cc: 'reno', origin: 'native' }]),
  kernel: attack,
  machine: attack,
  startedAt: attack,
}

const count = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length

describe('renderSvg', () => {
  it('is well-formed and holds a line and a legend mark for each algorithm, a title and a description', () => {
    const svg = renderSvg(alone, 'rtt')
    const names = elementsOf(svg)
    expect(names.filter((name) => name === 'path')).toHaveLength(8)
    expect(names.filter((name) => name === 'title' || name === 'desc')).toEqual(['title', 'desc'])
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/)
    expect(svg).toContain('>RTT, ms</title>')
  })

  it('draws ssthresh thin, and only where it is set', () => {
    const svg = renderSvg(alone, 'cwnd')
    // BBR never sets it here, the other three do
    expect(count(svg, /class="line thin s\d"/g)).toBe(3)
    const start = svg.match(/class="line thin s0" d="M([\d.]+),/)
    expect(Number(start?.[1])).toBeGreaterThan(1)
    expect(count(renderSvg(alone, 'goodput'), /line thin s\d/g)).toBe(0)
  })

  it('keeps each line within 600 points', () => {
    const paths = [...renderSvg(alone, 'deliveryRate').matchAll(/ d="([^"]*)"/g)].map((match) => match[1] ?? '')
    for (const d of paths) expect(count(d, /[ML]/g)).toBeLessThanOrEqual(600)
    expect(paths.some((d) => count(d, /[ML]/g) > 500)).toBe(true)
  })

  it('puts the values where the axis says', () => {
    const flows = alone.runs[0]?.flows.map((flow) => ({ ...flow, time: [0, 7500, 15_000], cwnd: [0, 100, 50] })) ?? []
    const first = alone.algorithms.slice(0, 1)
    const svg = renderSvg({ ...alone, algorithms: first, runs: [{ index: 0, round: 0, labels: [], flows }] }, 'cwnd')
    const zero = Number(svg.match(/y="([\d.]+)"[^>]*>0<\/text>/)?.[1])
    const hundred = Number(svg.match(/y="([\d.]+)"[^>]*>100<\/text>/)?.[1])
    const line = [...svg.matchAll(/class="line s0" d="M([^"]*)"/g)].map((match) => match[1] ?? '').at(-1) ?? ''
    const [[x0, y0] = [], [x1, y1] = [], [x2, y2] = []] = line.split('L').map((point) => point.split(',').map(Number))
    expect([x0, x2]).toEqual([0, 692])
    expect(x1).toBe(346)
    expect(y0).toBeCloseTo(zero, 0)
    expect(Math.abs((y1 ?? 0) - hundred)).toBeLessThan(0.6)
    expect(Math.abs((y2 ?? 0) - (zero + hundred) / 2)).toBeLessThan(0.6)
  })

  it('is well-formed without samples and with hostile names', () => {
    for (const metric of ['cwnd', 'rtt', 'goodput', 'deliveryRate'] as const) {
      elementsOf(renderSvg({ ...alone, runs: [] }, metric))
      elementsOf(renderSvg({ ...alone, runs: [], algorithms: [] }, metric))
      expect(renderSvg(hostile, metric)).not.toContain('<script')
      elementsOf(renderSvg(hostile, metric))
    }
  })
})

describe('renderHtml', () => {
  it('holds the figures in a table with scoped heads', () => {
    const html = renderHtml(alone)
    for (const row of alone.summary) {
      expect(html).toContain(`<td>${(row.goodput / 1e6).toFixed(2)}</td><td>${(row.utilisation * 100).toFixed(1)}</td>`)
      expect(html).toContain(`<td>${row.rttMean.toFixed(2)}</td><td>${row.rttP95.toFixed(2)}</td>`)
    }
    expect(count(html, /<th /g)).toBe(count(html, /<th scope="(?:col|row)"/g))
    expect(html).toContain('<span class="mark tscc">tscc</span>')
    expect(html).toContain('<dt>buffer</dt><dd>100 kB (1 BDP)</dd>')
    expect(renderHtml({ ...alone, link: 'qdisc', qdisc: 'a<b.ts' })).toContain('<dt>link</dt><dd>qdisc a&lt;b.ts</dd>')
  })

  it('plots four metrics, and each run where there are several', () => {
    expect(count(renderHtml(alone), /<svg class="plot"/g)).toBe(4)
    expect(count(renderHtml(repeated), /<svg class="plot"/g)).toBe(4 + 3 * 4)
    for (const svg of renderHtml(repeated).match(/<svg class="plot"[\s\S]*?<\/svg>\n(?:<line[^>]*>\n)?<\/svg>/g) ?? [])
      elementsOf(svg)
    const ids = [...renderHtml(repeated).matchAll(/ id="([^"]*)"/g)].map((match) => match[1])
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('needs nothing from elsewhere and allows only its own script', () => {
    const html = renderHtml(repeated)
    expect(html).not.toMatch(/https?:|\bsrc=|\bhref=|url\(|@import/)
    expect(count(html, /<script/g)).toBe(1)
    const script = html.match(/<script>([\s\S]*)<\/script>/)?.[1] ?? ''
    expect(html).toContain(`script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`)
    expect(() => new Function(script)).not.toThrow()
  })

  it('escapes what comes from outside', () => {
    const html = renderHtml(hostile)
    expect(count(html, /<script/g)).toBe(1)
    expect(html).not.toContain(`" onload`)
    expect(html).toContain(escapeMarkup(attack))
  })

  it('stays under 500 kB with ten algorithms, ten runs and long traces', () => {
    const many = Array.from({ length: 10 }, (_, index) => {
      return { label: `algorithm ${index}`, cc: ['reno', 'cubic', 'bbr'][index % 3] ?? '', origin: 'native' as const }
    })
    const html = renderHtml(syntheticResult({ repeat: 10, duration: 20_000 }, many))
    expect(html.length).toBeLessThan(500_000)
  })

  it('survives a result without runs', () => {
    expect(renderHtml({ ...alone, runs: [] })).toContain('</html>')
    expect(renderHtml({ ...alone, runs: [], algorithms: [], summary: [] })).toContain('</html>')
  })
})

describe('palette', () => {
  const luminance = (hex: string): number => {
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
      const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }

  it('has a contrast of 3:1 to its page (WCAG 2.1, 1.4.11)', () => {
    for (const color of palette)
      for (const theme of ['light', 'dark'] as const) {
        const [low = 0, high = 0] = [luminance(color[theme]), luminance(pageColor[theme])].sort((a, b) => a - b)
        expect((high + 0.05) / (low + 0.05)).toBeGreaterThanOrEqual(3)
      }
  })
})

it('the policy of a page names its script', () => {
  expect(createHash('sha256').update(htmlScript).digest('base64')).toBe(htmlScriptHash)
})
