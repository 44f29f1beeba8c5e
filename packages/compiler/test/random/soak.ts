// How many random programs, and from which seed.
import type { CompileOptions } from '@tscc/compiler'
import { hostKernel } from '@tscc/syscall'
import { expect } from 'vitest'
import { checkModule, type Load } from './compare.ts'
import { runnable } from './kernel.ts'

/** Programs in one module: they are loaded at once, and each is run by itself. */
const TOGETHER = 10

/** `FUZZ_PROGRAMS=20000`: as many programs over all ways to compile; with `FUZZ_SEED=…`, those from there on. */
export const programs = Number(process.env.FUZZ_PROGRAMS ?? 400 * Number(process.env.FUZZ_FACTOR ?? 1))
const isSoak = process.env.FUZZ_PROGRAMS !== undefined || process.env.FUZZ_FACTOR !== undefined
const first =
  process.env.FUZZ_SEED === undefined ? (isSoak ? (Date.now() % 1e6) * 1000 : 1) : Number(process.env.FUZZ_SEED)

/** This kernel, as what runs objects. */
export const inKernel = (): Load => {
  const kernel = hostKernel()
  return (object) => runnable(kernel, object)
}

/** Check so many programs, one way to compile them; `part` keeps seeds of different ways apart. */
export function soak(count: number, part: number, options: CompileOptions, load: Load = inKernel()): void {
  const start = process.env.FUZZ_SEED === undefined ? first + part * 1_000_000 : first
  const tooMuch: number[] = []
  let done = 0
  for (; done < count; done += TOGETHER) {
    const seeds = Array.from({ length: Math.min(TOGETHER, count - done) }, (_, i) => start + done + i)
    tooMuch.push(...checkModule(load, seeds, options))
  }
  if (isSoak)
    console.log(`${count} programs from seed ${start}; too much for the verifier: ${tooMuch.join(' ') || 'none'}`)
  expect(tooMuch.length).toBeLessThanOrEqual(1 + count / 50)
}

/** Time that so many may take: 600 ms each on a slow and busy machine. */
export const timeFor = (count: number): number => 60_000 + 600 * count
