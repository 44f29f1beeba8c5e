import { expect, test } from 'vitest'
import { sampleRows } from '../src/sample-rows.ts'

test.each([0, 1, 100])('rows become columns, whether %i were expected or more', (expected) => {
  const rows = sampleRows(['time', 'cwnd'], expected)
  expect(rows.columns()).toEqual({ time: [], cwnd: [] })
  for (let i = 0; i < 50; i++) {
    const row = rows.add()
    expect([...row]).toEqual([0, 0])
    row[0] = i
    row[1] = i * i
  }
  const { time, cwnd } = rows.columns()
  expect(rows.count).toBe(50)
  expect(time).toEqual(Array.from({ length: 50 }, (_, i) => i))
  expect(cwnd.at(-1)).toBe(49 * 49)
})
