import { isTsccError } from '@tscc/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseSimPath, parseTrace, planSimulation, referenceEntry, renoReference, simulate } from '../src/index.ts'

const reno = referenceEntry(renoReference)

test('a result has what the table needs, and queueing delay', () => {
  const { summary, runs, scenario } = simulate({
    algorithms: [reno],
    path: '10mbit 20ms 1bdp',
    duration: 4000,
    seeds: 2,
  })
  expect(runs.map(({ round }) => round)).toEqual([0, 1])
  expect(scenario.warmup).toBe(800)
  expect(summary[0]).toMatchObject({ label: 'reno', runs: 2, fairness: null })
  expect(summary[0]?.utilisation).toBeGreaterThan(0.93)
  expect(summary[0]?.queueMean).toBeGreaterThan(3)
  const flow = runs[0]?.flows[0]
  expect(flow?.time).toHaveLength(401)
  expect(flow?.cwnd[0]).toBe(10)
  expect(flow?.inFlight?.[0]).toBe(10)
  expect(Math.max(...(flow?.queue ?? []))).toBeGreaterThan(10_000)
})

test('flows share: fairness is told', () => {
  const { summary } = simulate({ algorithms: [reno], path: '20mbit 20ms 1bdp', duration: 10_000, flows: 4 })
  expect(summary[0]?.fairness).toBeGreaterThan(0.7)
})

test('short flows tell how long they took', () => {
  const { summary, runs } = simulate({
    algorithms: [reno],
    path: '10mbit 20ms 1bdp',
    duration: 3000,
    flows: 5,
    size: 50_000,
    stagger: 300,
  })
  expect(runs[0]?.flows.every(({ completion }) => completion !== undefined)).toBe(true)
  expect(summary[0]?.completionMean).toBeGreaterThan(60)
  expect(summary[0]?.completionMean).toBeLessThan(200)
})

test('paths from text: the words of the lab and those of the simulator', () => {
  expect(parseSimPath('20mbit 40ms 1bdp fq_codel jitter 2ms reorder 1% bursts 3 0.5%')).toEqual({
    rate: 20e6,
    delay: 20,
    buffer: 100_000,
    loss: 0.005,
    mtu: 1500,
    queue: 'fq-codel',
    jitter: 2,
    reorder: 0.01,
    lossBurst: 3,
  })
  expect(() => parseSimPath('20mbit bursts 0')).toThrow(/path\.bursts/)
  expect(() => parseSimPath('20mbit quick')).toThrow(/'quick' is none of these/)
})

test('any text gives a path or a typed error', () => {
  const word = fc.oneof(
    fc.constantFrom('20mbit', '40ms', '1bdp', '3%', 'codel', 'fq', 'jitter', 'reorder', 'bursts', '2', 'constructor'),
    fc.string({ maxLength: 12 }),
  )
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), fc.string(), (words, trace) => {
      for (const read of [() => parseSimPath(words.join(' ')), () => parseTrace(trace)])
        try {
          read()
        } catch (error) {
          expect(isTsccError(error)).toBe(true)
        }
    }),
  )
})

test('what cannot be simulated is a typed error', () => {
  const plan = (change: object) => () => planSimulation({ algorithms: [reno], ...change })
  expect(plan({ path: { ...parseSimPath('1mbit'), delay: -1 } })).toThrow(expect.objectContaining({ code: 'sim/path' }))
  expect(plan({ flows: 0 })).toThrow(expect.objectContaining({ code: 'experiment/scenario' }))
  expect(plan({ algorithms: [reno, reno] })).toThrow(/labels of their own/)
  expect(plan({ path: { ...parseSimPath('1mbit'), trace: [3, 2] } })).toThrow(
    /trace: line 2: found 2, must be a time from 3 on/,
  )
  expect(plan({ duration: Number.NaN })).toThrow(expect.objectContaining({ code: 'experiment/scenario' }))
})

test('a trace of opportunities is the rate: two packets each 2 ms are 12 Mbit/s', () => {
  const path = { ...parseSimPath('10mbit 20ms 100kB'), trace: parseTrace('2\n2\n4\n4\n') }
  const { summary } = simulate({ algorithms: [reno], path, duration: 4000 })
  expect(summary[0]?.goodput).toBeGreaterThan(0.95 * 1448 * 8 * 1000)
  expect(summary[0]?.goodput).toBeLessThanOrEqual(1448 * 8 * 1000 * 1.01)
})

test('a result says what its path and hosts have beside the scenario', () => {
  const path = '10mbit 20ms 1bdp 1% bursts 3 codel jitter 2ms reorder 1%'
  const { facts } = simulate({ algorithms: [reno], path, duration: 500, size: 20_000, host: { fq: true } })
  expect(facts).toEqual([
    ['queue', 'CoDel'],
    ['jitter', '2 ms'],
    ['reordered', '1 %'],
    ['losses', 'in runs of 3'],
    ['flow size', '20 kB'],
    ['hosts', 'fq true'],
  ])
  expect(simulate({ algorithms: [reno], path: '10mbit 20ms', duration: 500 }).facts).toEqual([])
})

test('every socket of a run is released, once', () => {
  const open: string[] = []
  const algorithm = {
    name: 'counted',
    open: () => ({
      ...renoReference.open(),
      init: () => void open.push('init'),
      release: () => void open.push('release'),
    }),
  }
  simulate({ algorithms: [referenceEntry(algorithm)], path: '10mbit 20ms', duration: 500, flows: 2 })
  expect(open).toEqual(['init', 'init', 'release', 'release'])
})
