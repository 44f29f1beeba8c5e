import { findType, parseBtf, resolveField, sizeOf } from '@tscc/btf'
import { compileFile } from '@tscc/compiler/node'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareArms, decodeFigures, FIGURES_BYTES, figuresOfConnections, freshFigures } from '../src/policy/figures.ts'
import { checkRule } from '../src/policy/rule.ts'
import { ROW_BYTES, ROWS, rulesOf, SCOPES, SLOTS, sameTable, tableOf } from '../src/policy/table.ts'

const { object } = compileFile(new URL('../src/policy.bpf.ts', import.meta.url).pathname)
const btf = object?.btf && parseBtf(object.btf)

test('rows and figures lie in memory as the program has them', () => {
  if (object === undefined || btf === undefined) throw new Error('the program has no BTF')
  const at = (struct: string, field: string) => {
    const { offset, size } = resolveField(btf, findType(btf, struct, 'struct') ?? 0, field)
    return [offset, size]
  }
  expect(sizeOf(btf, findType(btf, 'Row', 'struct') ?? 0)).toBe(ROW_BYTES)
  expect(sizeOf(btf, findType(btf, 'Figures', 'struct') ?? 0)).toBe(FIGURES_BYTES)
  const fields = ['net', 'mask', 'port_first', 'port_last', 'sides', 'share', 'salt', 'slot', 'rule', 'cc', 'name']
  expect(fields.map((field) => at('Row', field))).toEqual([
    [0, 16],
    [16, 16],
    [32, 2],
    [34, 2],
    [36, 1],
    [38, 2],
    [40, 4],
    [44, 4],
    [48, 4],
    [52, 16],
    [68, 32],
  ])
  expect(
    ['matched', 'failed', 'ended', 'bytes', 'both', 'rtts', 'rate2'].map((field) => at('Figures', field)[0]),
  ).toEqual([8, 16, 24, 32, 72, 80, 120])
  const sizes = new Map(object.maps.map(({ name, maxEntries }) => [name, maxEntries]))
  expect([sizes.get('rows'), sizes.get('spans'), sizes.get('figures')]).toEqual([2 * ROWS, 2 * SCOPES, 2 * SLOTS])
})

const network = fc
  .tuple(fc.boolean(), fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(128))
  .map(([isV4, bytes, length]) => {
    const bits = isV4 ? length % 33 : length
    const kept = bytes
      .subarray(0, isV4 ? 4 : 16)
      .map((byte, i) => byte & ~(0xff >> Math.min(8, Math.max(0, bits - 8 * i))))
    const text = isV4
      ? kept.join('.')
      : Array.from({ length: 8 }, (_, i) => (((kept[2 * i] ?? 0) << 8) | (kept[2 * i + 1] ?? 0)).toString(16)).join(':')
    return `${text}/${bits}`
  })

test('what is written is read again, whatever the rules', () => {
  const rule = fc.record({
    use: fc.stringMatching(/^[a-z_0-9]{1,15}$/),
    to: fc.array(network, { maxLength: 3 }),
    side: fc.constantFrom('connect' as const, 'accept' as const, 'both' as const),
    port: fc.nat(65_535),
    percent: fc.integer({ min: 1, max: 10_000 }).map((share) => share / 100),
  })
  fc.assert(
    fc.property(fc.array(fc.tuple(rule, fc.nat(SCOPES - 1)), { maxLength: 20 }), (rules) => {
      const placed = rules.map(([one, scope], i) => ({
        rule: checkRule({ ...one, name: `rule-${i}` }, 'rule'),
        place: { id: i + 1, slot: i, scope },
      }))
      const table = tableOf(placed)
      const read = rulesOf(table)
      expect(
        read
          .toSorted((a, b) => a.id - b.id)
          .map(({ id, slot, scope, name, use, side, share }) => ({ id, slot, scope, name, use, side, share })),
      ).toEqual(placed.map(({ rule: { name, use, side, share }, place }) => ({ ...place, name, use, side, share })))
      for (const { id, to } of read) {
        const again = tableOf([
          { rule: checkRule({ name: 'x', use: 'y', to: [...to] }, 'x'), place: { id, slot: 0, scope: 0 } },
        ])
        const first = tableOf([
          {
            rule: checkRule({ name: 'x', use: 'y', to: rules[id - 1]?.[0].to ?? [] }, 'x'),
            place: { id, slot: 0, scope: 0 },
          },
        ])
        expect(sameTable(again, first)).toBe(true)
      }
    }),
  )
})

test('figures of another rule do not count, whatever the CPU', () => {
  const values = freshFigures(7, 2 * FIGURES_BYTES)
  const view = new DataView(values.buffer)
  view.setBigUint64(8, 5n, true)
  view.setBigUint64(FIGURES_BYTES + 8, 6n, true)
  expect(decodeFigures(values, 7).matched).toBe(11)
  view.setUint32(FIGURES_BYTES, 8, true)
  expect([
    decodeFigures(values, 7).matched,
    decodeFigures(values, 8).matched,
    decodeFigures(values, 9).matched,
  ]).toEqual([5, 6, 0])
})

const armOf = (connections: readonly { rtt: number; rate: number; segments: number; lost: number }[]) =>
  figuresOfConnections(
    connections.map(({ rtt, rate, segments, lost }) => ({ rttUs: rtt, rate, bytes: 0, segments, retransmits: lost })),
  )

test('intervals hold the true ratio about as often as they say', () => {
  // A generator of its own, so that the test is the same every time.
  const state = { x: 12345 }
  const random = (): number => {
    state.x = (Math.imul(state.x, 1664525) + 1013904223) >>> 0
    return (state.x + 0.5) / 2 ** 32
  }
  const normal = (): number => Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random())
  const connection = (rtt: number, rate: number, loss: number) => {
    const segments = 100 + Math.floor(900 * random())
    const share = loss * Math.exp(0.5 * normal() - 0.125)
    return {
      rtt: rtt * Math.exp(0.4 * normal()),
      rate: rate * Math.exp(0.6 * normal()),
      segments,
      lost: Math.round(segments * share),
    }
  }
  const inside = { rtt: 0, rate: 0, retransmits: 0 }
  const runs = 400
  for (let run = 0; run < runs; run++) {
    const test = armOf(Array.from({ length: 60 }, () => connection(30_000, 2e6, 0.02)))
    const control = armOf(Array.from({ length: 200 }, () => connection(20_000, 1e6, 0.01)))
    const found = compareArms(test, control)
    const truth = { rtt: 1.5, rate: 2, retransmits: 2 }
    for (const name of ['rtt', 'rate', 'retransmits'] as const) {
      const { low = 0, high = 0 } = found[name] ?? {}
      if (low <= truth[name] && truth[name] <= high) inside[name]++
    }
  }
  // 95 %, and what 400 runs leave open.
  for (const count of Object.values(inside)) {
    expect(count / runs).toBeGreaterThan(0.91)
    expect(count / runs).toBeLessThanOrEqual(0.985)
  }
})

test('too few connections say nothing', () => {
  const few = armOf(Array.from({ length: 9 }, () => ({ rtt: 1000, rate: 1e6, segments: 10, lost: 1 })))
  expect(compareArms(few, few)).toEqual({ rtt: undefined, rate: undefined, retransmits: undefined })
})
