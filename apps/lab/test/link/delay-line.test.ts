import { expect, test } from 'vitest'
import { createDelayLine } from '../../src/link/delay-line.ts'

test('frames come out in order and whole, across growth and wrap-around', () => {
  const line = createDelayLine(16)
  const frame = (n: number) => Uint8Array.of(0xff, n & 0xff, n >> 8, 7)
  let out = 0
  const check = (): void => {
    const base = line.headAddress() - line.baseAddress
    const n = (line.memory[base] ?? 0) | ((line.memory[base + 1] ?? 0) << 8)
    expect(n).toBe(out)
    expect(line.headLength()).toBe(3)
    expect(line.nextDue).toBe(out * 2)
    line.pop()
    out += 1
  }
  for (let n = 0; n < 5000; n++) {
    expect(line.push(frame(n), 1, 3, n * 2)).toBe(true)
    if (n % 3 === 0) check()
  }
  while (line.nextDue !== Number.POSITIVE_INFINITY) check()
  expect(out).toBe(5000)
  expect(line.push(new Uint8Array(17), 0, 17, 0)).toBe(false)
})
