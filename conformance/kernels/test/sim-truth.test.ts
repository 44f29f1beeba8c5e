import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { freshDist } from '../../../tools/fresh-dist.ts'
import { distanceOf, judgeTruth, limits, shapeOf } from '../lib/sim-truth-judge.mjs'

const command = fileURLToPath(new URL('../sim-truth.mjs', import.meta.url))
const kept: unknown[] = JSON.parse(readFileSync(new URL('../sim-truth.json', import.meta.url), 'utf8'))

describe('the distance of windows', () => {
  test('is 0 for the same distribution, whatever the order, and the mean difference over the mean otherwise', () => {
    const time = Array.from({ length: 101 }, (_, n) => n * 10)
    const rising = shapeOf({ time, cwnd: time.map((t) => t / 10) }, { warmup: 0 })
    const falling = shapeOf({ time, cwnd: time.map((t) => 100 - t / 10) }, { warmup: 0 })
    expect(rising).toEqual(Array.from({ length: 21 }, (_, n) => n * 5))
    expect(distanceOf(rising, falling)).toBe(0)
    expect(
      distanceOf(
        rising.map((value) => value * 1.1),
        rising,
      ),
    ).toBeCloseTo(0.1, 9)
  })
})

test('a row is judged by goodput, queue and windows', () => {
  const shape = [10, 20, 30]
  const row = { goodput: 10e6, queue: 10, cwndMean: 20, shape }
  expect(judgeTruth(row, row)).toEqual({ gaps: { goodput: 0, queue: 0, cwnd: 0, distance: 0 }, ok: true })
  expect(judgeTruth({ ...row, goodput: 10e6 * (1 + limits.goodput * 1.1) }, row).ok).toBe(false)
  expect(judgeTruth({ ...row, queue: 10 * (1 - limits.queue * 1.1) }, row).ok).toBe(false)
  expect(judgeTruth({ ...row, shape: [10, 20, 40] }, row).ok).toBe(false)
  expect(judgeTruth({ ...row, shape: [10, 20, 40] }, { ...row, algorithm: 'bbr' }).ok).toBe(true)
})

test('what was measured on real kernels and what is simulated agree', {
  timeout: 120_000,
}, async () => {
  await freshDist()
  const rows: unknown[] = JSON.parse(
    spawnSync(process.execPath, [command, '--json'], { encoding: 'utf8', maxBuffer: 1 << 26 }).stdout,
  )
  expect(rows).toHaveLength(kept.length)
  expect(kept.length).toBeGreaterThan(4)
  for (const row of rows) expect(row).toMatchObject({ ok: true })
})
