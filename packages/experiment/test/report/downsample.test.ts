import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { downsample, type Point } from '../../src/report/downsample.ts'

const at = (values: readonly number[]): Point[] => values.map((value, index) => [index, value])

describe('downsample', () => {
  it('leaves short traces alone', () => {
    const points = at([1, 2, 3])
    expect(downsample(points, 4)).toBe(points)
    expect(downsample([], 4)).toEqual([])
  })

  it('keeps the ends and every bucket’s extremes in order of time', () => {
    const points = at([5, 1, 9, 2, 3, 8, 0, 4, 4, 7])
    // inner points 1 9 2 3 | 8 0 4 4
    expect(downsample(points, 6)).toEqual([
      [0, 5],
      [1, 1],
      [2, 9],
      [5, 8],
      [6, 0],
      [9, 7],
    ])
  })

  it('keeps a gap that fills a bucket', () => {
    const values = [1, 2, ...Array.from({ length: 12 }, () => Number.NaN), 3, 4]
    const kept = downsample(at(values), 8).map(([, value]) => value)
    expect(kept[0]).toBe(1)
    expect(kept.some(Number.isNaN)).toBe(true)
    expect(kept.at(-1)).toBe(4)
  })

  it('never exceeds its limit and never loses the extremes', () => {
    const values = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 2000 })
    fc.assert(
      fc.property(values, fc.integer({ min: 4, max: 600 }), (all, limit) => {
        const kept = downsample(at(all), limit)
        const heights = kept.map(([, value]) => value)
        const times = kept.map(([time]) => time)
        expect(kept.length).toBeLessThanOrEqual(limit)
        expect(Math.max(...heights)).toBe(Math.max(...all))
        expect(Math.min(...heights)).toBe(Math.min(...all))
        expect(times).toEqual([...times].sort((a, b) => a - b))
        expect(times.at(-1)).toBe(all.length - 1)
      }),
    )
  })
})
