import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { counterAt, jainIndex, lastIndexAt, mean, median, quantile, timeMean } from '../src/summary-stats.ts'

describe('mean, median, quantile', () => {
  it('agree with hand-computed values', () => {
    expect(mean([1, 2, 6])).toBe(3)
    expect(median([9, 1, 5])).toBe(5)
    expect(median([4, 1, 3, 2])).toBe(2.5)
    // rank 3·0.95 = 2.85, between 30 and 40
    expect(quantile([40, 10, 30, 20], 0.95)).toBeCloseTo(38.5, 12)
    expect(quantile([7], 0.95)).toBe(7)
  })

  it('are NaN of nothing', () => {
    expect([mean([]), median([]), quantile([], 0.95)]).toEqual([Number.NaN, Number.NaN, Number.NaN])
  })

  it('leave their input as it was', () => {
    const values = [3, 1, 2]
    median(values)
    expect(values).toEqual([3, 1, 2])
  })
})

describe('jainIndex', () => {
  it('agrees with hand-computed values', () => {
    expect(jainIndex([5, 5, 5])).toBe(1)
    expect(jainIndex([8, 0, 0, 0])).toBe(0.25)
    // (1+2+3)² / (3·(1+4+9)) = 36/42
    expect(jainIndex([1, 2, 3])).toBeCloseTo(6 / 7, 12)
  })

  it('is NaN when nothing was shared', () => {
    expect(jainIndex([0, 0])).toBeNaN()
    expect(jainIndex([])).toBeNaN()
  })

  it('lies between 1/n and 1 and does not depend on the scale', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1e6 }), { minLength: 1, maxLength: 20 }), (x) => {
        const index = jainIndex(x)
        expect(index).toBeGreaterThanOrEqual(1 / x.length - 1e-12)
        expect(index).toBeLessThanOrEqual(1 + 1e-12)
        expect(jainIndex(x.map((value) => value * 1000))).toBeCloseTo(index, 9)
      }),
    )
  })
})

describe('traces over time', () => {
  it('finds the last sample that is not later', () => {
    const times = [10, 20, 20, 30]
    expect([5, 10, 19, 20, 99].map((time) => lastIndexAt(times, time))).toEqual([-1, 0, 0, 2, 3])
    expect(lastIndexAt([], 1)).toBe(-1)
  })

  it('reads counters between samples, from 0 before the first, and holds the last', () => {
    const times = [10, 20]
    const counter = [100, 300]
    expect([0, 5, 10, 15, 20, 99].map((time) => counterAt(times, counter, time))).toEqual([0, 50, 100, 200, 300, 300])
    expect(counterAt([], [], 5)).toBe(0)
  })

  it('weighs values by the time that they held', () => {
    // 10 from 0 to 4, 20 from 4 to 5, 40 from 5 on
    const times = [0, 4, 5]
    const values = [10, 20, 40]
    expect(timeMean(times, values, { start: 0, end: 10 })).toBe((10 * 4 + 20 * 1 + 40 * 5) / 10)
    expect(timeMean(times, values, { start: 3, end: 5 })).toBe((10 + 20) / 2)
    expect(timeMean([2], [8], { start: 0, end: 10 })).toBe(8)
    expect(timeMean([], [], { start: 0, end: 10 })).toBeNaN()
  })
})
